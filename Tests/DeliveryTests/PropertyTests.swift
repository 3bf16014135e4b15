// Promise 2 under random failures: the sending MTA retries until it hears 250, the hop fails as it likes in between, and
// every recipient is counted at the hop.

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

/// Fails at random, and keeps account of the replies to final dots that it lost.
final class RandomScript: Sendable {
    struct State: Sendable {
        var dice: Dice
        var isCalm = false
        var lostReplies = 0
        var askRefusals = 0
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
            let action = kinds[Int.random(in: 0..<kinds.count, using: &state.dice)]
            if point.verb == "DOT", case .acceptThenDrop = action { state.lostReplies += 1 }
            return action
        }
    }
}

@Suite struct PropertyTests {
    static let people = (0..<7).map { "r\($0)@x.org" }

    /// One message to seven people in up to four treatments; letter ids are new in each attempt, as sealing makes them.
    static func message(_ dice: inout Dice, attempt: Int) -> (OutboundMessage, letters: [String: String]) {
        let cuts = (0..<people.count).map { _ in Int.random(in: 0..<3, using: &dice) }
        func group(_ number: Int) -> [String] { zip(people, cuts).filter { $0.1 == number }.map(\.0) }
        var transmissions: [Transmission] = []
        if !group(0).isEmpty { transmissions.append(transmission(to: group(0))) }
        if !group(1).isEmpty { transmissions.append(transmission(.sealed, to: group(1))) }
        let letters = group(2).map { (id: "L-\($0)-\(attempt)", recipient: $0) }
        if !letters.isEmpty { transmissions += linked(letters) }
        return (outbound(transmissions), Dictionary(uniqueKeysWithValues: letters.map { ($0.id, $0.recipient) }))
    }

    @Test(arguments: UInt64(1)...60)
    func everyoneGetsItOnceUnlessAReplyWasLost(seed: UInt64) async throws {
        let script = RandomScript(seed: seed)
        let extensions = seed % 3 == 0 ? ["SIZE 1000000"] : ScriptedHop.allExtensions
        try await withBench(extensions: extensions, script: { script.action($0) }) { bench in
            var lettersEver: [String: String] = [:]
            var isDone = false
            for attempt in 1...40 where !isDone {
                if attempt == 25 { script.state.withLock { $0.isCalm = true } }
                var dice = Dice(seed)  // the same treatments each time
                let (message, letters) = Self.message(&dice, attempt: attempt)
                lettersEver.merge(letters) { old, _ in old }
                bench.letters.keep(Array(letters.keys))
                let before = bench.hop.record
                isDone = await bench.deliver(message) == nil
                let after = bench.hop.record
                if after.commands.dropFirst(before.commands.count).allSatisfy({ $0 != "DATA" }) {
                    #expect(after.deliveries.count == before.deliveries.count)
                }
            }
            #expect(isDone)
            check(bench, lettersEver, lost: script.state.withLock { $0.lostReplies })
        }
    }

    private func check(_ bench: Bench, _ letters: [String: String], lost: Int) {
        var counts: [String: Int] = [:]
        var sentLetters: Set<String> = []
        for delivery in bench.hop.record.deliveries where delivery.sender != "" {
            for recipient in delivery.recipients { counts[recipient, default: 0] += 1 }
            if delivery.content.hasPrefix("letter ") {
                sentLetters.insert(String(delivery.content.dropFirst("letter ".count).prefix { $0 != "\r\n" }))
            }
        }
        for person in Self.people {
            #expect(counts[person, default: 0] >= 1)
            #expect(counts[person, default: 0] <= 1 + lost)
        }
        // Whoever has a link can open it; no letter is left half-way.
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
            let lost = script.state.withLock { $0.lostReplies }
            #expect(deliveries.count >= accepted)
            #expect(deliveries.count <= accepted + lost)
        }
    }
}
