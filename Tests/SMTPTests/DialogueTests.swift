// Whole dialogues from Tests/Corpus/smtp/*.dialog, each fed in three ways: line by line, octet by octet, all at once.
//
//   # what it shows
//   limits: recipients=2 badCommands=3        optional; names of Limits
//   session: lmtp starttls tls trusted login=PLAIN,LOGIN requires-login budget=100 in-turns
//                                             optional; `tls` has begun with TLS, `trusted` believes XCLIENT,
//                                             `in-turns` is not fed all at once, because the client has to wait
//   > EHLO client.example.org                 the client says a line (CRLF is added)
//   >> a\r\n.\n\x80                           the client says these octets
//   < 250 2.1.0                               the server's next reply begins so (one line, all its lines joined)
//   < close 421                               the same, and it closes
//   < tls 220                                 the same, and TLS begins there
//   = bob@example.org | a@x.example,b@x.example | 7BIT | text\r\n      a message comes out; 250 is its answer
//   + RET=HDRS TLS ...                        behind it, where its envelope has more to say (see `extras`)
//   ? PLAIN a\x00b -> success alice           a log-in is to be checked, and what is said to it

import Foundation
import Mail
import NIOCore
import SettingValues
import SMTP
import Testing

struct Dialogue: Sendable, CustomTestStringConvertible {
    var name: String
    var limits = Limits()
    var offers = SessionOffers()
    var isSecured = false
    var isTrusted = false
    var isInTurns = false
    var said: [[UInt8]] = []
    var expected: [String] = []
    var loginAnswers: [ServerSession.LoginAnswer] = []
    var testDescription: String { name }

    static let all: [Dialogue] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../Corpus/smtp")
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".dialog") }.sorted().compactMap { name in
            (try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)).map { Dialogue(name, $0) }
        }
    }()

    init(_ name: String, _ text: String) {
        self.name = name
        for line in text.split(separator: "\n") {
            if line.hasPrefix("#") {
                continue
            } else if line.hasPrefix("limits: ") {
                for setting in line.dropFirst(8).split(separator: " ") { set(setting) }
            } else if line.hasPrefix("session: ") {
                for word in line.dropFirst(9).split(separator: " ") { offer(word) }
            } else if line.hasPrefix("? "), let arrow = line.range(of: " -> ") {
                expected.append(String(line[..<arrow.lowerBound]))
                answerLogin(line[arrow.upperBound...])
            } else if line.hasPrefix(">> ") {
                said.append(Self.unescaped(line.dropFirst(3)))
            } else if line.hasPrefix("> ") {
                said.append(Array(line.dropFirst(2).utf8) + [13, 10])
            } else if line.hasPrefix("< ") {
                expected.append(String(line.dropFirst(2)))
            } else if line.hasPrefix("= ") || line.hasPrefix("+ ") {
                expected.append(String(line))
            } else {
                Issue.record("\(name): unknown line \"\(line)\"")
            }
        }
    }

    private mutating func set(_ setting: Substring) {
        let parts = setting.split(separator: "=")
        guard parts.count == 2, let value = Int(parts[1]) else {
            Issue.record("\(name): bad limit \"\(setting)\"")
            return
        }
        switch parts[0] {
        case "messageBytes": limits.messageBytes = value
        case "recipients": limits.recipients = value
        case "badCommands": limits.badCommands = value
        case "commandBytes": limits.commandBytes = value
        case "textLineBytes": limits.textLineBytes = value
        default: Issue.record("\(name): unknown limit \"\(setting)\"")
        }
    }

    private mutating func offer(_ word: Substring) {
        let parts = word.split(separator: "=")
        switch parts[0] {
        case "lmtp": offers.dialect = .lmtp
        case "starttls": offers.startTLS = true
        case "tls": (offers.beginsWithTLS, isSecured) = (true, true)
        case "trusted": isTrusted = true
        case "login": offers.mechanisms = parts[1].split(separator: ",").map(String.init)
        case "requires-login": offers.requiresLogin = true
        case "budget": offers.budget = ByteBudget(limitBytes: Int(parts[1]) ?? 0)
        case "in-turns": isInTurns = true
        default: Issue.record("\(name): unknown offer \"\(word)\"")
        }
    }

    private mutating func answerLogin(_ text: Substring) {
        let words = text.split(separator: " ").map(String.init)
        let rest = words.dropFirst().first ?? ""
        switch words[0] {
        case "challenge": loginAnswers.append(.challenge(Array(rest.utf8)))
        case "success":
            let final = words.count > 2 ? Array(words[2].utf8) : nil
            loginAnswers.append(.success(user: rest, maySendAs: DomainList(["\(rest)@example.org"]), final: final))
        case "wrong": loginAnswers.append(.wrong)
        case "throttled": loginAnswers.append(.throttled(seconds: Int(rest) ?? 0))
        case "malformed": loginAnswers.append(.malformed)
        case "unavailable": loginAnswers.append(.unavailable)
        default: Issue.record("\(name): unknown answer \"\(text)\"")
        }
    }

    static func unescaped(_ text: Substring) -> [UInt8] {
        var result: [UInt8] = []
        var rest = text.utf8[...]
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "\\"), let kind = rest.popFirst() else {
                result.append(octet)
                continue
            }
            switch kind {
            case UInt8(ascii: "r"): result.append(13)
            case UInt8(ascii: "n"): result.append(10)
            case UInt8(ascii: "x"):
                result.append(UInt8(String(Substring(rest.prefix(2))), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            default: result.append(kind)
            }
        }
        return result
    }
}

