// Where passwords are stretched: 600 000 rounds cost about 140 ms of CPU per letter, so they run on threads of their own,
// as many at once as there are benches, never on the cooperative pool.

import Cryptography
import Dispatch
import Links
import Mail
import Synchronization

/// A fixed number of benches, used in turn.
final class LetterWorkshop: Sendable {
    private let benches: [Bench]
    private let turn = Atomic<Int>(0)
    private let stretcher: PasswordStretcher

    init(benches: Int = 2, stretcher: PasswordStretcher = .pbkdf2) {
        self.stretcher = stretcher
        self.benches = (0..<max(1, benches)).map(Bench.init)
    }

    /// A letter for one recipient.
    func letter(
        for key: ContentKey, contentID: String, createdAtSeconds: Int64, expiresAtSeconds: Int64,
        password: LetterPassword = .made, rounds: Int
    ) async throws(Refusal) -> (LockedLetter, LetterSecrets) {
        let next = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        let bench = benches[Int(UInt(bitPattern: next) % UInt(benches.count))]
        return try await bench.letter(
            for: key, contentID: contentID, createdAtSeconds: createdAtSeconds, expiresAtSeconds: expiresAtSeconds,
            password: password, rounds: rounds, stretcher: stretcher)
    }

    /// One thread's worth of work.
    private actor Bench {
        private let executor: BenchExecutor

        init(_ number: Int) { executor = BenchExecutor("letterlock.letters.\(number)") }

        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        func letter(
            for key: ContentKey, contentID: String, createdAtSeconds: Int64, expiresAtSeconds: Int64,
            password: LetterPassword, rounds: Int, stretcher: PasswordStretcher
        ) throws(Refusal) -> (LockedLetter, LetterSecrets) {
            try LetterLocker.lockLetter(
                for: key, contentID: contentID, createdAtSeconds: createdAtSeconds, expiresAtSeconds: expiresAtSeconds,
                password: password, rounds: rounds, stretcher: stretcher)
        }
    }

    /// A serial executor over a dispatch queue (Dispatch on Linux brings none).
    private final class BenchExecutor: SerialExecutor {
        private let queue: DispatchQueue

        init(_ label: String) { queue = DispatchQueue(label: label) }

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
        }
    }
}

/// Random words for boundaries and Message-IDs.
enum Token {
    /// base64url without padding, from `bytes` random bytes.
    static func random(bytes: Int) throws(Refusal) -> String {
        do throws(CryptographyError) {
            return Base64URL.encode(try Randomness.bytes(bytes))
        } catch {
            throw error.refusal
        }
    }
}
