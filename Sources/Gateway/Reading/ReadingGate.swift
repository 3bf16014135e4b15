// How many bytes of large messages may be read and judged at the same time. The rules see a text whole, as a string, so
// each of these messages may take twice its size in memory (more in odd charsets) from `read` to `decide`. Reading is
// work for the processor: more at a time than there are processors would not be done sooner. Memory only.

package import Mail
import Synchronization

/// Lets messages in by size, in the order in which they came.
package final class ReadingGate: Sendable {
    private struct Waiting {
        let number: Int
        let bytes: Int
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var freeBytes: Int
        var waiting: [Waiting] = []
        var made = 0
        /// Numbers whose task was cancelled before it began to wait.
        var cancelled: Set<Int> = []
    }

    private let limitBytes: Int
    private let state: Mutex<State>

    /// - Parameter limitBytes: of messages inside; a larger one goes in alone.
    package init(limitBytes: Int) {
        self.limitBytes = max(1, limitBytes)
        state = Mutex(State(freeBytes: self.limitBytes))
    }

    /// Waits until there is room. A caller that was let in calls ``leave(_:)`` with the same number of bytes.
    /// - Throws: a ``Refusal`` of cause `deadline` where the task was cancelled before.
    package func enter(_ bytes: Int) async throws(Refusal) {
        let wanted = min(bytes, limitBytes)
        let number = state.withLock { state -> Int in
            state.made += 1
            return state.made
        }
        let isIn = await withTaskCancellationHandler {
            await withCheckedContinuation { wait(number, wanted, $0) }
        } onCancel: {
            cancel(number)
        }
        state.withLock { _ = $0.cancelled.remove(number) }
        guard isIn else { throw Refusal(.deadline, "could not be read in time, please try again later") }
    }

    /// A message that was let in has been judged.
    package func leave(_ bytes: Int) {
        let next = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
            state.freeBytes += min(bytes, limitBytes)
            return Self.admit(&state)
        }
        for continuation in next { continuation.resume(returning: true) }
    }

    private func wait(_ number: Int, _ bytes: Int, _ continuation: CheckedContinuation<Bool, Never>) {
        let answer = state.withLock { state -> Bool? in
            if state.cancelled.contains(number) { return false }
            // Nobody overtakes: a large message would never find enough room among small ones.
            guard state.waiting.isEmpty, bytes <= state.freeBytes else {
                state.waiting.append(Waiting(number: number, bytes: bytes, continuation: continuation))
                return nil
            }
            state.freeBytes -= bytes
            return true
        }
        if let answer { continuation.resume(returning: answer) }
    }

    private func cancel(_ number: Int) {
        let (gone, next) = state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0.number == number }) else {
                state.cancelled.insert(number)
                return (nil as CheckedContinuation<Bool, Never>?, [] as [CheckedContinuation<Bool, Never>])
            }
            let gone = state.waiting.remove(at: index).continuation
            return (gone, Self.admit(&state))
        }
        gone?.resume(returning: false)
        for continuation in next { continuation.resume(returning: true) }
    }

    private static func admit(_ state: inout State) -> [CheckedContinuation<Bool, Never>] {
        var admitted: [CheckedContinuation<Bool, Never>] = []
        while let first = state.waiting.first, first.bytes <= state.freeBytes {
            state.freeBytes -= first.bytes
            state.waiting.removeFirst()
            admitted.append(first.continuation)
        }
        return admitted
    }
}
