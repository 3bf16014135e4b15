// An answer from behind a link as an ordinary mail. Everything in it was written by a stranger: every field is encoded
// here, no octet of subject, text, names or files is copied as it is. The same answer gives the same octets at each
// try.
// Source: RFC 5322, RFC 2045, RFC 2047, RFC 2183, RFC 2231.

import MIME
package import Mail
package import SettingValues
import Wording

/// Writes one answer.
package struct AnswerMail: Sendable {
    /// One file as it was uploaded.
    package struct File: Sendable {
        /// As told; cleaned here.
        package var name: String
        /// As told; `application/octet-stream` where it is no media type of a single file.
        package var type: String
        package var content: MessageBytes

        package init(name: String, type: String, content: MessageBytes) {
            self.name = name
            self.type = type
            self.content = content
        }
    }

    /// Header From: an address of our own domain, so that DMARC of the reader's domain has nothing to say.
    package var from: Mailbox
    /// Who wrote it: From's display name, and Reply-To.
    package var reader: Mailbox
    package var to: [Mailbox]
    package var subject: String
    package var text: String
    package var files: [File]
    /// Message-ID of the message that is answered, or nil.
    package var inReplyTo: String?
    /// Random word of this answer, base64url.
    package var token: String
    package var hostname: String
    package var dateSeconds: Int64
    /// Below the text: where a reply to it goes; nil: nothing is said.
    package var note: String?

    package init(
        from: Mailbox, reader: Mailbox, to: [Mailbox], subject: String, text: String, files: [File],
        inReplyTo: String?, token: String, hostname: String, dateSeconds: Int64, note: String? = nil
    ) {
        self.note = note
        self.from = from
        self.reader = reader
        self.to = to
        self.subject = subject
        self.text = text
        self.files = files
        self.inReplyTo = inReplyTo
        self.token = token
        self.hostname = hostname
        self.dateSeconds = dateSeconds
    }

    /// Its Message-ID, with angle brackets.
    package var messageID: String { "<\(token).answer@\(hostname)>" }

    /// What ``note`` says where a reply to it will be protected.
    package static func protectedNote(to recipient: Mailbox, _ languages: LanguageMap) -> String {
        languages.language(for: recipient).text(.mail, "answer-note")
    }

    /// The whole mail.
    /// - Parameter spool: what of it stays in memory.
    /// - Throws: a ``Refusal`` of cause `storage` where files cannot be read or the mail not be kept.
    package func message(spool: SpoolPolicy) throws(Refusal) -> MessageBytes {
        let boundary = "=_answer_\(token)"
        var mail = MessageBytes.Builder(spool: spool)
        mail.append(fields)
        let plain = """
            Content-Type: text/plain; charset=utf-8\r
            Content-Transfer-Encoding: quoted-printable\r
            \r
            \(QuotedPrintable.encode(lines))\r

            """
        guard !files.isEmpty else {
            mail.append(plain)
            return try mail.finish()
        }
        mail.append("Content-Type: multipart/mixed; boundary=\"\(boundary)\"\r\n\r\n--\(boundary)\r\n\(plain)")
        for file in files {
            mail.append(
                """
                --\(boundary)\r
                Content-Type: \(Self.mediaType(file.type))\r
                Content-Disposition: attachment\(FileName(file.name).parameter)\r
                Content-Transfer-Encoding: base64\r
                \r

                """)
            try Self.encode(file.content, &mail)
            mail.append("\r\n")
        }
        mail.append("--\(boundary)--\r\n")
        return try mail.finish()
    }

    private var fields: String {
        var fields = [
            ("Date", MailDate.text(dateSeconds)),
            ("From", "\(HeaderText.phrase("\(reader) via \(from.domain)"))\r\n <\(from)>"),
            ("Reply-To", "<\(reader)>"),
            ("To", to.map { "<\($0)>" }.joined(separator: ",\r\n ")),
            ("Subject", HeaderText.encode(Self.short(subject), fieldName: "Subject")),
            ("Message-ID", messageID),
        ]
        if let inReplyTo { fields += OwnMail.answering(inReplyTo) }
        fields.append(("MIME-Version", "1.0"))
        return fields.map { "\($0.0): \($0.1)\r\n" }.joined()
    }

    /// Without what a mail program or a log would obey (line ends of any kind, U+202E) or not show; words stay apart.
    /// Cut by octets, not by characters: one of those can have a million marks.
    private static func short(_ subject: String) -> String {
        var short = String.UnicodeScalarView()
        var octets = 0
        for scalar in subject.unicodeScalars {
            let isBreak = scalar.value == 9 || scalar.properties.isWhitespace && scalar != " "
            if !isBreak, OneLine.isHidden(scalar) { continue }
            let scalar: Unicode.Scalar = isBreak ? " " : scalar
            octets += UTF8.width(scalar)
            guard octets <= 1000 else { break }
            short.append(scalar)
        }
        return String(short)
    }

    /// Line ends as LF, whatever the client's were.
    private var lines: String {
        text.replacing("\r\n", with: "\n").replacing("\r", with: "\n") + (note.map { "\n\n-- \n\($0)" } ?? "")
    }

    /// A media type of one part that can be base64; anything else is `application/octet-stream`.
    static func mediaType(_ told: String) -> String {
        let other = "application/octet-stream"
        let parts = told.lowercased().split(separator: "/", omittingEmptySubsequences: false)
        guard told.utf8.count <= 100, parts.count == 2,
            parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isToken) }),
            !["multipart", "message"].contains(parts[0])
        else { return other }
        return parts.joined(separator: "/")
    }

    /// RFC 2045 section 5.1, as far as registered types go (RFC 6838 section 4.2).
    private static func isToken(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$&^_.+-".utf8.contains(octet)
        }
    }

    /// Base64 lines, block after block.
    private static func encode(_ content: MessageBytes, _ mail: inout MessageBytes.Builder) throws(Refusal) {
        // Whole lines: 57 octets each.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 57 * 1024, alignment: 16)
        defer { buffer.deallocate() }
        var reader = content.makeReader()
        var isFirst = true
        while true {
            let count = try reader.read(into: buffer)
            guard count > 0 else { return }
            if !isFirst { mail.append("\r\n") }
            isFirst = false
            mail.append(Base64Lines.encode(Array(buffer[..<count])))
            if let failure = mail.failure { throw failure }
        }
    }
}

