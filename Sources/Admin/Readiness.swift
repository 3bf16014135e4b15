// Whether the gateway can do its work, asked of its parts at most every few seconds, by however many callers. Touches
// nothing itself.

import Synchronization

/// One part that can be asked.
package struct HealthCheck: Sendable {
    /// What a part says of itself.
    package enum Answer: Sendable, Equatable {
        /// It works.
        case ok
        /// It does its work, but somebody should look; the gateway stays ready.
        case degraded(String)
        /// It does not work: the gateway is not ready.
        case failed(String)
    }

    package let name: String
    package let ask: @Sendable () async -> Answer

    package init(_ name: String, ask: @escaping @Sendable () async -> Answer) {
        self.name = name
        self.ask = ask
    }
}

/// All checks, with their answers of the last few seconds.
package actor Readiness {
    /// What was found.
    package struct Report: Sendable, Encodable, Equatable {
        package struct Line: Sendable, Encodable, Equatable {
            package let name: String
            /// `ok`, `degraded`, `failed`.
            package let state: String
            package let detail: String?
        }

        package let ready: Bool
        package let checks: [Line]
    }

    private let checks: [HealthCheck]
    private let keepFor: Duration
    private let timeLimit: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private var last: (report: Report, at: ContinuousClock.Instant)?
    private var asking: [CheckedContinuation<Report, Never>]?

    /// - Parameters:
    ///   - keepFor: how long an answer counts.
    ///   - timeLimit: what has not answered by then has failed.
    package init(
        _ checks: [HealthCheck], keepFor: Duration = .seconds(5), timeLimit: Duration = .seconds(10),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock().now }
    ) {
        self.checks = checks
        self.keepFor = keepFor
        self.timeLimit = timeLimit
        self.now = now
    }

    /// The report; all who ask at one time share one round of checks.
    package func report() async -> Report {
        if let last, last.at.duration(to: now()) < keepFor { return last.report }
        if asking != nil { return await withCheckedContinuation { asking?.append($0) } }
        asking = []
        let report = await ask()
        last = (report, now())
        let waiting = asking ?? []
        asking = nil
        for continuation in waiting { continuation.resume(returning: report) }
        return report
    }

    private func ask() async -> Report {
        let timeLimit = timeLimit
        let answers = await withTaskGroup(of: (Int, HealthCheck.Answer).self) { group in
            for (index, check) in checks.enumerated() {
                group.addTask { (index, await Self.ask(check, within: timeLimit)) }
            }
            var answers: [Int: HealthCheck.Answer] = [:]
            for await (index, answer) in group { answers[index] = answer }
            return answers
        }
        let lines = checks.enumerated().map { index, check in
            switch answers[index] ?? .failed("no answer") {
            case .ok: Report.Line(name: check.name, state: "ok", detail: nil)
            case .degraded(let detail): Report.Line(name: check.name, state: "degraded", detail: detail)
            case .failed(let detail): Report.Line(name: check.name, state: "failed", detail: detail)
            }
        }
        return Report(ready: !lines.contains { $0.state == "failed" }, checks: lines)
    }

    /// A check that is late is cancelled and has failed. (Its end is awaited: every check has a limit of its own too.)
    private static func ask(_ check: HealthCheck, within limit: Duration) async -> HealthCheck.Answer {
        let (answers, continuation) = AsyncStream<HealthCheck.Answer>.makeStream()
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { continuation.yield(await check.ask()) }
            group.addTask {
                guard (try? await Task.sleep(for: limit)) != nil else { return }
                continuation.yield(.failed("no answer within \(limit.components.seconds) s"))
            }
            var iterator = answers.makeAsyncIterator()
            let first = await iterator.next() ?? .failed("no answer")
            group.cancelAll()
            return first
        }
    }
}
