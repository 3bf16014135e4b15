// A message with more links than there is time for: what is finished leaves and is remembered, the rest follows at the
// next try; what no number of tries can finish is refused, before anything leaves.

import Cryptography
import Foundation
import Gateway
import Links
import Listeners
import Mail
import Sealing
import SettingValues
import Support
import Synchronization
import Testing
import Vault

@Suite(.timeLimit(.minutes(5)))
struct DeadlineTests {
    private static let people = (1...12).map { "reader\($0)@example.net" }
    private static let message = Samples.plain(
        subject: "[secure] nightjar", body: "the canary sings", to: people.joined(separator: ", "))

    /// A clock of its own for letters: some passwords take no time, those after them 41 seconds each. Nothing waits.
    private final class Slowness: Sendable {
        private let begin = ContinuousClock.now
        private let state: Mutex<(begun: Int, quick: Int, seconds: Int)>

        init(quick: Int) { state = Mutex((0, quick, 0)) }

        var begun: Int { state.withLock { $0.begun } }

        /// Time goes on as usual, and passwords take none.
        func recover() {
            state.withLock {
                $0.quick = .max
                $0.seconds = 0
            }
        }

        var stretching: Stretching {
            Stretching(
                stretcher: PasswordStretcher { (password, salt, rounds) throws(CryptographyError) in
                    let isQuick = self.state.withLock { state in
                        state.begun += 1
                        return state.begun <= state.quick
                    }
                    let made = try PasswordStretcher.pbkdf2(password, salt: salt, rounds: rounds)
                    if !isQuick { self.state.withLock { $0.seconds += 41 } }
                    return made
                },
                now: { .now + .seconds(self.state.withLock { $0.seconds }) })
        }
    }

    /// Letters have 40 seconds by their clock.
    private static func options(_ slowness: Slowness) -> TestOptions {
        var options = TestOptions()
        options.stretching = slowness.stretching
        options.limits.replySeconds = 60
        options.limits.milterReplySeconds = 60
        options.milterSplits = true
        return options
    }

    private static func letters(_ gateway: RunningTest) async throws -> Int {
        let counts = try await gateway.gateway.parts.letters.counts()
        return counts.sending + counts.readable
    }

    @Test func whatIsFinishedLeavesAndTheRetryMakesTheRest() async throws {
        let slowness = Slowness(quick: 5)
        try await withScriptedHop(Self.options(slowness)) { gateway, hop in
            let first = await gateway.hand(Self.message, to: Self.people, door: .smtp)
            #expect(
                first.refusal?.replyCode == 451 && first.refusal?.cause == .deadline, "\(String(describing: first))")
            let served = hop.served
            // Five, the one that took so long, and perhaps the one beside it.
            #expect((6...7).contains(served.count) && Set(served).count == served.count)
            #expect(hop.passwordMails.count == 1)
            let told = try #require(hop.passwordMails.first?.content)
            for person in Self.people { #expect(told.contains(person) == served.contains(person), "\(person)") }
            #expect(try await Self.letters(gateway) == served.count, "no letter is kept for a retry")
            #expect(slowness.begun == served.count)
            slowness.recover()
            let second = await gateway.hand(Self.message, to: Self.people, door: .smtp)
            #expect(second.refusal == nil)
            #expect(hop.served.sorted() == Self.people.sorted(), "each once")
            #expect(slowness.begun == 12, "the retry makes only the rest")
            #expect(try await Self.letters(gateway) == 12)
            let rest = try #require(hop.passwordMails.last?.content)
            for person in Self.people { #expect(rest.contains(person) != served.contains(person), "\(person)") }
            #expect(hop.reports.isEmpty)
        }
    }

    /// Each has a reply of its own.
    @Test func overLMTPOnlyTheRestIsPutOff() async throws {
        let slowness = Slowness(quick: 5)
        try await withScriptedHop(Self.options(slowness)) { gateway, hop in
            let first = await gateway.hand(Self.message, to: Self.people)
            #expect(first.refusal == nil)
            let served = first.codes.count { $0 == 250 }
            #expect((6...7).contains(served) && first.codes.count { $0 == 451 } == 12 - served)
            #expect(zip(Self.people, first.codes).filter { $0.1 == 250 }.map(\.0).sorted() == hop.served.sorted())
        }
    }

    /// The whole message is refused while nothing of it is out, and afterwards before a password is stretched.
    @Test func whatNoNumberOfTriesFinishesIsRefused() async throws {
        let slowness = Slowness(quick: 0)
        try await withScriptedHop(Self.options(slowness)) { gateway, hop in
            let first = await gateway.hand(Self.message, to: Self.people, door: .smtp)
            let refusal = try #require(first.refusal)
            #expect(refusal.replyCode == 554 && refusal.enhancedCode == "5.5.3", "\(refusal)")
            // Two threads, 160 seconds in four tries, and 41 for one; 82 where two ended together.
            #expect(
                ["time for 7:", "time for 5:", "time for 3:"].contains { refusal.publicText.contains($0) }
                    && refusal.publicText.contains("for 12 recipients"), "\(refusal.publicText)")
            #expect(hop.record.deliveries.isEmpty)
            #expect(try await Self.letters(gateway) == 0)
            let begun = slowness.begun
            #expect((1...2).contains(begun))
            let second = await gateway.hand(Self.message, to: Self.people, door: .smtp)
            #expect(second.refusal?.cause == .tooManyLetters)
            // A milter's MTA keeps its message whole, so one try must do.
            let few = HeldMessage(Self.message, to: Array(Self.people.prefix(3)))
            let answer = try await handOver(few, port: gateway.milterPort).answer
            #expect(answer.hasPrefix("554 5.5.3") && answer.contains("for 3 recipients"), "\(answer)")
            #expect(slowness.begun == begun, "no password was stretched")
            #expect(hop.record.deliveries.isEmpty)
        }
    }
}
