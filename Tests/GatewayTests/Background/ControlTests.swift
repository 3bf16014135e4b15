// From a sender's mail to its control page: the link, requests that the portal leaves, notices by a moved clock.

import Cryptography
import Foundation
import Links
import Logging
import Mail
import Operations
import SettingValues
import Support
import Testing
import Vault
import VaultSQLite

@testable import Gateway  // rounds with a clock of the test's

extension TestOptions {
    static let linking = TestOptions(
        policy: """
            version: 1
            defaults: { protect: none, with: [pgp, link] }
            rules:
              - id: linked
                when: { recipient: { not-in: inside } }
                then: { protect: required, with: [link] }
              - id: short
                when: { recipient: { in: short@example.net } }
                then: { link: { expire: 2h } }
            """, notices: true)
}

/// What the test has at hand of a running gateway's state.
struct ControlBench {
    let ledger: any GatewayVault
    let letters: any GatewayLetters
    let portal: PortalLetterDatabase
    let parts: GatewayParts
    let current: CurrentPath
    let logger = Logger(label: "t") { _ in SwiftLogNoOpLogHandler() }

    init(_ running: RunningTest) throws {
        parts = running.gateway.parts
        ledger = parts.ledger
        letters = parts.letters
        portal = try PortalLetterDatabase(folder: running.configuration.settings.lettersFolder)
        current = running.gateway.current
    }

    var watch: LetterWatch { LetterWatch(letters: letters, ledger: ledger, current: current, logger: logger) }
    var post: OutboxWorker {
        OutboxWorker(
            outbox: ledger, writers: [LetterNoticeWriter(ledger: ledger, current: current)], logger: logger)
    }
    var requests: RequestWorker {
        RequestWorker(letters: letters, handlers: parts.handlers(current, logger), logger: logger)
    }

    /// Leaves a wish and has it carried out, by the faster one.
    func ask(_ kind: String, _ wish: ControlWish) async throws -> RequestAnswer {
        let body = [UInt8](try JSONEncoder().encode(wish))
        let id = try #require(try await portal.ask(kind: kind, body: body, nowSeconds: Self.now))
        await requests.round(nowSeconds: Self.now)
        guard let answer = try await settled(id) else { throw SupportError("not settled") }
        return try JSONDecoder().decode(RequestAnswer.self, from: Data(answer))
    }

    /// What became of a wish: the gateway's own service may have taken it, and not be done. Nil after a minute.
    func settled(_ id: String) async throws -> [UInt8]? {
        for _ in 0..<1200 {
            if case .settled(let answer) = try await portal.requestState(id) { return Array(answer) }
            try await Task.sleep(for: .milliseconds(50))
        }
        return nil
    }

    /// Waits until nobody has a notice in hand: the gateway's own service may be sending one, and a clock that is moved
    /// on meanwhile ends its lease.
    func untilTold() async throws {
        while try await ledger.waiting(LetterNotice.allCases) > 0 { try await Task.sleep(for: .milliseconds(20)) }
    }

    static var now: Int64 { Int64(Date().timeIntervalSince1970) }
}

@Suite(.timeLimit(.minutes(5)))
struct ControlTests {
    private static let message = Samples.plain(
        subject: "Nightjar results", body: "the canary sings", to: "carol@example.net")

    private static func text(_ message: ReceivedMessage) -> String {
        // Quoted-printable: soft line ends would cut the link.
        raw(message).replacing("=\r\n", with: "").replacing("=3D", with: "=")
    }

