// Promise 2 with the whole path in it: a next hop that fails at random, a sender who retries as an MTA does, and an
// account of every recipient: at the hop, in what the sender was answered, and in the reports that the sender got.

import Delivery
import Foundation
import Listeners
import Mail
import Support
import Synchronization
import Testing

/// The hop's moods: the same seed gives the same failures.
final class Moods: Sendable {
    private struct State: Sendable {
        var bits: UInt64
        var isCalm = false
    }
    private let state: Mutex<State>

    init(_ seed: UInt64) { state = Mutex(State(bits: seed &* 0x9E37_79B9_7F4A_7C15 | 1)) }

    func calm() { state.withLock { $0.isCalm = true } }

    /// xorshift64*
    func number(below limit: UInt64) -> UInt64 {
        state.withLock { state in
            state.bits ^= state.bits >> 12
            state.bits ^= state.bits << 25
            state.bits ^= state.bits >> 27
            return (state.bits &* 2_685_821_657_736_338_717) >> 33 % limit
        }
    }

    func action(_ point: HopPoint) -> HopAction {
        guard !state.withLock({ $0.isCalm }), number(below: 10) == 0 else { return .usual }
        let kinds: [HopAction] = [
            .reply("450 4.2.1 later"), .reply("550 5.7.1 no"), .reply("550 5.7.1 no"), .drop, .usualThenDrop,
            .acceptThenDrop, .reply("421 4.3.2 bye"),
        ]
        return kinds[Int(number(below: UInt64(kinds.count)))]
    }
}

struct ReplyPropertyTests {
    static let sealed = ["bob@example.net", "erin@example.net"]
    static let linked = ["carol@example.net", "dora@example.net"]
    static let clear = ["fred@partner.example", "gina@partner.example"]
    static let people = sealed + linked + clear
    static let policy = """
        version: 1
        defaults: { protect: none, with: [pgp, link] }
        rules:
          - id: all
            when: { recipient: { not-in: partner.example } }
            then: { protect: required }
        """

    /// How often the hop said yes to the message for somebody; and how often that yes was lost.
    static func counts(_ hop: ScriptedHop, _ person: String) -> (confirmed: Int, lost: Int) {
        let mine = hop.record.deliveries.filter { $0.sender != "" && $0.recipients.contains(person) }
        return (mine.filter { !$0.isReplyLost }.count, mine.filter(\.isReplyLost).count)
    }

    /// How often a report named somebody; lost ones, of which the gateway cannot know, apart.
    static func reports(_ hop: ScriptedHop, _ person: String) -> (confirmed: Int, lost: Int) {
        let mine = hop.reports.filter { $0.content.contains("Final-Recipient: rfc822; \(person)\r\n") }
        return (mine.filter { !$0.isReplyLost }.count, mine.filter(\.isReplyLost).count)
    }

    static func options() -> TestOptions {
        var options = TestOptions()
        options.policy = policy
        return options
    }

    static func message(_ number: UInt64) -> String {
        // Erin is blind: a ciphertext of its own.
        Samples.plain(
            subject: "number \(number)", body: "x",
            to: people.filter { $0 != "erin@example.net" }.joined(separator: ", "))
    }

    @Test(.serialized, arguments: UInt64(1)...6) func overSMTP(round: UInt64) async throws {
        try await withScriptedHop(Self.options()) { gateway, _ in
            for person in Self.sealed { try gateway.addKey(person) }
            for seed in (round * 100)..<(round * 100 + 8) { try await Self.oneMessageOverSMTP(gateway, seed) }
        }
    }

    static func oneMessageOverSMTP(_ gateway: RunningTest, _ seed: UInt64) async throws {
        let hop = try #require(gateway.hop)
        let moods = Moods(seed)
        hop.forgetAll()
        hop.follow { moods.action($0) }
        var answer: HandledMessage?
        for attempt in 1...40 where answer == nil {
            if attempt == 20 { moods.calm() }
            let handled = await gateway.hand(message(seed), to: people, door: .smtp)
            if let refusal = handled.refusal {
                if refusal.isPermanent { answer = handled }
            } else if moods.number(below: 4) != 0 {
                answer = handled
            } else {
                // Our 250 is lost on the way: the sender tries again, and nothing may come of it.
                let before = hop.record.deliveries.count
                moods.calm()
                let again = await gateway.hand(message(seed), to: people, door: .smtp)
                #expect(again.refusal == nil)
                #expect(hop.record.deliveries.count == before, "seed \(seed): a lost 250 sends nothing again")
                answer = again
            }
        }
        let last = try #require(answer, "seed \(seed) was never settled")
        await last.replyWritten()
        for person in people {
            let mail = counts(hop, person)
            let told = reports(hop, person)
            if last.refusal != nil {
                #expect(mail.confirmed == 0, "seed \(seed): \(person) has it, and the sender was told that nobody does")
                #expect(told.confirmed == 0)
            } else {
                #expect(mail.confirmed + told.confirmed == 1, "seed \(seed): \(person) \(mail) \(told)")
                if mail.confirmed == 1 { #expect(told.lost == 0) }
            }
        }
        #expect(hop.record.deliveries.allSatisfy { $0.sender == "" || !$0.content.contains("the canary") })
    }

    @Test(.serialized, arguments: UInt64(1)...6) func overLMTP(round: UInt64) async throws {
        try await withScriptedHop(Self.options()) { gateway, hop in
            for person in Self.sealed { try gateway.addKey(person) }
            for seed in (round * 1000)..<(round * 1000 + 8) {
                let moods = Moods(seed)
                hop.forgetAll()
                hop.follow { moods.action($0) }
                var open = Self.people
                var refused: Set<String> = []
                for attempt in 1...40 where !open.isEmpty {
                    if attempt == 20 { moods.calm() }
                    let handled = await gateway.hand(Self.message(seed), to: open)
                    #expect(handled.recipientRefusals.count == open.count)
                    await handled.replyWritten()
                    var later: [String] = []
                    for (person, refusal) in zip(open, handled.recipientRefusals) {
                        guard let refusal else { continue }
                        if refusal.isPermanent { refused.insert(person) } else { later.append(person) }
                    }
                    open = later
                }
                #expect(open.isEmpty)
                #expect(hop.reports.isEmpty)
                for person in Self.people {
                    let expected = refused.contains(person) ? 0 : 1
                    #expect(Self.counts(hop, person).confirmed == expected, "seed \(seed): \(person)")
                }
            }
        }
    }
}
