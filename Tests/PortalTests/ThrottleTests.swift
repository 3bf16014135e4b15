// Buckets by network: who has to wait, and that nobody can make others wait.

import Mail
import Portal
import SettingValues
import Testing

struct TokenBucketTests {
    private let network = ClientNetwork("192.0.2.1")

    private func buckets(_ capacity: Int = 10, networks: Int = 1000) -> TokenBuckets {
        TokenBuckets(BucketSize(capacity, fullAfterSeconds: capacity), networks: networks, nowSeconds: 0)
    }

    @Test func emptyThenFilledAgain() {
        let buckets = buckets()
        for _ in 0..<10 { #expect(buckets.admit(network, taking: 1, nowSeconds: 0) == nil) }
        #expect(buckets.admit(network, taking: 1, nowSeconds: 0) == 1)
        #expect(buckets.admit(network, taking: 1, nowSeconds: 0.5) == 1)
        #expect(buckets.admit(network, taking: 1, nowSeconds: 1) == nil)
        #expect(buckets.admit(network, taking: 1, nowSeconds: 1) == 1)
        for _ in 0..<10 { #expect(buckets.admit(network, taking: 1, nowSeconds: 1000) == nil) }
        #expect(buckets.admit(network, taking: 1, nowSeconds: 1000) != nil)
    }

    @Test func whatWasDoneAtOnceIsPaidForLater() {
        let buckets = buckets()
        for _ in 0..<15 { buckets.charge(network, 1, nowSeconds: 0) }
        #expect(buckets.admit(network, taking: 0, nowSeconds: 0) == 6)
        for _ in 0..<1000 { buckets.charge(network, 1, nowSeconds: 0) }
        #expect(buckets.admit(network, taking: 0, nowSeconds: 0) == 11, "never for ever")
    }

    @Test func aClockThatGoesBackGivesNothing() {
        let buckets = buckets()
        for _ in 0..<10 { buckets.charge(network, 1, nowSeconds: 100) }
        #expect(buckets.admit(network, taking: 1, nowSeconds: 0) != nil)
        #expect(buckets.admit(network, taking: 1, nowSeconds: 100) != nil)
    }

    @Test func oneNetworkCannotMakeOthersWait() {
        let buckets = buckets()
        for second in 0..<100 {
            for _ in 0..<1000 { _ = buckets.admit(network, taking: 1, nowSeconds: Double(second)) }
            let other = ClientNetwork("198.51.\(second).1")
            for _ in 0..<10 { #expect(buckets.admit(other, taking: 1, nowSeconds: Double(second)) == nil) }
        }
    }

    @Test func whereManyEmptyTheCommonBucketNewcomersAreServed() {
        let buckets = buckets()
        let greedy = (0..<40).map { ClientNetwork("10.0.\($0).1") }
        for _ in 0..<10 {
            for one in greedy { _ = buckets.admit(one, taking: 1, nowSeconds: 0) }
        }
        #expect(greedy.filter { buckets.admit($0, taking: 0, nowSeconds: 0) == nil }.isEmpty)
        #expect(buckets.admit(ClientNetwork("203.0.113.9"), taking: 1, nowSeconds: 0) == nil)
    }

    @Test func allTogetherAreBounded() {
        let buckets = buckets()
        var admitted = 0
        for place in 0..<5000 {
            let one = ClientNetwork("10.\(place / 256).\(place % 256).1")
            for _ in 0..<10 where buckets.admit(one, taking: 1, nowSeconds: 0) == nil { admitted += 1 }
        }
        #expect(admitted <= 2 * 16 * 10)
    }

    @Test func memoryIsBoundedAndTheOldestGoes() {
        let buckets = buckets(networks: 100)
        let first = ClientNetwork("10.0.0.1")
        for _ in 0..<10 { buckets.charge(first, 1, nowSeconds: 0) }
        for place in 1..<100 { buckets.charge(ClientNetwork("10.1.\(place).1"), 1, nowSeconds: 0) }
        #expect(buckets.count == 100 && buckets.admit(first, taking: 0, nowSeconds: 0) != nil)
        // Asking made it the newest: 99 more leave it, 100 do not.
        for place in 0..<99 { buckets.charge(ClientNetwork("10.2.\(place).1"), 0, nowSeconds: 0) }
        #expect(buckets.admit(first, taking: 0, nowSeconds: 0) != nil)
        for place in 0..<100 { buckets.charge(ClientNetwork("10.3.\(place).1"), 0, nowSeconds: 0) }
        #expect(buckets.count == 100)
        #expect(buckets.admit(first, taking: 0, nowSeconds: 0) == nil)
    }
}

struct ClientNetworkTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.255", true), ("192.0.2.1", "192.0.3.1", false), ("::ffff:192.0.2.7", "192.0.2.1", true),
        ("2001:db8:1:200::1", "2001:db8:1:2ff:ffff::9", true), ("2001:db8:1:200::1", "2001:db8:1:300::1", false),
        ("fe80::1%eth0", "fe80::2", true), ("nonsense", "", true), ("nonsense", "192.0.2.1", false),
    ]) func networksOfAddresses(left: String, right: String, same: Bool) {
        #expect((ClientNetwork(left) == ClientNetwork(right)) == same)
    }

