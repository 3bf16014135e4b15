// How fast messages are read and judged: the same reader and the same `decide` as in production, in a loop, on one
// core. Times are of the thread's CPU, not of the clock: what else the machine does is no part of it. For `make bench`.

import Glibc
import MIME
package import Mail
package import Policy
package import SettingValues

/// What a run of the engine took.
package struct EngineSpeed: Sendable, Encodable {
    /// Rules of the ruleset.
    package let rules: Int
    /// Size of the message, in bytes.
    package let messageBytes: Int
    /// Median of one judgement, in microseconds of CPU.
    package let decideMicroseconds: Double
    /// Median of reading and judging one message, in microseconds of CPU.
    package let readAndDecideMicroseconds: Double
    /// Rules that applied, so that nobody measures a ruleset that does nothing.
    package let applied: Int

    /// Reads and judges a message again and again.
    /// - Parameters:
    ///   - message: as it came.
    ///   - seconds: how long; each of the two runs takes half of it, and is run three times at least.
    /// - Throws: the reader's refusal.
    package init(
        _ message: MessageBytes, from sender: Mailbox, to recipient: Mailbox, rules: Ruleset, limits: Limits,
        seconds: Double
    ) throws(Refusal) {
        let received = ReceivedMessage(
            envelope: Envelope(sender: sender, recipients: [recipient]), bytes: message, origin: .init(id: "bench"),
            receivedAtSeconds: 0)
        let parsed = try read(received, limits: limits)
        var applied = 0
        decideMicroseconds = try Self.median(seconds / 2) { () throws(Refusal) in
            applied = decide(parsed, known: KnownKeys(), rules: rules, nowSeconds: 0).decisions.first?.rules.count ?? 0
        }
        readAndDecideMicroseconds = try Self.median(seconds / 2) { () throws(Refusal) in
            _ = decide(try read(received, limits: limits), known: KnownKeys(), rules: rules, nowSeconds: 0)
        }
        self.rules = rules.rules.count
        self.applied = applied
        messageBytes = message.count
    }

    private static func median(_ seconds: Double, _ work: () throws(Refusal) -> Void) throws(Refusal) -> Double {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        var samples: [Double] = []
        while samples.count < 3 || clock.now < end {
            let started = cpuMicroseconds()
            try work()
            samples.append(cpuMicroseconds() - started)
        }
        return samples.sorted()[samples.count / 2]
    }

    /// What this thread has worked so far.
    private static func cpuMicroseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1000
    }
}
