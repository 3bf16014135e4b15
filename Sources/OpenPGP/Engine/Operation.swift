// One piece of work for gpg, from the call to its answer. The answer is given once, by the one that comes first: the
// worker that did it, the watchdog that gave it up, or the caller that no longer wants it.

import Mail
import Synchronization

/// Work in hand; shared by its caller, its worker and the watchdog.
final class Operation: Sendable {
    /// What is to be done.
    enum Work: Sendable {
        /// Seal bytes to the certificates in these files; armored where a policy for the text is given.
        case encrypt(MessageBytes, to: [RecipientFile], armor: SpoolPolicy?, signer: SigningKey?)
        /// Write a detached signature.
        case sign(MessageBytes, with: SigningKey)
        /// Have gpg read certificates and say what it holds of them.
        case inspect(MessageBytes)
        /// Open a message with the secret keys of a home (nil: the user's own).
        case decrypt(MessageBytes, homeFolder: String?, limitBytes: Int)
    }

    /// What came of it.
    enum Output: Sendable {
        case bytes(MessageBytes)
        case signature(DetachedSignature)
        case decrypted(Result<Decrypted, DecryptError>)
    }

    /// Why it is to be stopped before its end.
    enum Stop: Sendable, Equatable {
        case cancelled
        case timedOut(seconds: Int)
        case died
        case shutdown
    }

    private struct State {
        var continuation: CheckedContinuation<Result<Output, Refusal>, Never>?
        var stop: Stop?
        var isFinished = false
    }

    /// What is to be done.
    let work: Work
    /// When it was asked for.
    let asked = ContinuousClock.now
    private let state = Mutex(State())

    init(_ work: Work) { self.work = work }

    /// True where nobody wants the answer any more.
    var isStopped: Bool { state.withLock { $0.stop != nil } }
    /// True once the answer was given.
    var isFinished: Bool { state.withLock { $0.isFinished } }

    /// Asks for an early end; the first reason counts.
    func stop(_ reason: Stop) { state.withLock { if $0.stop == nil { $0.stop = reason } } }

    /// Takes the caller's continuation.
    /// - Returns: false where the operation was stopped before: the answer has been given then.
    func attach(_ continuation: CheckedContinuation<Result<Output, Refusal>, Never>) -> Bool {
        let stop = state.withLock { state in
            if state.stop == nil { state.continuation = continuation } else { state.isFinished = true }
            return state.stop
        }
        guard let stop else { return true }
        continuation.resume(returning: .failure(Self.refusal(stop)))
        return false
    }

    /// Gives the answer, unless one was given. A failure after a stop is put down to the stop.
    func finish(_ result: Result<Output, Refusal>) {
        let (continuation, stop) = state.withLock { state in
            let taken = (state.continuation, state.stop)
            state.continuation = nil
            state.isFinished = true
            return taken
        }
        guard let continuation else { return }
        if case .failure = result, let stop {
            continuation.resume(returning: .failure(Self.refusal(stop)))
        } else {
            continuation.resume(returning: result)
        }
    }

    /// Gives the answer for an operation that ends because of its stop.
    func giveUp() { finish(.failure(Refusal(.engine, EngineText.unavailable, detail: "gpg was given up"))) }

    private static func refusal(_ stop: Stop) -> Refusal {
        switch stop {
        case .cancelled: Refusal(.deadline, "not done in time, try again later", detail: "gpg was stopped: cancelled")
        case .timedOut(let seconds):
            Refusal(.engine, EngineText.unavailable, detail: "gpg was killed after \(seconds) seconds")
        case .died: Refusal(.engine, EngineText.unavailable, detail: "gpg ended without a result")
        case .shutdown: Refusal(.busy, "the service is stopping, try again later", detail: "gpg was stopped: shutdown")
        }
    }
}

/// Texts for the other side of a socket.
enum EngineText {
    static let unavailable = "encryption is not available at the moment, try again later"
}
