// Bytes that one message has taken from the budget. Touches memory; never blocks, never fails.

import Synchronization

/// What one message holds of a ``ByteBudget``; given back when the message has been answered, and at the latest when
/// nobody refers to the loan any more, so that a connection that breaks off keeps nothing.
package final class ByteLoan: Sendable {
    /// A message of unknown length takes its bytes in steps of this size.
    package static let stepBytes = 64 * 1024

    private let budget: ByteBudget
    private let held: Atomic<Int>

    fileprivate init(_ budget: ByteBudget, heldBytes: Int) {
        self.budget = budget
        self.held = Atomic(heldBytes)
    }

    deinit { giveBack() }

    /// Bytes held now.
    package var heldBytes: Int { held.load(ordering: .relaxed) }

    /// Takes more until `bytes` are held: a step at once where there is room for it. Called by the receiver only, never
    /// by two at a time.
    /// - Returns: false where there is no room; what was held is held on.
    package func grow(toHold bytes: Int) -> Bool {
        let missing = bytes - heldBytes
        guard missing > 0 else { return true }
        let step = max(missing, Self.stepBytes)
        if budget.take(step) {
            held.add(step, ordering: .relaxed)
            return true
        }
        guard missing < step, budget.take(missing) else { return false }
        held.add(missing, ordering: .relaxed)
        return true
    }

    /// Gives back what is held beyond `bytes`: the message is whole and smaller than was announced.
    package func shrink(toHold bytes: Int) {
        let excess = heldBytes - max(bytes, 0)
        guard excess > 0 else { return }
        held.subtract(excess, ordering: .relaxed)
        budget.giveBack(excess)
    }

    /// Gives everything back; once is enough, more does no harm.
    package func giveBack() { budget.giveBack(held.exchange(0, ordering: .relaxed)) }
}

extension ByteBudget {
    /// Lends `bytes` to a message, or says that there is no room.
    package func borrow(_ bytes: Int) -> ByteLoan? {
        let bytes = max(bytes, 0)
        return take(bytes) ? ByteLoan(self, heldBytes: bytes) : nil
    }
}
