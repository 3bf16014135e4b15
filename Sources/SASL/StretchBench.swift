// Where passwords are stretched: milliseconds of CPU each, so on threads of their own, a few at once, and with a short
// queue: a flood of log-ins must not keep the event loops or the cooperative pool from their work.

import Dispatch
import Synchronization

/// A fixed number of serial queues, used in turn.
package final class StretchBench: Sendable {
    /// Jobs that may wait; beyond, ``run(_:)`` says nil.
    private let mostWaiting: Int
    private let queues: [DispatchQueue]
    private let turn = Atomic<Int>(0)
    private let waiting = Atomic<Int>(0)

    /// - Parameters:
    ///   - threads: jobs at once.
    ///   - mostWaiting: jobs that wait or run.
    package init(threads: Int = 2, mostWaiting: Int = 64) {
        queues = (0..<max(1, threads)).map { DispatchQueue(label: "letterlock.login.\($0)") }
        self.mostWaiting = max(1, mostWaiting)
    }

    /// Runs `work` on one of the threads.
    /// - Returns: nil where too many jobs wait.
    package func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value? {
        guard waiting.wrappingAdd(1, ordering: .relaxed).newValue <= mostWaiting else {
            waiting.wrappingSubtract(1, ordering: .relaxed)
            return nil
        }
        defer { waiting.wrappingSubtract(1, ordering: .relaxed) }
        let next = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        let queue = queues[Int(UInt(bitPattern: next) % UInt(queues.count))]
        return await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: work()) }
        }
    }
}
