// Section 8 of docs/inside/links-protocol.md over a real socket: uploads that stream, limits, proofs, and what is not
// told.

import Cryptography
import Foundation
import Links
import Mail
import Portal
import SettingValues
import Testing
import Vault
import VaultSQLite

@Suite(.serialized) struct AnswerAPITests {
    static let limits = AnswerLimits(count: 2, bytes: 3_000_000, files: 2)
    static let answer = "AAECAwQFBgcICQoLDA0ODw"

    @Test func anAnswerIsTakenIn() async throws {
        try await RunningPortal.with { portal in
            let locked = try await portal.letter(answers: Self.limits)
            let opened = try await portal.post("\(locked.path)/open", locked.proof)
            #expect(opened.text.contains(#""answers":{"bytes":3000000,"files":2,"left":2}"#))
            let file = (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            #expect(try await portal.item(locked, 0, [1, 2, 3]).status == 204)
            #expect(try await portal.item(locked, 1, file).status == 204)
            // What has come is stored as it came, and in place of what was there before.
            #expect(try await portal.item(locked, 0, [4, 5, 6, 7]).status == 204)
            #expect(try await portal.state(locked).text == #"{"state":"uploading"}"#)
            let early = try await portal.send(locked, items: 3)
            #expect(early.status == 409 && early.text == #"{"error":"incomplete"}"#)
            let sent = try await portal.send(locked, items: 2)
            #expect(sent.status == 202 && sent.text == #"{"state":"waiting"}"#)
            #expect(try await portal.send(locked, items: 2) == sent)
            let id = AnswerID(letter: locked.id, answer: Self.answer)
            #expect(
                try await portal.store.waitingAnswers(nowSeconds: .max, atMost: 9)
                    == [WaitingAnswer(id: id, items: [4, 1_500_000])])
            #expect(
                try await portal.store.item(1, of: id, bytes: 1_500_000, spool: .memoryOnly)
                    == MessageBytes(bytes: file))
            #expect(try await portal.item(locked, 0, [1]).status == 409)
            #expect(try await portal.cancel(locked).status == 204)
            #expect(try await portal.state(locked).text == #"{"state":"waiting"}"#)
            try await portal.store.settle(
                id, as: .refused(reason: "rules", said: "programs \"do\" not leave"), isCounted: false, nowSeconds: 1)
            #expect(
                try await portal.state(locked).text
                    == #"{"reason":"rules","state":"refused","text":"programs \"do\" not leave"}"#)
            #expect(try await portal.send(locked, items: 2).json()["state"] as? String == "refused")
            for line in portal.log.all {
                #expect(!line.contains(locked.id) && !line.contains(Self.answer), "\(line)")
            }
        }
    }

    @Test func limitsAreKeptWhileItStreams() async throws {
        try await RunningPortal.with { portal in
            let locked = try await portal.letter(answers: AnswerLimits(count: 1, bytes: 700_000, files: 1))
            let big = [UInt8](repeating: 1, count: 700_001)
            let announced = try await portal.item(locked, 0, big)
            #expect(announced.status == 413 && announced.text == #"{"error":"too-large"}"#)
            // Without an announced length it is cut off as it comes.
            let streamed = try await portal.item(locked, 0, big, chunked: true)
            #expect(streamed.status == 413)
            #expect(try await portal.item(locked, 0, Array(big.dropFirst(1)), chunked: true).status == 204)
            #expect(try await portal.item(locked, 1, [1]).status == 413)
            #expect(try await portal.item(locked, 2, []).status == 413)
            #expect(try await portal.send(locked, items: 1).status == 202)
            let more = try await portal.item(locked, 0, [1], answer: "EBESExQVFhcYGRobHB0eHw")
            #expect(more.status == 409 && more.text == #"{"error":"too-many"}"#)
        }
    }

    @Test func aWrongProofIsCountedLikeAChunks() async throws {
        try await RunningPortal.with { portal in
            let locked = try await portal.letter(answers: Self.limits)
            let chunk = try await portal.post("\(locked.path)/chunks/0", locked.wrongProof)
            #expect(try await portal.item(locked, 0, [1], proof: locked.wrong) == chunk)
            #expect(try await portal.post("\(locked.answers)/send", Self.body(locked.wrong, items: 1)) == chunk)
            #expect(try await portal.post(locked.answers, locked.wrongProof) == chunk)
            #expect(try await portal.post("\(locked.answers)/cancel", locked.wrongProof) == chunk)
            #expect(try await portal.store.list(nowSeconds: 0).map(\.wrongGuesses) == [5])
            // It rests now: nothing is told with the right proof, nor of a letter that is not there.
            #expect(try await portal.item(locked, 0, [1]) == chunk)
            #expect(try await portal.state(locked) == chunk)
            let nobody = "/api/letters/\(String(repeating: "A", count: 22))/answers/\(Self.answer)"
            #expect(try await portal.post(nobody, locked.proof) == chunk)
            #expect(
                try await portal.raw("\(nobody)/items/0", [1], proof: locked.opener.proof) == chunk)
        }
    }

    @Test func malformedRequestsCostNobodyATry() async throws {
        try await RunningPortal.with { portal in
            let locked = try await portal.letter(answers: Self.limits)
            let proof = locked.opener.proof
            #expect(try await portal.raw("\(locked.answers)/items/0", [1], proof: nil).status == 400)
            #expect(
                try await portal.raw("\(locked.answers)/items/0", [1], proof: .init(link: [1, 2], auth: [])).status
                    == 400)
            for number in ["01", "x", "-1", "99999", "1%2f", ""] {
                let status = try await portal.raw("\(locked.answers)/items/\(number)", [1], proof: proof).status
                #expect(status == 400 || status == 404, "\(number)")
            }
            let short = "\(locked.path)/answers/AAAA"
            #expect(try await portal.raw("\(short)/items/0", [1], proof: proof).status == 400)
            #expect(try await portal.post("\(locked.answers)/send", "{}").status == 400)
            #expect(try await portal.post("\(locked.answers)/send", locked.proof).status == 400)
            #expect(try await portal.post(locked.answers, "[]").status == 400)
            #expect(try await portal.get(locked.answers).status == 404)
            #expect(try await portal.store.list(nowSeconds: 0).map(\.wrongGuesses) == [0])
            #expect(try await portal.post(locked.answers, locked.proof).text == #"{"error":"gone"}"#)
        }
    }

    /// Some octets, then silence: the upload ends, and leaves nothing.
    @Test func aSlowUploadIsCutOff() async throws {
        try await RunningPortal.with(configure: { $0.bodySeconds = 1 }) { portal in
            let locked = try await portal.letter(answers: Self.limits)
            let head =
                "POST \(locked.answers)/items/0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                + "Letterlock-Proof: \(Base64URL.encode(locked.opener.proof.auth))\r\n"
                + "Letterlock-Link: \(Base64URL.encode(locked.opener.proof.link))\r\nContent-Length: 100000\r\n\r\n"
            let answer = try await RawHTTP.parse(
                RawHTTP.send(port: portal.port, Array(head.utf8) + [UInt8](repeating: 1, count: 600)))
            #expect(answer.status == 408 && answer.text == #"{"error":"too-slow"}"#)
            #expect(try await portal.send(locked, items: 1).text == #"{"error":"incomplete"}"#)
        }
    }

    @Test func aLetterThatTakesNoAnswers() async throws {
        try await RunningPortal.with { portal in
            let locked = try await portal.letter()
            #expect(try await !portal.post("\(locked.path)/open", locked.proof).text.contains("answers"))
            #expect(try await portal.item(locked, 0, [1]).text == #"{"error":"too-many"}"#)
        }
    }

    @Test func cancellingDeletes() async throws {
        try await RunningPortal.with { portal in
            let locked = try await portal.letter(answers: Self.limits)
            #expect(try await portal.item(locked, 0, [1, 2, 3]).status == 204)
            #expect(try await portal.cancel(locked).status == 204)
            #expect(try await portal.state(locked).status == 404)
        }
    }

    static func body(_ proof: LetterProof, items: Int) -> String { Locked.body(proof, more: ",\"items\":\(items)") }
}