struct DialogueTests {
    /// Everything the session does, as lines.
    private func events(_ segments: [[UInt8]], _ dialogue: Dialogue) throws -> [String] {
        // Each run counts for itself.
        var offers = dialogue.offers
        offers.budget = offers.budget.map { ByteBudget(limitBytes: $0.limitBytes) }
        var session = ServerSession(hostname: "gate.example.org", limits: dialogue.limits, offers: offers)
        session.connected(from: "192.0.2.9", isTrusted: dialogue.isTrusted)
        if dialogue.isSecured { session.secured() }
        var loginAnswers = dialogue.loginAnswers[...]
        var buffer = ByteBuffer()
        var events = [session.greeting.description]
        for segment in segments {
            buffer.writeBytes(segment)
            var action = session.next(from: &buffer)
            loop: while true {
                switch action {
                case .needMore: break loop
                case .reply(let reply): events.append(reply.description)
                case .replies(let replies): events += replies.map(\.description)
                case .replyAndClose(let reply):
                    events.append("close \(reply)")
                    return events
                case .startTLS(let reply):
                    events.append("tls \(reply)")
                    session.secured()
                case .checkLogin(let input):
                    let response = input.response.map { Self.escaped(String(decoding: $0, as: UTF8.self)) } ?? "(none)"
                    events.append("? \(input.mechanism ?? "-") \(response)")
                    action = session.loginAnswer(loginAnswers.popFirst() ?? .unavailable)
                    continue
                case .message(let transaction):
                    let envelope = transaction.envelope
                    let content = String(decoding: try transaction.bytes.copy(), as: UTF8.self)
                    events.append(
                        "= \(envelope.sender?.description ?? "<>") | "
                            + "\(envelope.recipients.map(\.description).joined(separator: ",")) | "
                            + "\(envelope.body.rawValue) | \(Self.escaped(content))")
                    if let extras = Self.extras(transaction) { events.append("+ \(extras)") }
                    #expect(session.phase == .waiting)
                    events += session.answer(nil, id: "TEST").map(\.description)
                    transaction.loan?.giveBack()
                }
                action = session.next(from: &buffer)
            }
        }
        #expect(offers.budget?.usedBytes ?? 0 == 0 || session.isTakingMessage)
        return events
    }

    /// What is out of the ordinary about a message: parameters, then `from NAME [ADDRESS]`, `by USER`, `with PROTOCOL`.
    private static func extras(_ transaction: ServerSession.Transaction) -> String? {
        let envelope = transaction.envelope
        var extras: [String] = []
        if let ret = envelope.ret { extras.append("RET=\(ret.rawValue)") }
        if let id = envelope.envelopeID { extras.append("ENVID=\(id)") }
        if envelope.requiresTLS { extras.append("REQUIRETLS") }
        for recipient in envelope.recipients {
            guard let options = envelope.recipientOptions[recipient] else { continue }
            let notify = options.notify.map { " NOTIFY=\($0.rawValue)" } ?? ""
            extras.append("\(recipient)\(notify)\(options.originalRecipient.map { " ORCPT=\($0)" } ?? "")")
        }
        if transaction.clientAddress != "192.0.2.9" {
            extras.append("from \(transaction.clientName) [\(transaction.clientAddress)]")
        }
        if let user = transaction.user { extras.append("by \(user)") }
        if !["SMTP", "ESMTP", "UTF8SMTP"].contains(transaction.protocolName) {
            extras.append("with \(transaction.protocolName)")
        }
        return extras.isEmpty ? nil : extras.joined(separator: "; ")
    }

    /// CR and LF made visible; by scalars, as the two together are one character.
    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.map { $0 == "\r" ? "\\r" : $0 == "\n" ? "\\n" : $0 == "\0" ? "\\0" : String($0) }.joined()
    }

    private func compare(_ events: [String], _ dialogue: Dialogue, _ how: String) {
        #expect(events.count == dialogue.expected.count, "\(how): \(events)")
        for (event, expected) in zip(events, dialogue.expected) {
            if expected.hasPrefix("=") || expected.hasPrefix("+") || expected.hasPrefix("?") {
                #expect(event == expected, "\(how)")
            } else {
                #expect(event.hasPrefix(expected), "\(how): \"\(event)\" instead of \"\(expected)\"")
            }
        }
    }

    @Test(arguments: Dialogue.all)
    func goesAsWritten(dialogue: Dialogue) throws {
        compare(try events(dialogue.said, dialogue), dialogue, "line by line")
        compare(try events(dialogue.said.joined().map { [$0] }, dialogue), dialogue, "octet by octet")
        if dialogue.isInTurns { return }
        compare(try events([Array(dialogue.said.joined())], dialogue), dialogue, "all at once")
    }

    @Test func thereAreDialogues() {
        #expect(Dialogue.all.count >= 40)
    }
}
