// Promise 2 under random failures: the sender retries until everybody is settled, the hop fails as it likes in between,
// and every recipient is counted at the hop and in what the sender was told. The one duplicate that is let pass is the
// one whose reply was lost, and it is counted exactly.

import Delivery
import Mail
import NIOCore
import SMTP
import Sealing
import Synchronization
import Testing

/// xorshift64*: the same seed gives the same failures.
struct Dice: RandomNumberGenerator, Sendable {
    var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 2_685_821_657_736_338_717
    }
}

/// Fails at random until it is told to be calm.
final class RandomScript: Sendable {
    struct State: Sendable {
        var dice: Dice
        var isCalm = false
    }
    let state: Mutex<State>
    init(seed: UInt64) { state = Mutex(State(dice: Dice(seed))) }

    func action(_ point: HopPoint) -> HopAction {
        state.withLock { state in
            guard !state.isCalm, Int.random(in: 0..<9, using: &state.dice) == 0 else { return .usual }
            let kinds: [HopAction] = [
                .reply("450 4.2.1 later"), .reply("550 5.7.1 no"), .reply("421 4.3.2 bye"), .drop, .usualThenDrop,
                .drip,
                .acceptThenDrop,
            ]
            return kinds[Int.random(in: 0..<kinds.count, using: &state.dice)]
        }
    }
    func calm() { state.withLock { $0.isCalm = true } }
}

extension ScriptedHop.Record {
    /// How often the hop has said yes to a message for somebody, and how often that yes was lost.
    func counts(of recipient: String) -> (confirmed: Int, lost: Int) {
        let mine = deliveries.filter { $0.sender != "" && $0.recipients.contains(recipient) }
        return (mine.filter { !$0.isReplyLost }.count, mine.filter(\.isReplyLost).count)
    }
}

@Suite struct PropertyTests {
    static let people = (0..<7).map { "r\($0)@x.org" }

    /// One message to some of seven people in up to four groups; letter ids are new in each attempt, as sealing makes
    /// them.
    static func message(
        _ dice: inout Dice, attempt: Int, only wanted: Set<String> = Set(people)
    ) -> (OutboundMessage, letters: [String: String]) {
        let cuts = (0..<people.count).map { _ in Int.random(in: 0..<3, using: &dice) }
        func group(_ number: Int) -> [String] {
            zip(people, cuts).filter { $0.1 == number && wanted.contains($0.0) }.map(\.0)
        }
        var transmissions: [Transmission] = []
        if !group(0).isEmpty { transmissions.append(transmission(to: group(0))) }
        if !group(1).isEmpty { transmissions.append(transmission(.sealed, to: group(1))) }
        let letters = group(2).map { (id: "L-\($0)-\(attempt)", recipient: $0) }
        if !letters.isEmpty { transmissions += linked(letters) }
        return (outbound(transmissions), Dictionary(uniqueKeysWithValues: letters.map { ($0.id, $0.recipient) }))
    }

    /// What the sender knows at the end: everybody's fate, or one refusal for all.
    enum Told: Sendable {
        case each([Mailbox: Fate])
        case all(Refusal)
    }

    static func extensions(_ seed: UInt64) -> [String] {
        switch seed % 4 {
        case 0: ["SIZE 1000000"]
        case 1: ScriptedHop.allExtensions + ["LIMITS RCPTMAX=2"]
        default: ScriptedHop.allExtensions
        }
    }

