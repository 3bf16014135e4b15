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

/// A fixed number of threads.
final class PasswordStretcherPool: Sendable {
    private let threads: [Stretcher]
    /// Letters that each thread has before it.
    private let loads: Mutex<[Int]>
    private let rounds: Int
    private let stretcher: PasswordStretcher
    private let now: @Sendable () -> ContinuousClock.Instant
    private let rate = Mutex(StretchRate())

    /// - Parameters:
    ///   - rounds: of the password derivation.
    ///   - now: another clock only in tests.
    init(
        threads: Int = 2, rounds: Int, stretcher: PasswordStretcher = .pbkdf2,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.rounds = rounds
        self.stretcher = stretcher
        self.now = now
        self.threads = (0..<max(1, threads)).map(Stretcher.init)
        loads = Mutex(Array(repeating: 0, count: max(1, threads)))
    }

    /// How many letters can be made in a time if all threads make nothing else, by the rate since the process began.
    /// - Returns: nil where none has been made yet.
    func letters(in time: Duration) -> Int? {
        rate.withLock { $0.passwords(in: time, threads: threads.count) }
    }

    /// Letters for the recipients of one content, in the order of their orders. They are made side by side, no more at
    /// a time than there are threads, so that the letters of other messages get their turn.
    /// - Parameter until: from then on none is begun; nil: all are made.
    /// - Returns: nil in the places of letters for which there was no time.
    /// - Throws: the first refusal; no letter is begun after it. A ``Refusal`` of cause `deadline` where the task has
    ///   been cancelled: at the latest when the letters under way are done.
    func letters(
        for key: ContentKey, _ orders: [LetterOrder], until: ContinuousClock.Instant? = nil
    ) async throws(Refusal) -> [MadeLetter?] {
        let results = await withTaskGroup(of: (Int, Result<MadeLetter?, Refusal>).self) { group in
            var results: [Int: Result<MadeLetter?, Refusal>] = [:]
            var waiting = orders.enumerated().makeIterator()
            func begin() {
                guard let (place, order) = waiting.next() else { return }
                group.addTask { (place, await self.letter(for: key, order, until: until)) }
            }
            for _ in threads { begin() }
            var isEnded = false
            while let (place, result) = await group.next() {
                results[place] = result
                if case .success(_?) = result {} else { isEnded = true }
                if !isEnded { begin() }
            }
            return results
        }
        for result in results.values { if case .failure(let refusal) = result { throw refusal } }
        return try orders.indices.map { (place) throws(Refusal) in try results[place]?.get() }
    }

    private func letter(
        for key: ContentKey, _ order: LetterOrder, until: ContinuousClock.Instant?
    ) async -> Result<MadeLetter?, Refusal> {
        // The thread that has least to do: none is idle while a letter waits.
        let number = loads.withLock { loads in
            let number = loads.indices.min { loads[$0] < loads[$1] } ?? 0
            loads[number] += 1
            return number
        }
        defer { loads.withLock { $0[number] -= 1 } }
        do throws(Refusal) {
            return .success(
                try await threads[number].run { () throws(Refusal) in try self.make(for: key, order, until: until) })
        } catch {
            return .failure(error)
        }
    }

    /// Makes one letter on the thread that it runs on.
    /// - Returns: nil where the time for it is over.
    private func make(
        for key: ContentKey, _ order: LetterOrder, until: ContinuousClock.Instant?
    ) throws(Refusal) -> MadeLetter? {
        // Nobody waits for it any more; the threads are for those that somebody waits for.
        guard !Task.isCancelled else {
            throw Refusal(.deadline, "could not be finished in time, please try again later")
        }
        let begun = now()
        if let until, begun >= until { return nil }
        let (record, secrets) = try LetterLocker.lockLetter(
            for: key, order.terms, password: order.password, rounds: rounds, stretcher: stretcher)
        // A standing password was stretched when it was made.
        if case .standing = order.password {
        } else {
            let taken = now() - begun
            rate.withLock { $0.add(taken) }
        }
        return MadeLetter(record: record, secrets: secrets)
    }

    /// One thread.
    private actor Stretcher {
        private let executor: ThreadExecutor

        init(_ number: Int) { executor = ThreadExecutor("letterlock.letters.\(number)") }

        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        func run(_ work: @Sendable () throws(Refusal) -> MadeLetter?) throws(Refusal) -> MadeLetter? { try work() }
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
