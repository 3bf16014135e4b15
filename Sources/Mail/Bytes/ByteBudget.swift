// How many bytes of mail may be in our hands at once, in memory and in sealed temporary files. Doors take before they
// read, and give back when the message has been answered. Touches memory; never blocks, never fails.

import Synchronization

/// A count of bytes with a limit, shared by everything that holds mail.
///
/// Takes and gives are exact: a caller that took `n` gives back `n`, once. Nobody waits for room: without it, the
/// sender is told to come back later (452), because the sender's MTA has a queue and we have none.
package final class ByteBudget: Sendable {
    /// More than this is not lent out, in bytes.
    package let limitBytes: Int
    private let used = Atomic<Int>(0)

    /// - Parameter limitBytes: `limits.inFlightBytes`; less than 0 counts as 0.
    package init(limitBytes: Int) { self.limitBytes = max(limitBytes, 0) }

    /// Bytes lent out now, for the gauge.
    package var usedBytes: Int { used.load(ordering: .relaxed) }

    /// Takes `n` bytes, or nothing at all.
    /// - Parameter n: in bytes; 0 or less takes nothing and is always granted.
    /// - Returns: false where there is no room for all of them.
    package func take(_ n: Int) -> Bool {
        guard n > 0 else { return true }
        var now = used.load(ordering: .relaxed)
        while n <= limitBytes - now {
            let (exchanged, original) = used.compareExchange(
                expected: now, desired: now + n, ordering: .relaxed)
            if exchanged { return true }
            now = original
        }
        return false
    }

    /// Gives back what was taken.
    /// - Parameter n: in bytes; 0 or less gives back nothing.
    package func giveBack(_ n: Int) {
        guard n > 0 else { return }
        used.subtract(n, ordering: .relaxed)
    }
}
