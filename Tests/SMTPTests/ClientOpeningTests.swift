// What the client's machine does before the first transaction (STARTTLS, AUTH), and the parameters that extensions
// bring.

import Mail
import NIOCore
import SMTP
import Testing

@Suite struct ClientOpeningTests {
    static let clear = "250-hop\r\n250-STARTTLS\r\n250-REQUIRETLS\r\n250 AUTH GSSAPI\r\n"
    static let secure = "250-hop\r\n250-REQUIRETLS\r\n250-DSN\r\n250 AUTH LOGIN PLAIN\r\n"

    /// What the machine wrote and came to, with the hop's words one after the other.
    private func run(_ opening: ClientOpening, _ hop: [String], _ transaction: ClientTransaction? = nil) -> [String] {
        var driver = OpeningDriver(opening, transaction)
        for words in hop { driver.hear(words) }
        // The same, octet by octet; but what must not come in one breath is another thing when it does not.
        var dripped = OpeningDriver(opening, transaction)
        for octet in hop.joined().utf8 { dripped.hear(String(UnicodeScalar(octet))) }
        if !driver.happened.contains("<not opened: malformed>") { #expect(dripped.happened == driver.happened) }
        return driver.happened
    }

    @Test func theWholeOpening() {
        let happened = run(
            ClientOpening(tls: .required, logsIn: true),
            ["220 hi\r\n", Self.clear, "220 go\r\n", Self.secure, "235 2.7.0 in\r\n"])
        #expect(
            happened == [
                "EHLO gate", "STARTTLS", "<handshake>", "EHLO gate", "AUTH PLAIN AGEAYg==", "<opened>",
            ])
    }

    @Test func implicitTLSComesFirst() {
        let happened = run(ClientOpening(tls: .implicit), ["220 hi\r\n", Self.secure])
        #expect(happened == ["<handshake>", "EHLO gate", "<opened>"])
    }

    @Test(
        arguments: [
            (["220 hi\r\n", "250 hop\r\n"], "noTLS"), (["220 hi\r\n", "500 what\r\n", "250 hop\r\n"], "noTLS"),
            (["220 hi\r\n", clear, "454 no\r\n"], "noTLS"),
            (["220 hi\r\n", clear, "220 go\r\n250 evil\r\n"], "malformed"),
            (["220 hi\r\n", clear + "220 go\r\n"], "malformed"), (["220 hi\r\n", clear, "220 go\r\n2"], "malformed"),
            (["220 hi\r\n", clear, "220 go\r\n", "250 hop\r\n"], "loginFailed"),
            (["220 hi\r\n", clear, "220 go\r\n", secure, "535 no\r\n"], "loginFailed"),
            (["220 hi\r\n", clear, "220 go\r\n", secure, "334 !\r\n"], "malformed"),
        ]) func whatIsMissingEndsIt(_ hop: [String], _ reason: String)
    {
        let happened = run(ClientOpening(tls: .required, logsIn: true), hop)
        #expect(happened.last == "<not opened: \(reason)>", "\(happened)")
    }

    @Test func opportunisticGoesOnWithoutIt() {
        #expect(run(ClientOpening(tls: .ifOffered), ["220 hi\r\n", "250 hop\r\n"]).last == "<opened>")
        #expect(run(ClientOpening(tls: .ifOffered), ["220 hi\r\n", Self.clear, "454 no\r\n"]).last == "<opened>")
    }

    @Test func aPasswordNeverGoesInClear() {
        let hop = ["220 hi\r\n", "250-hop\r\n250 AUTH PLAIN\r\n", "235 in\r\n"]
        for tls in [ClientOpening.TLS.never, .ifOffered] {
            #expect(run(ClientOpening(tls: tls, logsIn: true), hop).last == "<not opened: loginFailed>")
            #expect(run(ClientOpening(tls: tls, logsIn: true, mayLogInClear: true), hop).last == "<opened>")
        }
    }

