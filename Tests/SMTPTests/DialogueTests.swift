// Whole dialogues from Tests/Corpus/smtp/*.dialog, each fed in three ways: line by line, octet by octet, all at once.
//
//   # what it shows
//   limits: recipients=2 badCommands=3        optional; names of Limits
//   > EHLO client.example.org                 the client says a line (CRLF is added)
//   >> a\r\n.\n\x80                           the client says these octets
//   < 250 2.1.0                               the server's next reply begins so (one line, all its lines joined)
//   < close 421                               the same, and it closes
//   = bob@example.org | a@x.example,b@x.example | 7BIT | text\r\n      a message comes out; 250 is its answer

import Foundation
import Mail
import NIOCore
import SMTP
import Testing

struct Dialogue: Sendable, CustomTestStringConvertible {
    var name: String
    var limits = Limits()
    var said: [[UInt8]] = []
    var expected: [String] = []
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
            } else if line.hasPrefix(">> ") {
                said.append(Self.unescaped(line.dropFirst(3)))
            } else if line.hasPrefix("> ") {
                said.append(Array(line.dropFirst(2).utf8) + [13, 10])
            } else if line.hasPrefix("< ") {
                expected.append(String(line.dropFirst(2)))
            } else if line.hasPrefix("= ") {
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
    private func events(_ segments: [[UInt8]], _ limits: Limits) throws -> [String] {
        var session = ServerSession(hostname: "gate.example.org", limits: limits)
        var buffer = ByteBuffer()
        var events = [session.greeting.description]
        for segment in segments {
            buffer.writeBytes(segment)
            while true {
                switch session.next(from: &buffer) {
                case .needMore: break
                case .reply(let reply):
                    events.append(reply.description)
                    continue
                case .replyAndClose(let reply):
                    events.append("close \(reply)")
                    return events
                case .message(let transaction):
                    let envelope = transaction.envelope
                    let content = String(decoding: try transaction.bytes.copy(), as: UTF8.self)
                    events.append(
                        "= \(envelope.sender?.description ?? "<>") | \(envelope.recipients.map(\.description).joined(separator: ",")) | "
                            + "\(envelope.body.rawValue) | \(Self.escaped(content))")
                    #expect(session.phase == .waiting)
                    events.append(session.answer(nil, id: "TEST").description)
                    continue
                }
                break
            }
        }
        return events
    }

    /// CR and LF made visible; by scalars, as the two together are one character.
    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.map { $0 == "\r" ? "\\r" : $0 == "\n" ? "\\n" : String($0) }.joined()
    }

    private func compare(_ events: [String], _ dialogue: Dialogue, _ how: String) {
        #expect(events.count == dialogue.expected.count, "\(how): \(events)")
        for (event, expected) in zip(events, dialogue.expected) {
            if expected.hasPrefix("=") {
                #expect(event == expected, "\(how)")
            } else {
                #expect(event.hasPrefix(expected), "\(how): \"\(event)\" instead of \"\(expected)\"")
            }
        }
    }

    @Test(arguments: Dialogue.all)
    func goesAsWritten(dialogue: Dialogue) throws {
        compare(try events(dialogue.said, dialogue.limits), dialogue, "line by line")
        compare(try events(dialogue.said.joined().map { [$0] }, dialogue.limits), dialogue, "octet by octet")
        compare(try events([Array(dialogue.said.joined())], dialogue.limits), dialogue, "all at once")
    }

    @Test func thereAreDialogues() {
        #expect(Dialogue.all.count >= 15)
    }
}
