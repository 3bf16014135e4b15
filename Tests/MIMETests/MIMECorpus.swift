// Reading for tests: the corpus of whole messages, short forms, and a dump of everything that reading gives.

import Foundation
import MIME
import Mail
import Packets
import SettingValues

func received(_ bytes: MessageBytes) -> ReceivedMessage {
    ReceivedMessage(
        envelope: Envelope(sender: nil, recipients: []), bytes: bytes, origin: .init(id: "test"), receivedAtSeconds: 0)
}

/// Reads a text whose lines are written with LF as a message with CRLF lines.
func readText(_ text: String, limits: Limits = Limits()) throws -> ParsedMessage {
    try read(received(MessageBytes(text.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n"))), limits: limits)
}

/// The bytes cut into pieces of a size: a rope with many segments.
func cut(_ octets: [UInt8], every size: Int) -> MessageBytes {
    MessageBytes(
        joining: stride(from: 0, to: octets.count, by: size).map {
            MessageBytes(bytes: octets[$0..<min($0 + size, octets.count)])
        })
}

enum MIMECorpus {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Corpus/mime")

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".eml") }.map { String($0.dropLast(4)) }.sorted()
    }()

    static func octets(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appendingPathComponent("\(name).eml")))
    }
}

/// Everything that was read, one line per fact, in an order that never changes.
func dump(_ message: ParsedMessage) -> String {
    var lines = ["subject: \(message.subject.map(quoted) ?? "none")"]
    lines.append("encryption: \(dump(message.encryption)), signature: \(message.signature)")
    lines.append(
        "problems: " + message.problems.map { "\($0.kind.rawValue)@\($0.path)" }.sorted().joined(separator: " "))
    for field in message.root.header.fields where ["from", "to", "cc"].contains(field.name.lowercased()) {
        let boxes = field.namedMailboxes.map { "\(quoted($0.name))<\($0.mailbox)>" }
        lines.append("\(field.name): \(boxes.joined(separator: ", "))")
    }
    for field in message.root.header.fields where !field.otherTexts.isEmpty || !field.isReadable {
        lines += field.otherTexts.map { "\(field.name), or: \(quoted($0))" }
        if !field.isReadable { lines.append("\(field.name): not readable") }
    }
    for part in message.root.all { lines += dump(part) }
    return lines.joined(separator: "\n") + "\n"
}

private func dump(_ part: Part) -> [String] {
    var line = "[\(part.path)] \(part.type.essence)\(part.contentTypeIsReadable ? "" : " (default)")"
    for (name, value) in part.type.parameters.sorted(by: { $0.key < $1.key }) { line += "; \(name)=\(quoted(value))" }
    line += " | \(part.range) header \(part.header.range) body \(part.bodyRange) | \(part.transferEncoding)"
    line += " \(part.decodedBytes) bytes"
    if let disposition = part.disposition { line += ", \(disposition)" }
    if let name = part.fileName { line += ", named \(quoted(name))" }
    if part.isAttachment { line += ", attachment" }
    var lines = [line]
    switch part.text {
    case .none: break
    case .unreadable(let why): lines.append("    unreadable: \(why)")
    case .text(let text, let visible):
        lines.append("    text: \(quoted(text))")
        if let visible { lines.append("    visible: \(quoted(visible))") }
        if let shown = part.otherForms.shown { lines.append("    shown: \(quoted(shown))") }
        for reading in part.otherForms.readings { lines.append("    or: \(quoted(reading))") }
    }
    return lines
}

private func dump(_ encryption: Encryption) -> String {
    guard case .pgpMIME(let message) = encryption else { return "\(encryption)" }
    return "pgpMIME to \(message.recipients.count), \(message.protection)"
}

private func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": quoted += "\\\""
        case "\\": quoted += "\\\\"
        case "\r": quoted += "\\r"
        case "\n": quoted += "\\n"
        case "\t": quoted += "\\t"
        default:
            if scalar.value < 32 || scalar.value == 127 {
                quoted += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                quoted.unicodeScalars.append(scalar)
            }
        }
    }
    return quoted + "\""
}

/// Steps that reading a text takes.
func countSteps(of text: String, limits: Limits = Limits()) throws -> Int {
    try readCounting(received(MessageBytes(text.replacing("\n", with: "\r\n"))), limits: limits).steps
}
