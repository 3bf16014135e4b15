// How many connections a listener has open. Touches memory; never fails.

import Synchronization

/// A counter with a limit, shared by the event loops of one listener.
final class ConnectionCount: Sendable {
    private let open = Atomic<Int>(0)
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Takes a place; false where there is none. Each true is paired with one ``leave()``.
    func enter() -> Bool {
        if open.add(1, ordering: .relaxed).newValue <= limit { return true }
        leave()
        return false
    }

    /// Gives a place back.
    func leave() { open.subtract(1, ordering: .relaxed) }
}