/// A file's name as a stranger told it, made safe to save under and to stand in a header.
struct FileName {
    let text: String

    init(_ told: String) {
        // The last step of a path, by whatever separator.
        let last = told.split { "/\\".contains($0) }.last.map(String.init) ?? ""
        var kept = String.UnicodeScalarView()
        for scalar in last.unicodeScalars where !OneLine.isHidden(scalar) && !Self.isReserved(scalar) {
            kept.append(scalar)
        }
        let trimmed = String(kept).split(separator: " ").joined(separator: " ")
        let plain = String(trimmed.drop { $0 == "." })
        text = plain.isEmpty ? "file" : Self.cut(plain)
    }

    /// What no name of a file may hold on some system.
    private static func isReserved(_ scalar: Unicode.Scalar) -> Bool { "\"<>|*?:".unicodeScalars.contains(scalar) }

    /// At most 200 octets, with its extension.
    private static func cut(_ name: String) -> String {
        guard name.utf8.count > 200 else { return name }
        let ending = name.lastIndex(of: ".").map { String(name[$0...]) } ?? ""
        let kept = ending.utf8.count <= 20 ? ending : ""
        var stem = name.prefix(200)
        while stem.utf8.count + kept.utf8.count > 200 { stem.removeLast() }
        return (stem.isEmpty ? "file" : stem) + kept
    }

    /// `; filename="a.txt"`, or pieces of RFC 2231.
    var parameter: String {
        let octets = Array(text.utf8)
        if octets.count <= 60, octets.allSatisfy({ $0 > 31 && $0 < 127 && $0 != UInt8(ascii: "\\") && $0 != 34 }) {
            return ";\r\n filename=\"\(text)\""
        }
        let hex = Array("0123456789ABCDEF")
        var pieces = [""]
        for octet in octets {
            let isPlain =
                (48...57).contains(octet) || (65...90).contains(octet) || (97...122).contains(octet)
                || "-._".utf8.contains(octet)
            let word = isPlain ? String(UnicodeScalar(octet)) : "%\(hex[Int(octet >> 4)])\(hex[Int(octet & 15)])"
            if let last = pieces.indices.last {
                if pieces[last].utf8.count + word.utf8.count > 50 { pieces.append(word) } else { pieces[last] += word }
            }
        }
        return pieces.enumerated().map { place, piece in
            ";\r\n filename*\(place)*=\(place == 0 ? "UTF-8''" : "")\(piece)"
        }.joined()
    }
}
