// A message as the effects of its rules want it, before it is sealed: header fields, footers, attachments taken out.
// What no effect names stays byte for byte; signatures over the message as it was (DKIM) go.

import MIME
import Mail
import Policy
import SettingValues

enum ShapedMessage {
    /// The message with the effects in it; the message itself where there are none.
    /// - Throws: a ``Refusal`` of cause `storage` where bytes cannot be read back.
    static func make(
        _ parsed: ParsedMessage, _ effects: Effects, limits: Limits
    ) throws(Refusal) -> ParsedMessage {
        var edits = ByteEdits()
        try strip(effects.strippedParts, parsed, &edits)
        if !effects.footers.isEmpty {
            let bodies = parsed.bodyParts.filter { part in
                !effects.strippedParts.contains { $0.isEmpty || part.path == $0 || part.path.hasPrefix("\($0).") }
            }
            for part in bodies { try FooterWriter(parsed: parsed, part: part, footers: effects.footers).write(&edits) }
        }
        try change(effects.headers, parsed, &edits)
        return try reread(parsed, edits, limits)
    }

    /// The message after some edits, less the signatures that they void; itself where there are none.
    static func reread(
        _ parsed: ParsedMessage, _ edits: ByteEdits, _ limits: Limits
    ) throws(Refusal) -> ParsedMessage {
        guard !edits.isEmpty else { return parsed }
        var edits = edits
        for field in parsed.root.header.fields where FieldRole.of(field) == .wayside {
            edits.replace(field.range, with: "")
        }
        return try parsed.replacingBytes(edits.applied(to: parsed.received.bytes), limits: limits)
    }

    // MARK: - Header

    private static func change(
        _ changes: [Effects.HeaderChange], _ parsed: ParsedMessage, _ edits: inout ByteEdits
    ) throws(Refusal) {
        let header = parsed.root.header
        var added = ""
        for change in changes {
            switch change {
            case .remove(let name): for field in header.all(name) { edits.replace(field.range, with: "") }
            case .add(let name, let value):
                added += "\(name): \(HeaderText.encode(value, fieldName: name))\r\n"
            }
        }
        guard !added.isEmpty else { return }
        let end = header.range.upperBound
        let tail = try parsed.received.bytes.slice(max(0, end - 1)..<end).copy()
        edits.replace(end..<end, with: tail == [10] || tail.isEmpty ? added : "\r\n\(added)")
    }

    // MARK: - Attachments

    private static func strip(
        _ paths: [String], _ parsed: ParsedMessage, _ edits: inout ByteEdits
    ) throws(Refusal) {
        for part in parsed.root.all where paths.contains(part.path) {
            let note = note(on: part)
            guard part.path.isEmpty else {
                edits.replace(part.range, with: "\(note.fields)\r\n\(note.text)")
                continue
            }
            // The message itself is the attachment: its Content-* fields go, the others stay.
            for field in part.header.fields where field.name.lowercased().hasPrefix("content-") {
                edits.replace(field.range, with: "")
            }
            let version = part.header.first("MIME-Version") == nil ? "MIME-Version: 1.0\r\n" : ""
            let end = part.header.range.upperBound
            edits.replace(end..<end, with: "\(version)\(note.fields)")
            edits.replace(part.bodyRange, with: "\(note.text)\r\n")
        }
    }

    /// What stands in the place of an attachment.
    private static func note(on part: Part) -> (fields: String, text: String) {
        let name = (part.fileName ?? "").filter { !$0.isNewline }.prefix(200)
        let what = name.isEmpty ? "An attachment" : "The attachment \"\(name)\""
        let text = "\(what) (\(part.type.essence)) was taken out of this message by the mail system of its sender."
        return (
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n",
            QuotedPrintable.encode(text)
        )
    }
}
