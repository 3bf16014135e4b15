// What strangers may leave for the gateway: JSON only, so many of a network, and no free guesses at codes.

import Foundation
import Links
import Mail
import Portal
import SettingValues
import Testing
import Vault
import VaultSQLite

@Suite(.serialized) struct RequestAPITests {
    private static let token = #"{"token":"AAECAwQFBgcICQoLDA0ODw"}"#
    private static func from(_ address: String) -> [String: String] { ["X-Forwarded-For": address] }

    private static func withPortal(
        guesses: Int = 120, _ body: @Sendable (RunningPortal) async throws -> Void
    ) async throws {
        try await RunningPortal.with(
            configure: {
                $0.trustedPeers = PeerList(["127.0.0.1"])
                $0.throttle.guesses = guesses
            }, body)
    }

    /// The gateway settles all that waits.
    private static func settle(_ portal: RunningPortal, _ answer: RequestAnswer) async throws {
        let bytes = [UInt8](try JSONEncoder().encode(answer))
        for request in try await portal.store.waitingRequests() {
            try await portal.store.settleRequest(request.id, answer: bytes, nowSeconds: portal.clock.now)
        }
    }

    @Test(arguments: [
        "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp",
        "application/json, text/plain", "text/json", "application", ";", "",
    ])
    func onlyJSONIsTaken(type: String) async throws {
        try await Self.withPortal { portal in
            let locked = try await portal.letter()
            let known = ["/open", "/chunks/0", "/following/1/chunks/0", "/answers/AAECAwQFBgcICQoLDA0ODw/send"]
            let paths =
                [
                    locked.path, "/api/letters/AAAAAAAAAAAAAAAAAAAAAA", "/api/control", "/api/control/requests",
                    "/api/confirm",
                ]
                + known.map { locked.path + $0 } + ["/api/confirm/AAECAwQFBgcICQoLDA0ODw"]
            for path in paths {
                let answer = try await portal.post(path, Self.token, ["Content-Type": type])
                #expect(answer.status == 415 && answer.text == #"{"error":"media-type"}"#, "\(path)")
            }
            #expect(try await portal.store.waitingRequests().isEmpty)
        }
    }

    @Test(arguments: ["application/json; charset=utf-8", "Application/JSON", "application/json ;charset=UTF-8"])
    func jsonInEverySpelling(type: String) async throws {
        try await Self.withPortal { portal in
            let answer = try await portal.post("/api/confirm", Self.token, ["Content-Type": type])
            #expect(answer.status == 202)
        }
    }

    @Test func oneNetworkLeavesSoManyAndOthersMore() async throws {
        try await Self.withPortal { portal in
            for number in 0..<20 {
                let answer = try await portal.post("/api/confirm", Self.token, Self.from("203.0.113.\(number)"))
                #expect(answer.status == 202)
            }
            let more = try await portal.post("/api/confirm", Self.token, Self.from("203.0.113.99"))
            #expect(more.status == 429 && more.text == #"{"error":"busy","seconds":5}"#)
            #expect(try await portal.post("/api/confirm", Self.token, Self.from("198.51.100.1")).status == 202)
            try await Self.settle(portal, .done(untilSeconds: nil))
            #expect(try await portal.post("/api/confirm", Self.token, Self.from("203.0.113.99")).status == 202)
        }
    }

    @Test func aNeighboursCodesKeepNoSenderFromRevoking() async throws {
        try await Self.withPortal { portal in
            let control = try await Controlled(portal)
            for _ in 0..<25 { _ = try await portal.post("/api/confirm", Self.token) }
            #expect(try await portal.post("/api/confirm", Self.token).status == 429)
            #expect(try await portal.post("/api/control/requests", control.wish("revoke")).status == 202)
            for _ in 1..<20 { _ = try await portal.post("/api/control/requests", control.wish("extend", expires: 1)) }
            #expect(try await portal.post("/api/control/requests", control.wish("revoke")).status == 429)
        }
    }

    /// Whether the answer is looked at or not.
    @Test(arguments: [true, false]) func aCodeThatNobodyKnowsIsAGuess(looks: Bool) async throws {
        try await Self.withPortal(guesses: 3) { portal in
            let stranger = Self.from("203.0.113.5")
            for _ in 0..<3 {
                let left = try await portal.post("/api/confirm", Self.token, stranger)
                #expect(left.status == 202)
                try await Self.settle(portal, .refused("gone"))
                let id = try #require(try left.json()["request"] as? String)
                guard looks else { continue }
                #expect(try await portal.post("/api/confirm/\(id)", "{}", stranger).text == #"{"state":"refused"}"#)
            }
            // Who does not look is charged when somebody asks for something the next time.
            #expect(try await portal.post("/api/confirm", Self.token, Self.from("198.51.100.1")).status == 202)
            #expect(try await portal.post("/api/confirm", Self.token, stranger).status == 429)
        }
    }

    @Test func whatTheGatewayKnowsCostsNothing() async throws {
        try await Self.withPortal(guesses: 2) { portal in
            for answer in [RequestAnswer.done(untilSeconds: nil), .refused("trouble"), .done(untilSeconds: nil)] {
                let left = try await portal.post("/api/confirm", Self.token)
                #expect(left.status == 202)
                try await Self.settle(portal, answer)
                let id = try #require(try left.json()["request"] as? String)
                for _ in 0..<3 { #expect(try await portal.post("/api/confirm/\(id)", "{}").status == 200) }
            }
        }
    }
}
