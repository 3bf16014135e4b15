// Stretches the passwords of letters: 600 000 rounds cost about 140 ms of CPU per letter, so they run on a fixed number
// of threads of their own, never on the cooperative pool.

import Dispatch
import Links
import Mail
import Synchronization

/// What is settled of a letter before it is made.
struct LetterTerms: Sendable {
    let contentID: String
    /// Both in seconds since 1970.
    let createdAtSeconds: Int64
    let expiresAtSeconds: Int64
}

/// A fixed number of threads, used in turn.
final class PasswordStretcherPool: Sendable {
    private let threads: [Stretcher]
    private let turn = Atomic<Int>(0)
    private let rounds: Int
    private let stretcher: PasswordStretcher

    /// - Parameter rounds: of the password derivation.
    init(threads: Int = 2, rounds: Int, stretcher: PasswordStretcher = .pbkdf2) {
        self.rounds = rounds
        self.stretcher = stretcher
        self.threads = (0..<max(1, threads)).map(Stretcher.init)
    }

    /// A letter for one recipient.
    func letter(
        for key: ContentKey, _ terms: LetterTerms, password: LetterPassword = .made
    ) async throws(Refusal) -> (LockedLetter, LetterSecrets) {
        let next = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        let thread = threads[Int(UInt(bitPattern: next) % UInt(threads.count))]
        return try await thread.letter(
            for: key, terms, password: password, rounds: rounds, stretcher: stretcher)
    }

    /// One thread.
    private actor Stretcher {
        private let executor: ThreadExecutor

        init(_ number: Int) { executor = ThreadExecutor("letterlock.letters.\(number)") }

        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        func letter(
            for key: ContentKey, _ terms: LetterTerms, password: LetterPassword, rounds: Int,
            stretcher: PasswordStretcher
        ) throws(Refusal) -> (LockedLetter, LetterSecrets) {
            try LetterLocker.lockLetter(
                for: key, contentID: terms.contentID, createdAtSeconds: terms.createdAtSeconds,
                expiresAtSeconds: terms.expiresAtSeconds, password: password, rounds: rounds,
                stretcher: stretcher)
        }
    }

    /// A serial executor over a dispatch queue (Dispatch on Linux brings none).
    private final class ThreadExecutor: SerialExecutor {
        private let queue: DispatchQueue

        init(_ label: String) { queue = DispatchQueue(label: label) }

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
        }
    }
}