    @Test func theLogSeesNetworksOnly() {
        #expect(ClientNetwork("192.0.2.77").description == "192.0.2.0/24")
        #expect(ClientNetwork("2001:db8:1:2ab::77").description == "2001:db8:1:200::/56")
        #expect(ClientNetwork("").description == "local")
    }

    private static let trusted = PeerList(["10.0.0.0/8", "unix", "2001:db8::/32"])

    @Test(arguments: [
        ("192.0.2.9", ["203.0.113.5"], "192.0.2.9"),  // not a proxy: not believed
        ("10.0.0.1", [], "10.0.0.1"), ("10.0.0.1", ["203.0.113.5"], "203.0.113.5"),
        ("", ["203.0.113.5"], "203.0.113.5"),
        ("10.0.0.1", ["1.2.3.4, 203.0.113.5"], "203.0.113.5"),  // what a client wrote stands to the left
        ("10.0.0.1", ["1.2.3.4", "203.0.113.5, 10.9.9.9"], "203.0.113.5"),
        ("10.0.0.1", ["10.1.1.1, 10.2.2.2"], "10.1.1.1"), ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.5, nonsense"], "10.0.0.1"), ("10.0.0.1", ["nonsense, 203.0.113.5"], "203.0.113.5"),
        ("10.0.0.1", ["203.0.113.5:4711"], "203.0.113.5"), ("10.0.0.1", ["[2a00::1]:80"], "2a00::1"),
        ("10.0.0.1", ["2a00::1"], "2a00::1"), ("10.0.0.1", [",,, "], "10.0.0.1"), ("10.0.0.1", ["unix"], "10.0.0.1"),
        ("10.0.0.1", ["256.1.1.1"], "10.0.0.1"), ("10.0.0.1", [String(repeating: "1", count: 5000)], "10.0.0.1"),
        ("10.0.0.1", [String(repeating: "10.0.0.2,", count: 5000)], "10.0.0.2"),
    ]) func whoTheProxySays(peer: String, values: [String], client: String) {
        #expect(
            ForwardedAddress.client(peer: peer, values: values, field: .xForwardedFor, trusted: Self.trusted) == client)
    }

    @Test(arguments: [
        (["for=203.0.113.5;proto=https"], "203.0.113.5"), (["For=\"[2a00::1]:4711\""], "2a00::1"),
        (["for=1.2.3.4, for=203.0.113.5;by=10.0.0.1"], "203.0.113.5"), (["proto=https"], "10.0.0.1"),
        (["for=_hidden"], "10.0.0.1"), (["for=unknown"], "10.0.0.1"), (["for=\""], "10.0.0.1"), (["=;=;"], "10.0.0.1"),
    ]) func whoForwardedSays(values: [String], client: String) {
        #expect(
            ForwardedAddress.client(peer: "10.0.0.1", values: values, field: .forwarded, trusted: Self.trusted)
                == client)
    }
}