    private static func raw(_ message: ReceivedMessage) -> String {
        (try? message.bytes.copy()).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Sends a message behind a link; gives the bench, the letter and the token in the mail.
    private static func send(
        _ gateway: RunningTest, to: String = "carol@example.net", from: String = "alice@example.org"
    ) async throws -> (ControlBench, LetterOwner, ControlToken) {
        #expect(try await gateway.submit(Self.message, from: from, to: to).hasPrefix("250"))
        let mail = try #require(gateway.sink.messages.first { $0.envelope.sender == nil })
        let found = try #require(Self.text(mail).firstMatch(of: /http:\/\/127\.0\.0\.1:9\/control#([A-Za-z0-9_-]{43})/))
        let token = try #require(ControlToken(found.1))
        #expect(Self.text(mail).components(separatedBy: token.revealed).count == 3, "once in the link, once as a code")
        let bench = try ControlBench(gateway)
        return (bench, try #require(try await bench.ledger.owners().first), token)
    }

    /// What somebody shows who has the link and not the password.
    private static func wrongProof(_ gateway: RunningTest, of letterID: String) throws -> LetterProof {
        let found = gateway.sink.messages.compactMap {
            text($0).firstMatch(of: /\/l\/([A-Za-z0-9_-]{22})#([A-Za-z0-9_-]{22})/)
        }
        let link = try #require(found.first { $0.1 == letterID })
        return try LetterOpener(
            id: letterID, linkSecret: String(link.2), password: "", kind: .made, rounds: 1,
            salt: [UInt8](repeating: 0, count: 16), leastRounds: 1
        ).proof
    }

    /// Mails that tell of letters.
    private static func notices(_ gateway: RunningTest) -> [ReceivedMessage] {
        gateway.sink.messages.filter { raw($0).contains("\r\nMessage-ID: <letter.") }
    }

    /// Waits for notices: the gateway's own service may have taken one, and not be done.
    private static func wait(for count: Int, _ gateway: RunningTest) async throws {
        for _ in 0..<1200 where notices(gateway).count < count { try await Task.sleep(for: .milliseconds(50)) }
    }

    @Test func theMailsLinkControlsTheLetter() async throws {
        try await withGateway(.linking) { gateway in
            let (bench, owner, token) = try await Self.send(gateway)
            #expect(owner.sender == "alice@example.org" && owner.recipient == "carol@example.net" && !owner.isFixed)
            let shown = try #require(try await bench.portal.controlled(try token.auth(), nowSeconds: ControlBench.now))
            #expect(shown.map(\.state) == [.waiting])
            #expect(try token.open(label: shown[0].label, letterID: shown[0].id) == "carol@example.net")
            let file = try Data(
                contentsOf: URL(fileURLWithPath: "\(gateway.configuration.settings.lettersFolder)/letters.db"))
            #expect(file.range(of: Data("carol@".utf8)) == nil)
            let wish = ControlWish(auth: Base64URL.encode(try token.auth()), letter: owner.letterID, expires: nil)
            #expect(try await bench.ask("revoke", wish) == .done(untilSeconds: nil))
            #expect(try await bench.portal.parameters(owner.letterID, nowSeconds: ControlBench.now) == nil)
            #expect(
                try await bench.portal.controlled(try token.auth(), nowSeconds: ControlBench.now)?.first?.state
                    == .revoked)
            #expect(try await bench.ask("revoke", wish) == .done(untilSeconds: nil), "twice is once")
            let line = try await LetterOperations(stateFolder: gateway.configuration.settings.state).line(
                owner.letterID)
            #expect(line?.state == .revoked)
        }
    }

    @Test func extendingGoesByTheSettingsAndOnlyOnce() async throws {
        try await withGateway(.linking) { gateway in
            let (bench, owner, token) = try await Self.send(gateway)
            let auth = Base64URL.encode(try token.auth())
            var expires = owner.expiresAtSeconds
            let wish = ControlWish(auth: auth, letter: owner.letterID, expires: expires)
            #expect(try await bench.ask("extend", wish) == .done(untilSeconds: expires + 86_400))
            #expect(try await bench.ask("extend", wish) == .done(untilSeconds: expires + 86_400), "the same wish again")
            expires += 86_400
            #expect(
                try await bench.portal.parameters(owner.letterID, nowSeconds: ControlBench.now)?.expiresAtSeconds
                    == expires)
            #expect(try await bench.ledger.owners().first?.expiresAtSeconds == expires)
            for _ in 0..<88 {
                let next = ControlWish(auth: auth, letter: owner.letterID, expires: expires)
                #expect(try await bench.ask("extend", next).state == .done)
                expires += 86_400
            }
            #expect(expires == owner.createdAtSeconds + 90 * 86_400)
            let last = ControlWish(auth: auth, letter: owner.letterID, expires: expires)
            #expect(try await bench.ask("extend", last) == .refused("longest"))
        }
    }

    @Test func aRulesLifeIsNotExtended() async throws {
        try await withGateway(.linking) { gateway in
            let (bench, owner, token) = try await Self.send(gateway, to: "short@example.net")
            #expect(owner.isFixed && owner.expiresAtSeconds == owner.createdAtSeconds + 7200)
            let wish = ControlWish(
                auth: Base64URL.encode(try token.auth()), letter: owner.letterID, expires: owner.expiresAtSeconds)
            #expect(try await bench.ask("extend", wish) == .refused("fixed"))
            let shown = try await bench.portal.controlled(try token.auth(), nowSeconds: ControlBench.now)?.first
            #expect(shown?.life.longestAtSeconds == shown?.expiresAtSeconds, "the page offers no button")
        }
    }

    @Test func thePortalIsNotBelieved() async throws {
        try await withGateway(.linking) { gateway in
            let (bench, owner, token) = try await Self.send(gateway)
            let right = Base64URL.encode(try token.auth())
            // Whatever the portal's user writes: without the proof nothing happens, and nothing traps.
            let wishes = [
                ControlWish(
                    auth: Base64URL.encode([UInt8](repeating: 0, count: 32)), letter: owner.letterID, expires: 1),
                ControlWish(auth: "", letter: owner.letterID, expires: 1),
                ControlWish(auth: Base64URL.encode(try token.verifier()), letter: owner.letterID, expires: 1),
                ControlWish(auth: right, letter: "another", expires: 1),
                ControlWish(auth: right, letter: owner.letterID + " ", expires: nil),
            ]
            for wish in wishes {
                #expect(try await bench.ask("revoke", wish) == .refused("gone"))
                #expect(try await bench.ask("extend", wish) == .refused("gone"))
            }
            for body in ["", "null", "[]", "{", "{\"auth\":1}", String(repeating: "[", count: 4000), "\u{0}"] {
                let id = try #require(
                    try await bench.portal.ask(kind: "revoke", body: Array(body.utf8), nowSeconds: ControlBench.now))
                await bench.requests.round(nowSeconds: ControlBench.now)
                #expect(try await bench.settled(id) != nil, "\(body.prefix(20))")
            }
            let wish = ControlWish(auth: right, letter: owner.letterID, expires: Int64.min)
            #expect(try await bench.ask("no-such-kind", wish) == .refused("unknown"))
            #expect(
                try await bench.ask("extend", wish).expires == owner.expiresAtSeconds, "another end: nothing changes")
            #expect(try await bench.portal.parameters(owner.letterID, nowSeconds: ControlBench.now) != nil)
        }
    }

    @Test func noticesFollowTheClock() async throws {
        try await withGateway(.linking) { gateway in
            let (bench, owner, token) = try await Self.send(gateway)
            let wrong = try Self.wrongProof(gateway, of: owner.letterID)
            for _ in 0..<5 {
                _ = try await bench.portal.attempt(owner.letterID, proof: wrong, nowSeconds: ControlBench.now)
            }
            // Beside the gateway's own services, which look at the same: nothing comes twice.
            for _ in 0..<3 {
                await bench.watch.round(nowSeconds: ControlBench.now)
                await bench.post.round(nowSeconds: ControlBench.now)
            }
            try await Self.wait(for: 1, gateway)
            try await Task.sleep(for: .seconds(3))
            try await bench.untilTold()
            var notices = Self.notices(gateway)
            #expect(notices.count == 1)
            let resting = try #require(notices.first)
            #expect(resting.envelope.sender == nil)
            #expect(resting.envelope.recipients.map(\.description) == ["alice@example.org"])
            let text = Self.text(resting)
            #expect(text.contains("Subject: Wrong passwords: your message to carol@example.net\r\n"))
            #expect(text.contains("From: Letterlock <letters@example.org>\r\n"))
            #expect(text.contains("Auto-Submitted: auto-generated\r\n"))
            #expect(text.contains("/control#\(token.revealed)"))
            if let messageID = owner.messageID { #expect(text.contains("In-Reply-To: \(messageID)\r\n")) }
            #expect(!text.contains("Nightjar") && !text.contains("canary"))
            // Nobody opens it: it ends, and its sender is told.
            await bench.watch.round(nowSeconds: owner.expiresAtSeconds)
            await bench.post.round(nowSeconds: owner.expiresAtSeconds)
            await bench.watch.round(nowSeconds: owner.expiresAtSeconds + 9)
            await bench.post.round(nowSeconds: owner.expiresAtSeconds + 9)
            try await Self.wait(for: 2, gateway)
            notices = Self.notices(gateway)
            #expect(notices.count == 2)
            #expect(
                Self.text(try #require(notices.last)).contains(
                    "Subject: Expired unopened: your message to carol@example.net"))
        }
    }

    @Test func anOpenedLetterIsToldOnceAndNeverExpiresUnopened() async throws {
        try await withGateway(.linking) { gateway in
            let (bench, owner, _) = try await Self.send(gateway)
            try await bench.ledger.take(
                [
                    .init(
                        id: owner.letterID, openedAtSeconds: ControlBench.now, wrongTotal: 0, wrongInRow: 0,
                        restSeconds: 0)
                ],
                NoticeWishes(kinds: [.opened]) { _ in true }, nowSeconds: ControlBench.now)
            await bench.post.round(nowSeconds: ControlBench.now)
            try await bench.untilTold()
            await bench.watch.round(nowSeconds: owner.expiresAtSeconds)
            await bench.post.round(nowSeconds: owner.expiresAtSeconds)
            try await Self.wait(for: 1, gateway)
            try await Task.sleep(for: .seconds(1))
            let notices = Self.notices(gateway)
            #expect(notices.count == 1)
            #expect(
                Self.text(try #require(notices.first)).contains("Subject: Opened: your message to carol@example.net"))
        }
    }

    @Test func aSenderWithAKeyIsToldSealed() async throws {
        try await withGateway(.linking) { gateway in
            let (bench, owner, _) = try await Self.send(gateway)
            try gateway.addKey("alice@example.org")
            await bench.watch.round(nowSeconds: owner.expiresAtSeconds)
            await bench.post.round(nowSeconds: owner.expiresAtSeconds)
            let notice = try #require(Self.notices(gateway).first)
            #expect(Self.raw(notice).contains("multipart/encrypted"))
            #expect(!Self.text(notice).contains("/control#"))
        }
    }

    @Test func whatTheHopDoesNotTakeIsTriedAgain() async throws {
        try await withGateway(.linking) { gateway in
            let (bench, owner, _) = try await Self.send(gateway)
            gateway.sink.refuse { _, _ in Refusal(.busy, "not now") }
            let end = owner.expiresAtSeconds
            await bench.watch.round(nowSeconds: end)
            await bench.post.round(nowSeconds: end)
            #expect(try await bench.ledger.waiting(LetterNotice.allCases) == 1)
            gateway.sink.refuse(nil)
            await bench.post.round(nowSeconds: end + 10)
            #expect(Self.notices(gateway).isEmpty, "not before its time")
            await bench.post.round(nowSeconds: end + 31)
            #expect(Self.notices(gateway).count == 1)
            #expect(try await bench.ledger.waiting(LetterNotice.allCases) == 0)
        }
    }

    @Test func aLetterThatWasNeverSentIsNotToldOf() async throws {
        try await withGateway(.linking) { gateway in
            gateway.sink.refuse { message, _ in
                message.envelope.sender == nil ? nil : Refusal(.policy, "we do not take this")
            }
            #expect(try await gateway.submit(Self.message, to: "carol@example.net").hasPrefix("5"))
            let bench = try ControlBench(gateway)
            let owner = try #require(try await bench.ledger.owners().first)
            await bench.watch.round(nowSeconds: owner.expiresAtSeconds)
            #expect(try await bench.ledger.waiting(LetterNotice.allCases) == 0)
            #expect(try await bench.ledger.owner(of: owner.letterID)?.ended == .expired)
        }
    }
}