    @Test func challengesAreAnsweredAndAYesTooEarlyIsNotBelieved() {
        let login = "250-hop\r\n250 AUTH=LOGIN\r\n"
        let opening = ClientOpening(logsIn: true, mayLogInClear: true)
        // The driver answers with the challenge itself, and is satisfied after one of four octets.
        #expect(
            run(opening, ["220 hi\r\n", login, "334 eHg=\r\n", "334 eHh4eA==\r\n", "235 in\r\n"]) == [
                "EHLO gate", "AUTH LOGIN", "eHg=", "eHh4eA==", "<opened>",
            ])
        #expect(run(opening, ["220 hi\r\n", login, "334 eHg=\r\n", "235 in\r\n"]).last == "<not opened: loginFailed>")
    }

    @Test func requireTLSNeedsProofAndTheSecondEHLO() {
        let transaction = ClientTransaction(
            .send(askedBefore: false), sender: Mailbox("a@x.org"), recipients: [Mailbox("b@x.org")!], contentBytes: 3,
            requiresTLS: true)
        let verified = run(
            ClientOpening(tls: .required), ["220 hi\r\n", Self.clear, "220 go\r\n", Self.secure], transaction)
        #expect(verified.contains("MAIL FROM:<a@x.org> REQUIRETLS"))
        let inClear = run(ClientOpening(), ["220 hi\r\n", Self.clear], transaction)
        #expect(inClear.last == "<unsupported: requireTLS>")
        let silent = run(
            ClientOpening(tls: .required), ["220 hi\r\n", Self.clear, "220 go\r\n", "250 hop\r\n"], transaction)
        #expect(silent.last == "<unsupported: requireTLS>")
        var encrypted = ClientCapabilities()
        encrypted.requireTLS = true
        encrypted.security = .encrypted
        #expect(encrypted.shortfall(for: transaction) == .requireTLS)
    }

    @Test func dsnParametersGoToHopsThatKnowThem() {
        let bob = Mailbox("b@x.org")!
        let carol = Mailbox("c@x.org")!
        let dave = Mailbox("d@x.org")!
        let transaction = ClientTransaction(
            .send(askedBefore: false), sender: Mailbox("a@x.org"), recipients: [bob, carol, dave], contentBytes: 3,
            ret: .headers, envelopeID: "QQ+2B1",
            recipientOptions: [
                bob: Envelope.RecipientOptions(notify: [.success, .delay], originalRecipient: "rfc822;bob@x.org"),
                carol: Envelope.RecipientOptions(notify: .never),
                dave: Envelope.RecipientOptions(originalRecipient: "rfc822;x\r\nRCPT TO:<evil@x.org>"),
            ])
        let told = run(ClientOpening(), ["220 hi\r\n", "250-hop\r\n250-PIPELINING\r\n250 DSN\r\n"], transaction)
        #expect(
            told.suffix(4) == [
                "MAIL FROM:<a@x.org> RET=HDRS ENVID=QQ+2B1",
                "RCPT TO:<b@x.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;bob@x.org", "RCPT TO:<c@x.org> NOTIFY=NEVER",
                "RCPT TO:<d@x.org>",
            ])
        let untold = run(ClientOpening(), ["220 hi\r\n", "250-hop\r\n250 PIPELINING\r\n"], transaction)
        #expect(
            untold.suffix(4) == ["MAIL FROM:<a@x.org>", "RCPT TO:<b@x.org>", "RCPT TO:<c@x.org>", "RCPT TO:<d@x.org>"])
    }

    @Test func limitsAreReadAndMailMaxEndsTheConnectionsUse() {
        let found = ClientCapabilities(Reply(250, lines: ["hop", "limits RCPTMAX=20 MAILMAX=1 X=y RCPTDOMAINMAX=1"]))
        #expect(found.recipientMax == 20 && found.mailMax == 1)
        #expect(ClientCapabilities(Reply(250, lines: ["hop", "LIMITS RCPTMAX=0 MAILMAX=x"])).recipientMax == nil)
        var session = ClientSession(hostname: "gate")
        _ = session.receive(ByteBuffer(string: "220 hi\r\n"))
        _ = session.receive(ByteBuffer(string: "250-hop\r\n250 LIMITS MAILMAX=1\r\n"))
        #expect(!session.isExhausted)
        _ = session.begin(
            ClientTransaction(.ask, sender: nil, recipients: [Mailbox("b@x.org")!], contentBytes: 0))
        #expect(session.isExhausted)
    }
}

/// Plays the owner of a connection and notes what happens.
private struct OpeningDriver {
    var session: ClientSession
    var happened: [String] = []
    private let transaction: ClientTransaction?

    init(_ opening: ClientOpening, _ transaction: ClientTransaction?) {
        session = ClientSession(hostname: "gate", opening: opening)
        self.transaction = transaction
        if opening.tls == .implicit { perform([.startTLS]) }
    }

    mutating func hear(_ words: String) { perform(session.receive(ByteBuffer(string: words))) }

    mutating func perform(_ actions: [ClientSession.Action]) {
        for action in actions {
            switch action {
            case .write(let bytes):
                happened += String(buffer: bytes).components(by: "\r\n")
            case .startTLS:
                happened.append("<handshake>")
                perform(session.secured(.verified))
            case .chooseLogin(let offered):
                let isPlain = offered.contains("PLAIN")
                perform(
                    session.beginLogin(
                        isPlain ? "PLAIN" : "LOGIN", initial: isPlain ? Array("\0a\0b".utf8) : nil, isSatisfied: isPlain
                    ))
            case .answerChallenge(let challenge):
                perform(session.respond(challenge, isSatisfied: challenge.count == 4))
            case .opened:
                happened.append("<opened>")
                if let transaction { perform(session.begin(transaction)) }
            case .notOpened(let failure): happened.append("<not opened: \(name(failure.reason))>")
            case .finished(.unsupported(let shortfall), _): happened.append("<unsupported: \(shortfall)>")
            case .finished, .sendContent, .close: happened.append("<\(action)>")
            }
        }
    }

    private func name(_ reason: ClientFailure.Reason) -> String { String("\(reason)".prefix { $0 != "(" }) }
}

extension String {
    /// The lines of it, by octets: CR LF is one Character.
    fileprivate func components(by end: String) -> [String] {
        replacing(end, with: "\n").split(separator: "\n").map(String.init)
    }
}