    /// Over SMTP: the sender retries the whole message until it is settled.
    @Test(.serialized, arguments: UInt64(1)...80) func everyoneGetsItOnceOrTheSenderIsTold(seed: UInt64) async throws {
        let script = RandomScript(seed: seed)
        try await withBench(extensions: Self.extensions(seed), script: { script.action($0) }) { bench in
            var lettersEver: [String: String] = [:]
            var told: Told?
            for attempt in 1...40 where told == nil {
                if attempt == 25 { script.calm() }
                var dice = Dice(seed)  // the same groups each time
                let (message, letters) = Self.message(&dice, attempt: attempt)
                lettersEver.merge(letters) { old, _ in old }
                bench.letters.keep(Array(letters.keys))
                let before = bench.hop.record
                do throws(Refusal) {
                    let fates = try await bench.fates(message)
                    #expect(fates.count == Self.people.count)
                    if !fates.values.contains(where: { $0.word == "deferred" }) { told = .each(fates) }
                } catch {
                    #expect(bench.ledger.now.delivered.isEmpty, "a refusal of all is only for what nobody has")
                    if error.isPermanent { told = .all(error) }
                }
                let after = bench.hop.record
                if after.commands.dropFirst(before.commands.count).allSatisfy({ $0 != "DATA" }) {
                    #expect(after.deliveries.count == before.deliveries.count)
                }
            }
            check(bench, try #require(told), lettersEver)
        }
    }

    /// Over LMTP: the sender retries for recipients with a 4xx.
    @Test(.serialized, arguments: UInt64(200)...260) func everyoneHasHisOwnTrueAnswer(seed: UInt64) async throws {
        let script = RandomScript(seed: seed)
        try await withBench(extensions: Self.extensions(seed), script: { script.action($0) }) { bench in
            var lettersEver: [String: String] = [:]
            var fates: [Mailbox: Fate] = [:]
            var open = Set(Self.people)
            for attempt in 1...40 where !open.isEmpty {
                if attempt == 25 { script.calm() }
                var dice = Dice(seed)
                let (message, letters) = Self.message(&dice, attempt: attempt, only: open)
                lettersEver.merge(letters) { old, _ in old }
                bench.letters.keep(Array(letters.keys))
                let now = try await bench.fates(message, .perRecipient)
                #expect(Set(now.keys.map(\.description)) == open)
                fates.merge(now) { $1 }
                open = Set(now.filter { $0.value.word == "deferred" }.keys.map(\.description))
                // The replies have been written: what is answered is forgotten.
                bench.ledger.rows.withLock { $0.delivered = [] }
            }
            #expect(open.isEmpty)
            check(bench, .each(fates), lettersEver)
        }
    }

    private func check(_ bench: Bench, _ told: Told, _ letters: [String: String]) {
        let record = bench.hop.record
        for person in Self.people {
            let (confirmed, lost) = record.counts(of: person)
            switch told {
            case .all: #expect(confirmed == 0)
            case .each(let fates):
                switch fates[mailbox(person)] {
                case .delivered?: #expect(confirmed == 1, "and \(lost) whose reply was lost")
                case .refused?: #expect(confirmed == 0)
                default: Issue.record("\(person) has no fate")
                }
            }
        }
        // Every reader with a link can open it; no letter is left half-way.
        var sentLetters: Set<String> = []
        for delivery in record.deliveries where delivery.content.hasPrefix("letter ") {
            sentLetters.insert(String(delivery.content.dropFirst("letter ".count).prefix { $0 != "\r\n" }))
        }
        for id in letters.keys {
            let state = bench.letters[id]
            #expect(state == .readable || state == .discarded)
            if sentLetters.contains(id) { #expect(state == .readable) }
        }
    }

    @Test(arguments: UInt64(100)...130)
    func aSingleTransmissionIsAllOrNothing(seed: UInt64) async throws {
        let script = RandomScript(seed: seed)
        try await withBench(script: { script.action($0) }) { bench in
            let message = outbound(transmission(to: Self.people))
            var accepted = 0
            for _ in 1...15 { if await bench.deliver(message, fingerprint: nil) == nil { accepted += 1 } }
            let deliveries = bench.hop.record.deliveries
            #expect(deliveries.allSatisfy { $0.recipients == Self.people })
            let lost = deliveries.filter(\.isReplyLost).count
            #expect(deliveries.count == accepted + lost)
        }
    }
}
