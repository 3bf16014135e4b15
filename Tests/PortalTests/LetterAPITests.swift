// The API of docs/inside/links-protocol.md over a real socket: opening, counting, resting, and what it does not tell.

import Cryptography
import Foundation
import GRDB
import Links
import Mail
import Portal
import Testing
import Vault
import VaultSQLite

@Suite(.serialized) struct LetterAPITests {
    @Test func aLetterOpensWithTheRightProof() async throws {
        try await RunningPortal.with { portal in
            let long = String(repeating: "0123456789abcdef", count: 100_000)
            let locked = try await portal.letter(long)
            let parameters = try await portal.post(locked.path, "{}")
            #expect(parameters.status == 200)
            let asked = try parameters.json()
            #expect(asked["version"] as? Int == 1 && asked["kdf"] as? String == "pbkdf2-sha256")
            #expect(asked["password"] as? String == "made" && asked["rounds"] as? Int == 10)
            #expect(asked["expires"] as? Int == 1_800_001_000)
            let opened = try await portal.post("\(locked.path)/open", locked.proof)
            #expect(opened.status == 200)
            #expect(opened.field("content-type") == "application/json")
            let released = try opened.json()
            let wrapped = try #require(Base64URL.decode(released["wrapped"] as? String ?? "?"))
            let keys = try locked.opener.unwrap(wrapped)
            let count = try #require(released["chunks"] as? Int)
            #expect(count == 2)
            var chunks: [[UInt8]] = []
            for number in 0..<count {
                let chunk = try await portal.post("\(locked.path)/chunks/\(number)", locked.proof)
                #expect(chunk.status == 200 && chunk.field("content-type") == "application/octet-stream")
                chunks.append(chunk.body)
            }
            #expect(try LetterOpener.open(chunks, key: keys.content).message == MessageBytes(long))
            #expect(try await portal.post("\(locked.path)/chunks/2", locked.proof).text == #"{"error":"gone"}"#)
        }
    }

    @Test func laterMessagesComeUnderTheSameLink() async throws {
        try await RunningPortal.with { portal in
            let locked = try await portal.letter("first")
            let gateway = try GatewayKey.make()
            var messages: [FollowingMessage] = []
            for number in [1, 3] {
                let (content, key) = try LetterLocker.lockContent(
                    index: Array("{}".utf8), message: MessageBytes("later \(number)"))
                let message = try LetterLocker.lockFollowing(
                    for: key, contentID: content.id, letterID: locked.id, number: number,
                    conversation: locked.conversationPoint, gateway: gateway, createdAtSeconds: portal.clock.now,
                    expiresAtSeconds: portal.clock.now + 500)
                try await portal.store.keep([content], [], following: [message])
                messages.append(message)
            }
            #expect(try await portal.post("\(locked.path)/open", locked.proof).list("following").isEmpty)
            try await portal.store.makeReadable(messages.map(\.id))
            let opened = try await portal.post("\(locked.path)/open", locked.proof)
            let following = try opened.list("following")
            #expect(following.map { $0["number"] } == [1, 3])
            let wrapped = try #require(Base64URL.decode(opened.json()["wrapped"] as? String ?? "?"))
            let conversation = try locked.opener.unwrap(wrapped).conversation
            for one in following {
                let number = try #require(one["number"] as? Int)
                let key = try LetterOpener.unwrapFollowing(
                    try #require(Base64URL.decode(one["wrapped"] as? String ?? "?")), number: number,
                    letterID: locked.id, conversation: conversation, gateway: gateway.publicPoint)
                let path = "\(locked.path)/following/\(number)/chunks/0"
                let chunk = try await portal.post(path, locked.proof)
                #expect(chunk.status == 200)
                #expect(try LetterOpener.open([chunk.body], key: key).message == MessageBytes("later \(number)"))
                #expect(try await portal.post(path, locked.wrongProof).text == #"{"error":"gone"}"#)
            }
            #expect(try await portal.post("\(locked.path)/following/2/chunks/0", locked.proof).status == 404)
            #expect(try await portal.post("\(locked.path)/following/x/chunks/0", locked.proof).status == 400)
        }
    }

    @Test func wrongProofsAreCountedThenTheLetterRests() async throws {
        try await RunningPortal.with { portal in
            let locked = try await portal.letter()
            for left in [4, 3, 2, 1, 0] {
                let answer = try await portal.post("\(locked.path)/open", locked.wrongProof)
                #expect(answer.status == 403)
                #expect(answer.text == #"{"error":"wrong","triesLeft":\#(left)}"#)
            }
            for proof in [locked.wrongProof, locked.proof] {
                let answer = try await portal.post("\(locked.path)/open", proof)
                #expect(answer.status == 429)
                #expect(answer.text == #"{"error":"resting","seconds":60}"#)
                #expect(answer.field("retry-after") == "60")
            }
            #expect(try await portal.post("\(locked.path)/chunks/0", locked.proof).status == 404)
            portal.clock.advance(seconds: 61)
            #expect(try await portal.post("\(locked.path)/open", locked.proof).status == 200)
            #expect(try await portal.post("\(locked.path)/open", locked.wrongProof).text.contains("4"))
        }
    }

