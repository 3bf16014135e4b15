// The sender's control page over a real socket: what a proof shows, wishes left for the gateway, one answer for all the
// rest.

import Cryptography
import Foundation
import Links
import Mail
import Portal
import Testing
import Vault
import VaultSQLite

/// A letter whose sender holds a token.
struct Controlled {
    let id: String
    let token: ControlToken
    let locked: Locked

    init(_ portal: RunningPortal, lifetime: Int64 = 1000) async throws {
        let (content, key) = try LetterLocker.lockContent(index: Array("{}".utf8), message: MessageBytes("hello"))
        token = try ControlKey([UInt8](repeating: 3, count: 32)).token(for: try ControlKey.newID())
        let (letter, secrets) = try LetterLocker.lockLetter(
            for: key,
            LetterTerms(
                contentID: content.id, createdAtSeconds: portal.clock.now,
                expiresAtSeconds: portal.clock.now + lifetime,
                control: .init(
                    token: token, label: "bob@elsewhere.example", place: 0,
                    longestAtSeconds: portal.clock.now + 9000)), rounds: 10)
        try await portal.store.keep([content], [letter])
        try await portal.store.makeReadable([letter.id])
        id = letter.id
        locked = Locked(
            id: id, secrets: secrets,
            opener: try LetterOpener(
                id: id, linkSecret: secrets.linkSecret.revealed, password: secrets.password.revealed, kind: .made,
                rounds: 10, salt: letter.parameters.salt, leastRounds: 1),
            conversationPoint: letter.conversationPublicKey)
    }

    var auth: String { get throws { Base64URL.encode(try token.auth()) } }
    var proof: String { get throws { "{\"auth\":\"\(try auth)\"}" } }

    func wish(_ kind: String, letter: String? = nil, expires: Int64? = nil) throws -> String {
        let end = expires.map { ",\"expires\":\($0)" } ?? ""
        return "{\"auth\":\"\(try auth)\",\"kind\":\"\(kind)\",\"letter\":\"\(letter ?? id)\"\(end)}"
    }
}

/// A letter as the page is told of it.
private struct Shown: Decodable, Equatable {
    let id: String
    let label: String
    let state: String
    let expires: Int64
    let longest: Int64
    let asked: Int64?
    let opened: Int64?
    let fetched: Int64?
    let wrong: Int
}

@Suite(.serialized) struct ControlAPITests {
    @Test func aProofShowsWhatBecameOfTheLetter() async throws {
        try await RunningPortal.with { portal in
            let control = try await Controlled(portal)
            func letter() async throws -> Shown {
                let answer = try await portal.post("/api/control", control.proof)
                #expect(answer.status == 200 && answer.field("cache-control") == "no-store, no-transform")
                let all = try JSONDecoder().decode([String: [Shown]].self, from: Data(answer.body))
                return try #require(all["letters"]?.first)
            }
            var shown = try await letter()
            #expect(shown.id == control.id && shown.state == "waiting" && shown.wrong == 0)
            #expect(shown.asked == nil && shown.opened == nil && shown.expires == 1_800_001_000)
            #expect(shown.longest == 1_800_009_000)
            let label = try #require(Base64URL.decode(shown.label))
            #expect(try control.token.open(label: label, letterID: control.id) == "bob@elsewhere.example")
            // Link scanners: GET and HEAD of the page, and of the control page, change nothing.
            for path in ["/l/\(control.id)", "/control", "/api/control", "/api/letters/\(control.id)"] {
                for method in ["GET", "HEAD"] {
                    _ = try await RawHTTP.ask(
                        port: portal.port, method: method, path: path, fields: ["Purpose": "prefetch"])
                }
            }
            #expect(try await letter() == shown)
            portal.clock.advance(seconds: 1)
            _ = try await portal.post(control.locked.path, "{}")
            _ = try await portal.post("\(control.locked.path)/open", control.locked.wrongProof)
            shown = try await letter()
            #expect(shown.asked == 1_800_000_001 && shown.wrong == 1 && shown.state == "waiting")
            portal.clock.advance(seconds: 1)
            _ = try await portal.post("\(control.locked.path)/open", control.locked.proof)
            portal.clock.advance(seconds: 1)
            _ = try await portal.post("\(control.locked.path)/chunks/0", control.locked.proof)
            shown = try await letter()
            #expect(shown.state == "opened" && shown.opened == 1_800_000_002 && shown.fetched == 1_800_000_003)
            let auth = try control.auth
            #expect(!portal.log.all.contains { $0.contains(control.id) || $0.contains(auth) })
        }
    }