@Suite(.serialized) struct ThrottledPortalTests {
    @Test func guessesMakeANetworkWaitAndNobodyElse() async throws {
        try await RunningPortal.with(configure: {
            $0.trustedPeers = PeerList(["127.0.0.1"])
            $0.throttle.guesses = 10
        }) { portal in
            let locked = try await portal.letter()
            let (bad, good) = (["X-Forwarded-For": "203.0.113.5"], ["X-Forwarded-For": "198.51.100.1"])
            for _ in 0..<5 {
                #expect(try await portal.post("/api/letters/AAAAAAAAAAAAAAAAAAAAAA", "{}", bad).status == 404)
                #expect(
                    try await portal.post("/api/letters/AAAAAAAAAAAAAAAAAAAAAA/chunks/0", locked.wrongProof, bad).status
                        == 404)
            }
            var answers: [Answer] = []
            for (path, body) in [
                (locked.path, "{}"), ("\(locked.path)/open", locked.proof), ("\(locked.path)/chunks/0", locked.proof),
                ("/api/letters/AAAAAAAAAAAAAAAAAAAAAA/open", locked.wrongProof), ("/api/nowhere", "{}"),
            ] { answers.append(try await portal.post(path, body, bad)) }
            // All alike but for the seconds, which may count down while the answers come.
            var longest = 180
            for answer in answers {
                let seconds = try #require(try answer.json()["seconds"] as? Int)
                #expect(answer.status == 429 && answer.text == #"{"error":"busy","seconds":\#(seconds)}"#)
                #expect((1...longest).contains(seconds) && answer.field("retry-after") == "\(seconds)")
                longest = max(1, seconds)
            }
            #expect(try await portal.get("/l/\(locked.id)", bad).status == 200)
            #expect(try await portal.post("\(locked.path)/open", locked.proof, good).status == 200)
            #expect(try await portal.post("\(locked.path)/open", locked.proof).status == 200)
            #expect(portal.log.all.contains { $0.contains("203.0.113.0/24") })
            #expect(!portal.log.all.contains { $0.contains("203.0.113.5") })
        }
    }

    @Test func theFieldOfAStrangerIsNotBelieved() async throws {
        try await RunningPortal.with(configure: { $0.throttle.guesses = 10 }) { portal in
            var last = 0
            for place in 0..<11 {
                let field = ["X-Forwarded-For": "203.0.\(place).5", "Forwarded": "for=203.0.\(place).5"]
                last = try await portal.post("/api/letters/AAAAAAAAAAAAAAAAAAAAAA", "{}", field).status
            }
            #expect(last == 429)
        }
    }

    @Test func requestsAndUploadsAreCounted() async throws {
        try await RunningPortal.with(configure: { $0.throttle.requests = 50 }) { portal in
            var statuses: [Int] = []
            for _ in 0..<60 { statuses.append(try await portal.get("/healthz").status) }
            #expect(statuses.first == 200 && statuses.contains(429))
        }
        try await RunningPortal.with(configure: { $0.throttle.uploadBytes = 2000 }) { portal in
            let locked = try await portal.letter()
            let padded = locked.proof + String(repeating: " ", count: 1500)
            #expect(try await portal.post("\(locked.path)/open", padded).status == 200)
            #expect(try await portal.post("\(locked.path)/open", padded).status == 200)
            #expect(try await portal.post("\(locked.path)/open", locked.proof).status == 429)
            #expect(try await portal.get("/l/\(locked.id)").status == 200)
        }
    }

    @Test func readersBehindOneAddressAreServed() async throws {
        try await RunningPortal.with { portal in
            let locked = try await portal.letter()
            for _ in 0..<300 {
                #expect(try await portal.post("\(locked.path)/open", locked.proof).status == 200)
            }
        }
    }
}
