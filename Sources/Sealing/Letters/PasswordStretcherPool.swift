// Stretches the passwords of letters: 600 000 rounds cost about 70 ms of CPU per letter, so they run on a fixed number
// of threads of their own, never on the cooperative pool.

import Dispatch
import Links
import Mail
import Synchronization

/// A letter that is to be made.
struct LetterOrder: Sendable {
    let terms: LetterTerms
    let password: LetterPassword
}

/// A letter that has been made, with what opens it.
struct MadeLetter: Sendable {
    var record: LockedLetter
    let secrets: LetterSecrets
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

    /// Letters for the recipients of one content, in the order of their orders. They are made side by side, no more at
    /// a time than there are threads, so that the letters of other messages get their turn.
    /// - Throws: the first refusal; no letter is begun after it. A ``Refusal`` of cause `deadline` where the task has
    ///   been cancelled: at the latest when the letters under way are done.
    func letters(for key: ContentKey, _ orders: [LetterOrder]) async throws(Refusal) -> [MadeLetter] {
        let results = await withTaskGroup(of: (Int, Result<MadeLetter, Refusal>).self) { group in
            var results: [Int: Result<MadeLetter, Refusal>] = [:]
            var waiting = orders.enumerated().makeIterator()
            func begin() {
                guard let (place, order) = waiting.next() else { return }
                group.addTask { (place, await self.letter(for: key, order)) }
            }
            for _ in threads { begin() }
            var isRefused = false
            while let (place, result) = await group.next() {
                results[place] = result
                if case .failure = result { isRefused = true }
                if !isRefused { begin() }
            }
            return results
        }
        for result in results.values { if case .failure(let refusal) = result { throw refusal } }
        return try orders.indices.map { (place) throws(Refusal) in
            guard let made = results[place] else {
                throw Refusal(.internalError, "internal error", detail: "no letter")
            }
            return try made.get()
        }
    }

    private func letter(for key: ContentKey, _ order: LetterOrder) async -> Result<MadeLetter, Refusal> {
        let next = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        let thread = threads[Int(UInt(bitPattern: next) % UInt(threads.count))]
        do throws(Refusal) {
            return .success(try await thread.letter(for: key, order, rounds: rounds, stretcher: stretcher))
        } catch {
            return .failure(error)
        }
    }

    /// One thread.
    private actor Stretcher {
        private let executor: ThreadExecutor

        init(_ number: Int) { executor = ThreadExecutor("letterlock.letters.\(number)") }

        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        func letter(
            for key: ContentKey, _ order: LetterOrder, rounds: Int, stretcher: PasswordStretcher
        ) throws(Refusal) -> MadeLetter {
            // Nobody waits for it any more; the threads are for those that somebody waits for.
            guard !Task.isCancelled else {
                throw Refusal(.deadline, "could not be finished in time, please try again later")
            }
            let (record, secrets) = try LetterLocker.lockLetter(
                for: key, order.terms, password: order.password, rounds: rounds, stretcher: stretcher)
            return MadeLetter(record: record, secrets: secrets)
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
