// What one body holds in memory beyond `limits.memory`: lent out of one account for all messages together, and given
// back when nobody refers to these bytes any more. Touches memory; never blocks, never fails.

/// A part of ``SpoolStore/memory``. The builder that takes it hands it to the pieces that it makes, and each slice of
/// them keeps it: however a message ends (sent, refused, cancelled, thrown away half-way), the account is right.
final class MemoryLease: Sendable {
    /// For what is made of these bytes: it is large too.
    let derivedPolicy: SpoolPolicy
    private let loan: ByteLoan

    /// - Returns: nil where everything stays in memory anyway.
    init?(_ policy: SpoolPolicy) {
        guard let loan = policy.store?.memory.borrow(0) else { return nil }
        self.loan = loan
        derivedPolicy = policy.derived
    }

    /// Takes more until `bytes` are held.
    /// - Returns: false where the account has no more; what was held is held on.
    func grow(toHold bytes: Int) -> Bool { loan.grow(toHold: bytes) }

    /// Gives back what is held beyond `bytes`.
    func shrink(toHold bytes: Int) { loan.shrink(toHold: bytes) }
}

/// What a builder has taken of the account, as far as it has taken any.
struct LeasedMemory: Sendable {
    private(set) var lease: MemoryLease?
    private var bytes = 0

    /// Takes `more` bytes.
    /// - Returns: false where the policy or the account has no room for them.
    mutating func take(_ more: Int, _ policy: SpoolPolicy) -> Bool {
        guard let lease = lease ?? MemoryLease(policy), lease.grow(toHold: bytes + more) else { return false }
        self.lease = lease
        bytes += more
        return true
    }

    /// The body is whole: what was taken in advance goes back.
    func settle() { lease?.shrink(toHold: bytes) }
}
