// What is made side by side comes in its order, not too much of it at a time, and nothing after a failure that counts.

import Mail
@testable import Sealing
import Synchronization
import Testing

@Suite struct SideBySideTests {
    /// Counts what is under way, and lets each one go when the test says so.
    private final class Workshop: Sendable {
        private let state = Mutex((now: 0, most: 0, begun: 0))
        var most: Int { state.withLock { $0.most } }
        var begun: Int { state.withLock { $0.begun } }

        func work(_ number: Int) async throws(Refusal) -> Int {
            state.withLock { state in
                state.now += 1
                state.begun += 1
                state.most = max(state.most, state.now)
            }
            // Later ones end earlier.
            for _ in 0..<(20 - number % 20) { await Task.yield() }
            state.withLock { $0.now -= 1 }
            if number % 7 == 6 { throw Refusal(.engine, "no", detail: "\(number)") }
            return number * 10
        }
    }

    @Test(arguments: [0, 1, 3, 100])
    func resultsComeInOrder(limit: Int) async throws {
        let workshop = Workshop()
        var taken: [(Int, Int?)] = []
        try await SideBySide.make(of: Array(0..<30), atOnce: limit) { (number) async throws(Refusal) in
            try await workshop.work(number)
        } take: { (number, result) throws(Refusal) in
            taken.append((number, try? result.get()))
        }
        #expect(taken.map(\.0) == Array(0..<30))
        #expect(taken.map(\.1) == (0..<30).map { $0 % 7 == 6 ? nil : $0 * 10 })
        #expect(workshop.most <= max(1, limit) && workshop.begun == 30)
        #expect(limit != 3 || workshop.most == 3)
    }

    @Test func theFirstFailureInOrderIsThrownAndNoOtherIsBegun() async throws {
        let workshop = Workshop()
        var taken: [Int] = []
        let refusal = await #expect(throws: Refusal.self) {
            try await SideBySide.make(of: Array(0..<1000), atOnce: 4) { (number) async throws(Refusal) in
                try await workshop.work(number)
            } take: { (number, result) throws(Refusal) in
                _ = try result.get()
                taken.append(number)
            }
        }
        #expect(refusal?.detail == "6")
        #expect(taken == [0, 1, 2, 3, 4, 5])
        // Four at a time, and those that ended before the one in whose place all wait.
        #expect(workshop.begun < 100)
    }

    @Test func nothingIsMadeOfNothing() async throws {
        try await SideBySide.make(of: [Int](), atOnce: 4) { (number) async throws(Refusal) in
            number
        } take: { (_, _) throws(Refusal) in
            Issue.record("there is none")
        }
    }

    /// Each blind recipient gets a ciphertext of their own, in the order of the envelope, whatever is made at once.
    @Test func blindRecipientsAreSealedForInTheirOrder() async throws {
        let blind = (1...5).map { "blind\($0)@example.net" }
        let fixture = try SealingFixture(keys: blind)
        let plan = try await fixture.plan(
            "From: alice@example.org\r\nTo: somebody@example.org\r\nSubject: x\r\n\r\nhello\r\n", to: blind)
        var settings = SealerSettings(hostname: "gate.example.org", links: nil, limits: fixture.limits)
        settings.groupsAtOnce = 4
        let outbound = try await Sealer(engine: fixture.engine, settings: settings).seal(plan)
        #expect(outbound.transmissions.map { $0.recipients.map(\.folded) } == blind.map { [$0] })
        for transmission in outbound.transmissions {
            #expect(transmission.role == .sealed)
            #expect(try await fixture.open(transmission.content).contains("hello"))
        }
        await fixture.end()
    }
}