    @Test func everyOtherProofHasOneAnswer() async throws {
        try await RunningPortal.with { portal in
            let control = try await Controlled(portal, lifetime: 10)
            let other = try await Controlled(portal)
            let forged = try #require(
                ControlToken(Base64URL.encode(control.token.id + [UInt8](repeating: 0, count: 16))))
            let unknown = "{\"auth\":\"\(Base64URL.encode([UInt8](repeating: 9, count: 32)))\"}"
            let half = "{\"auth\":\"\(Base64URL.encode(try forged.auth()))\"}"
            let token = "{\"auth\":\"\(control.token.revealed)\"}"
            #expect(try await portal.post("/api/control", control.proof).status == 200)
            portal.clock.advance(seconds: 10 + LockedLetter.graceSeconds)
            var answers: [Answer] = []
            for body in [unknown, half, token, try control.proof] {
                answers.append(try await portal.post("/api/control", body))
                answers.append(
                    try await portal.post(
                        "/api/control/requests",
                        """
                        {"auth":"\(Base64URL.encode(try forged.auth()))","kind":"revoke","letter":"\(other.id)"}
                        """
                    ))
                answers.append(
                    try await portal.post("/api/control/requests/\(String(repeating: "A", count: 22))", body))
            }
            #expect(answers.allSatisfy { $0 == answers[0] })
            #expect(answers[0].status == 404 && answers[0].text == #"{"error":"gone"}"#)
            for body in ["", "{}", "[]", #"{"auth":5}"#, #"{"auth":"AAAA"}"#] {
                #expect(try await portal.post("/api/control", body).status == 400, "\(body)")
            }
        }
    }

    @Test func aWishIsLeftForTheGateway() async throws {
        try await RunningPortal.with { portal in
            let control = try await Controlled(portal)
            let answer = try await portal.post("/api/control/requests", control.wish("extend", expires: 1_800_001_000))
            #expect(answer.status == 202)
            let id = try #require(try answer.json()["request"] as? String)
            let path = "/api/control/requests/\(id)"
            #expect(try await portal.post(path, control.proof).text == #"{"state":"waiting"}"#)
            let waiting = try await portal.store.waitingRequests()
            #expect(waiting.map(\.kind) == ["extend"])
            let left = try JSONDecoder().decode(ControlWish.self, from: Data(try #require(waiting.first).body))
            #expect(left == ControlWish(auth: try control.auth, letter: control.id, expires: 1_800_001_000))
            // The portal has done nothing itself.
            #expect(try await portal.store.list(nowSeconds: 0).first?.expiresAtSeconds == 1_800_001_000)
            let done = try JSONEncoder().encode(RequestAnswer.done(untilSeconds: 77))
            try await portal.store.settleRequest(id, answer: [UInt8](done), nowSeconds: 5)
            #expect(try await portal.post(path, control.proof).text == #"{"expires":77,"state":"done"}"#)
            // Nobody else reads it, and of an answer that is none of ours nothing is passed on.
            let other = try await Controlled(portal)
            #expect(try await portal.post(path, "{\"auth\":\"\(String(repeating: "A", count: 43))\"}").status == 404)
            _ = other
            try await portal.store.settleRequest(id, answer: Array("<script>".utf8), nowSeconds: 5)
            #expect(try await portal.post(path, control.proof).text == #"{"error":"gone"}"#)
        }
    }

    @Test func nobodyAsksForWhatIsNotHis() async throws {
        try await RunningPortal.with { portal in
            let control = try await Controlled(portal)
            let other = try await Controlled(portal)
            #expect(
                try await portal.post("/api/control/requests", control.wish("revoke", letter: other.id)).status == 404)
            #expect(try await portal.post("/api/control/requests", control.wish("revoke", letter: "")).status == 404)
            for kind in ["", "confirm-key", "open"] {
                #expect(try await portal.post("/api/control/requests", control.wish(kind)).status == 400, "\(kind)")
            }
            #expect(try await portal.store.waitingRequests().isEmpty)
        }
    }

    @Test func tooManyWishesAreTurnedAway() async throws {
        try await RunningPortal.with { portal in
            let control = try await Controlled(portal)
            let letters = try PortalLetterDatabase(folder: portal.folder)
            for _ in 0..<RequestLimits.mostOfKind {
                _ = try await letters.ask(kind: "revoke", body: [], nowSeconds: 1)
            }
            let answer = try await portal.post("/api/control/requests", control.wish("revoke"))
            #expect(answer.status == 503 && answer.field("retry-after") != nil)
            #expect(try await portal.post("/api/control/requests", control.wish("extend")).status == 202)
        }
    }

    @Test(arguments: ["en", "fr", "de", "es", "it", "pt", "nl"])
    func thePageIsThereInEveryLanguage(code: String) async throws {
        try await RunningPortal.with { portal in
            let page = try await portal.get(
                "/control", ["Accept-Language": "xx, \(code)-CH;q=0.7, \(code == "en" ? "fr" : "en");q=0.2"])
            #expect(page.status == 200 && page.field("content-language") == code)
            #expect(page.text.contains("<html lang=\"\(code)\">") && !page.text.contains("{{"))
            #expect(page.text.contains("hreflang=\"pt\"") && !page.text.contains("notice-opened"))
            #expect(page.field("content-security-policy")?.contains("script-src 'self'") == true)
            #expect(
                try await portal.get("/control?lang=\(code)", ["Accept-Language": "en"]).field("content-language")
                    == code)
        }
    }
}