    @Test func guessesAtChunksCountToo() async throws {
        try await RunningPortal.with { portal in
            let locked = try await portal.letter()
            #expect(try await portal.post("\(locked.path)/chunks/0", locked.wrongProof).text == #"{"error":"gone"}"#)
            #expect(try await portal.post("\(locked.path)/open", locked.wrongProof).text.contains("3"))
        }
    }

    @Test func allThatIsNotThereLooksAlike() async throws {
        try await RunningPortal.with { portal in
            let pending = try await portal.letter(state: .sending)
            let notifying = try await portal.letter(state: .sending, isNotifying: true)
            let revoked = try await portal.letter()
            #expect(try await portal.store.revoke(revoked.id))
            let expired = try await portal.letter(lifetime: 5)
            portal.clock.advance(seconds: 5)
            let ids =
                [pending, notifying, revoked, expired].map(\.id) + [
                    Base64URL.encode(try Randomness.bytes(16)), "short", String(repeating: "!", count: 22),
                    String(repeating: "B", count: 22), String(repeating: "A", count: 4000),
                ]
            for (step, body) in [("", "{}"), ("/open", pending.proof), ("/chunks/0", pending.proof)] {
                var answers: [Answer] = []
                for id in ids { answers.append(try await portal.post("/api/letters/\(id)\(step)", body)) }
                #expect(answers.allSatisfy { $0 == answers[0] })
                #expect(answers[0].status == 404 && answers[0].text == #"{"error":"gone"}"#)
            }
        }
    }

    private static let noProofs = [
        "", "{", "[]", "null", #"{"auth":5}"#, #"{"auth":""}"#, #"{"auth":"AAAA"}"#, #"{"AUTH":"x"}"#, "{}",
        #"{"auth":"\#(String(repeating: "A", count: 42))"}"#, #"{"auth":"\#(String(repeating: "A", count: 42))B"}"#,
        #"{"auth":"\#(String(repeating: "A", count: 43))="}"#, "\u{0}\u{1}",
        // Half a proof is none.
        #"{"auth":"\#(String(repeating: "A", count: 43))"}"#, #"{"link":"\#(String(repeating: "A", count: 43))"}"#,
        #"{"auth":"\#(String(repeating: "A", count: 43))","link":""}"#,
        #"{"auth":"\#(String(repeating: "A", count: 43))","link":"\#(String(repeating: "A", count: 42))B"}"#,
    ]

    @Test func whatIsNoProofCostsNothing() async throws {
        try await RunningPortal.with { portal in
            let locked = try await portal.letter()
            for body in Self.noProofs {
                for step in ["/open", "/chunks/0"] {
                    let answer = try await portal.post(locked.path + step, body)
                    #expect(answer.status == 400 && answer.text == #"{"error":"bad-request"}"#, "\(body)")
                    #expect(try await portal.post("/api/letters/unknown\(step)", body) == answer)
                }
            }
            #expect(try await portal.post("\(locked.path)/open", locked.wrongProof).text.contains("4"))
        }
    }

    @Test func oddChunkNumbersAreNoRequests() async throws {
        try await RunningPortal.with { portal in
            let locked = try await portal.letter()
            for number in ["-1", "x", "99999999999999999999", "1048576", "+1", "0x1", "1.0", "%30", "٣"] {
                #expect(
                    try await portal.post("\(locked.path)/chunks/\(number)", locked.proof).status >= 400, "\(number)")
            }
        }
    }

    @Test func largeBodiesAreRefused() async throws {
        try await RunningPortal.with(bodyBytes: 1000) { portal in
            let locked = try await portal.letter()
            let padded = String(repeating: " ", count: 1001)
            #expect(try await portal.post("\(locked.path)/open", locked.proof + padded).status == 413)
            let chunked =
                "POST \(locked.path)/open HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3e9\r\n\(padded)\r\n0\r\n\r\n"
            let answer = String(decoding: try await RawHTTP.send(port: portal.port, Array(chunked.utf8)), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 413 ") && answer.contains("too-large"))
        }
    }

    @Test func onlyPostAsksAboutLetters() async throws {
        try await RunningPortal.with { portal in
            let locked = try await portal.letter()
            for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
                for path in [locked.path, "\(locked.path)/open", "\(locked.path)/chunks/0"] {
                    #expect(try await RawHTTP.ask(port: portal.port, method: method, path: path).status == 404)
                }
                _ = try await RawHTTP.ask(port: portal.port, method: method, path: "/l/\(locked.id)")
            }
            let summary = try #require(try await portal.store.list(nowSeconds: 0).first)
            #expect(summary.wrongGuesses == 0 && summary.openedAtSeconds == nil)
        }
    }

    @Test func aLockedDatabaseIsSaidAndCountsNothing() async throws {
        try await RunningPortal.with(busySeconds: 0.05) { portal in
            let locked = try await portal.letter()
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let stranger = try DatabaseQueue(path: "\(portal.folder)/letters.db", configuration: configuration)
            try await stranger.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            let answer = try await portal.post("\(locked.path)/open", locked.wrongProof)
            #expect(answer.status == 503 && answer.text == #"{"error":"unavailable"}"#)
            #expect(answer.field("retry-after") == "5")
            try await stranger.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
            #expect(try await portal.post("\(locked.path)/open", locked.wrongProof).text.contains("4"))
        }
    }
}
