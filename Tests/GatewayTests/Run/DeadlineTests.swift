// A message with more links than there is time for: what is finished leaves and is remembered, the rest follows at the
// next try; what no number of tries can finish is refused, before anything leaves.

import Cryptography
import Foundation
import Gateway
import Links
import Listeners
import Mail
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

    /// Stretches some passwords at once, then takes its time.
    private final class Slowness: Sendable {
        private let state: Mutex<(begun: Int, quick: Int)>
        private let seconds: Double

        init(quick: Int, thenSeconds seconds: Double) {
            state = Mutex((0, quick))
            self.seconds = seconds
        }

        var begun: Int { state.withLock { $0.begun } }
        func recover() { state.withLock { $0.quick = .max } }

        var stretcher: PasswordStretcher {
            PasswordStretcher { (password, salt, rounds) throws(CryptographyError) in
                let isQuick = self.state.withLock { state in
                    state.begun += 1
                    return state.begun <= state.quick
                }
                if !isQuick { Thread.sleep(forTimeInterval: self.seconds) }
                return try PasswordStretcher.pbkdf2(password, salt: salt, rounds: rounds)
            }
        }
    }

    /// Letters have two thirds of `replySeconds`.
    private static func options(_ slowness: Slowness, replySeconds: Int) -> TestOptions {
        var options = TestOptions()
        options.stretcher = slowness.stretcher
        options.limits.replySeconds = replySeconds
        options.limits.milterReplySeconds = replySeconds
        options.milterSplits = true
        return options
    }

    private static func letters(_ gateway: RunningTest) async throws -> Int {
        let counts = try await gateway.gateway.parts.letters.counts()
        return counts.sending + counts.readable
    }

    @Test func whatIsFinishedLeavesAndTheRetryMakesTheRest() async throws {
        let slowness = Slowness(quick: 5, thenSeconds: 8.3)
        try await withScriptedHop(Self.options(slowness, replySeconds: 12)) { gateway, hop in
            let first = await gateway.hand(Self.message, to: Self.people, door: .smtp)
            #expect(
                first.refusal?.replyCode == 451 && first.refusal?.cause == .deadline, "\(String(describing: first))")
            let served = hop.served
            // Five, and the two that were under way.
            #expect(served.count == 7 && Set(served).count == 7)
            #expect(hop.passwordMails.count == 1)
            let told = try #require(hop.passwordMails.first?.content)
            for person in Self.people { #expect(told.contains(person) == served.contains(person), "\(person)") }
            #expect(try await Self.letters(gateway) == 7, "no letter is kept for a retry")
            #expect(slowness.begun == 7)
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
        let slowness = Slowness(quick: 5, thenSeconds: 8.3)
        try await withScriptedHop(Self.options(slowness, replySeconds: 12)) { gateway, hop in
            let first = await gateway.hand(Self.message, to: Self.people)
            #expect(first.refusal == nil)
            #expect(first.codes.count { $0 == 250 } == 7 && first.codes.count { $0 == 451 } == 5)
            #expect(zip(Self.people, first.codes).filter { $0.1 == 250 }.map(\.0).sorted() == hop.served.sorted())
        }
    }

    /// The whole message is refused while nothing of it is out, and afterwards before a password is stretched.
    @Test func whatNoNumberOfTriesFinishesIsRefused() async throws {
        let slowness = Slowness(quick: 0, thenSeconds: 6.4)
        try await withScriptedHop(Self.options(slowness, replySeconds: 9)) { gateway, hop in
            let first = await gateway.hand(Self.message, to: Self.people, door: .smtp)
            let refusal = try #require(first.refusal)
            #expect(refusal.replyCode == 554 && refusal.enhancedCode == "5.5.3", "\(refusal)")
            #expect(refusal.publicText.contains("for 12 recipients") && refusal.publicText.contains("time for 7:"))
            #expect(hop.record.deliveries.isEmpty)
            #expect(try await Self.letters(gateway) == 0)
            #expect(slowness.begun == 2)
            let second = await gateway.hand(Self.message, to: Self.people, door: .smtp)
            #expect(second.refusal?.cause == .tooManyLetters)
            // A milter's MTA keeps its message whole, so one try must do.
            let few = HeldMessage(Self.message, to: Array(Self.people.prefix(3)))
            let answer = try await handOver(few, port: gateway.milterPort).answer
            #expect(answer.hasPrefix("554 5.5.3") && answer.contains("for 3 recipients"), "\(answer)")
            #expect(slowness.begun == 2, "no password was stretched")
            #expect(hop.record.deliveries.isEmpty)
        }
    }
}
