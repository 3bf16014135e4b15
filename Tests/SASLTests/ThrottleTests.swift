// Guessing is slowed down, and nobody is kept out for ever.

import Mail
import SASL
import Testing

@Suite struct ThrottleTests {
    @Test func restsDoubleUpToAnHourAndEnd() {
        let throttle = GuessThrottle(failuresAllowed: 5)
        var now = ContinuousClock.now
        for _ in 1...4 { throttle.failed(user: "alice", network: nil, now: now) }
        #expect(throttle.rest(user: "alice", network: nil, now: now) == nil)
        for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
            throttle.failed(user: "alice", network: nil, now: now)
            let rest = throttle.rest(user: "alice", network: nil, now: now) ?? 0
            #expect((minutes * 60...minutes * 60 + 1).contains(rest))
            #expect(throttle.rest(user: "bob", network: nil, now: now) == nil)
            now += .seconds(minutes * 60 - 1)
            #expect(throttle.rest(user: "alice", network: nil, now: now) != nil)
            now += .seconds(1)
            #expect(throttle.rest(user: "alice", network: nil, now: now) == nil)
        }
        now += .seconds(24 * 3600)
        for _ in 1...4 { throttle.failed(user: "alice", network: nil, now: now) }
        #expect(throttle.rest(user: "alice", network: nil, now: now) == nil)
    }

    @Test func aNetworkRestsWhateverUsersItTries() {
        let throttle = GuessThrottle(failuresAllowed: 3)
        let now = ContinuousClock.now
        for user in ["a", "b", "c"] { throttle.failed(user: user, network: "192.0.2/24", now: now) }
        #expect(throttle.rest(user: "d", network: "192.0.2/24", now: now) != nil)
        #expect(throttle.rest(user: nil, network: "192.0.2/24", now: now) != nil)
        #expect(throttle.rest(user: "d", network: "198.51.100/24", now: now) == nil)
        throttle.succeeded(user: "d", network: "192.0.2/24", now: now)
        #expect(throttle.rest(user: "d", network: "192.0.2/24", now: now) != nil)
    }

    @Test func othersGuessesDoNotKeepAUserOutWhereHeWasLetIn() {
        let throttle = GuessThrottle(failuresAllowed: 3)
        let now = ContinuousClock.now
        throttle.succeeded(user: "alice", network: "192.0.2/24", now: now)
        throttle.succeeded(user: "alice", network: nil, now: now)
        for number in 1...3 { throttle.failed(user: "alice", network: "198.51.\(number)/24", now: now) }
        #expect(throttle.rest(user: "alice", network: "203.0.113/24", now: now) != nil)
        #expect(throttle.rest(user: "alice", network: "192.0.2/24", now: now) == nil)
        #expect(throttle.rest(user: "alice", network: nil, now: now) != nil)
    }

    @Test func itsMemoryIsBoundedAndKeepsTheNewest() {
        let throttle = GuessThrottle(failuresAllowed: 1, mostRecords: 100)
        let start = ContinuousClock.now
        for number in 0..<1000 {
            throttle.failed(user: "u\(number)", network: nil, now: start + .milliseconds(number))
            throttle.succeeded(user: "good", network: "n\(number)", now: start + .milliseconds(number))
        }
        let resting = (0..<1000).filter {
            throttle.rest(user: "u\($0)", network: nil, now: start + .seconds(1)) != nil
        }
        #expect(resting.count <= 100 && resting.contains(999) && !resting.contains(0))
    }

    @Test(
        arguments: [
            ("192.0.2.200", "192.0.2/24"), ("::ffff:192.0.2.9", "192.0.2/24"), ("127.0.0.5", nil), ("::1", nil),
            ("", nil),
            ("2001:db8:1:2:3:4:5:6", "20:1:d:b8:0:1:0/56"), ("2001:db8:1:ff::1", "20:1:d:b8:0:1:0/56"),
            ("2001:db8:1:100::1", "20:1:d:b8:0:1:1/56"), ("fe80::1%eth0", "fe:80:0:0:0:0:0/56"), ("no address", nil),
        ] as [(String, String?)]) func networksOfAddresses(_ address: String, _ network: String?)
    {
        #expect(GuessThrottle.network(of: address) == network)
    }

    @Test(arguments: MechanismTests.mechanisms) func theDeskThrottles(_ mechanism: String) async throws {
        let desk = try Desk(failures: 3)
        for number in 1...3 {
            #expect(
                try await desk.login(mechanism, "alice", "guess \(number)", from: "192.0.\(number).1").words == "wrong")
        }
        #expect(
            try await desk.login(mechanism, "alice", "open sesame", from: "203.0.113.1").words.hasPrefix("throttled"))
        #expect(try await desk.login(mechanism, "bob@example.org", "x", from: "203.0.113.1").words == "wrong")
        desk.clock.advance(seconds: 61)
        #expect(try await desk.login(mechanism, "alice", "open sesame", from: "203.0.113.1").words == "alice")
        #expect(try await desk.login(mechanism, "alice", "guess", from: "203.0.113.1").words == "wrong")
    }

    /// Users that do not exist are throttled like the others.
    @Test func theThrottleTellsNothing() async throws {
        let desk = try Desk(failures: 2)
        for name in ["alice", "nobody", "no name at all\u{7f}"] {
            for number in 1...2 {
                let exchange = try #require(desk.desk.begin("PLAIN", clientAddress: "192.\(number).\(name.count).1"))
                #expect(await exchange.step(Array("\0\(name)\0wrong".utf8)).words == "wrong")
            }
            let exchange = try #require(desk.desk.begin("PLAIN", clientAddress: ""))
            #expect(await exchange.step(Array("\0\(name)\0wrong".utf8)).words.hasPrefix("throttled"))
        }
    }

    /// A hundred guesses side by side are no more than the allowed ones.
    @Test func guessesSideBySideDoNotOutrunIt() async throws {
        let desk = try Desk(failures: 5)
        let outcomes = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 1...40 {
                group.addTask { try await desk.login("PLAIN", "alice", "guess \(number)", from: "").words }
            }
            return try await group.reduce(into: [String]()) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 == "wrong" }.count == 5)
    }
}