extension Locked {
    var answers: String { "\(path)/answers/\(AnswerAPITests.answer)" }
}

extension RunningPortal {
    func item(
        _ locked: Locked, _ number: Int, _ bytes: [UInt8], answer: String = AnswerAPITests.answer,
        proof: LetterProof? = nil, chunked: Bool = false
    ) async throws -> Answer {
        try await raw(
            "\(locked.path)/answers/\(answer)/items/\(number)", bytes, proof: proof ?? locked.opener.proof,
            chunked: chunked)
    }

    func raw(_ path: String, _ bytes: [UInt8], proof: LetterProof?, chunked: Bool = false) async throws -> Answer {
        var fields = ["Content-Type": "application/octet-stream"]
        if let proof {
            fields["Letterlock-Proof"] = Base64URL.encode(proof.auth)
            fields["Letterlock-Link"] = Base64URL.encode(proof.link)
        }
        guard chunked else {
            return try await RawHTTP.ask(port: port, method: "POST", path: path, fields: fields, body: bytes)
        }
        var wire = "POST \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
        for (name, value) in fields { wire += "\(name): \(value)\r\n" }
        var body = Array((wire + "\r\n").utf8)
        for start in stride(from: 0, to: bytes.count, by: 50_000) {
            let piece = bytes[start..<min(start + 50_000, bytes.count)]
            body += Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [13, 10]
        }
        return try await RawHTTP.parse(RawHTTP.send(port: port, body + Array("0\r\n\r\n".utf8)))
    }

    func send(_ locked: Locked, items: Int) async throws -> Answer {
        try await post("\(locked.answers)/send", AnswerAPITests.body(locked.opener.proof, items: items))
    }

    func state(_ locked: Locked) async throws -> Answer { try await post(locked.answers, locked.proof) }

    func cancel(_ locked: Locked) async throws -> Answer { try await post("\(locked.answers)/cancel", locked.proof) }
}
