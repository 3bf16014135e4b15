// The non-delivery report: a text for people, a delivery status for programs, and the header of the message without its
// body. Pure; what it quotes of the outside (the hop's words, ENVID, ORCPT) is made harmless first.
// Source: RFC 6522 (multipart/report), RFC 3464 (delivery status), RFC 6533 (the same with UTF-8), RFC 3461 section 6.

import Foundation
import MIME
import Mail
import Policy
import SettingValues
import Wording

/// Writes one report.
struct FailureReport {
    /// Header of the message that is returned at most, in bytes.
    private static let headerBytes = 64 * 1024
    /// Words of the other side that are quoted at most, in characters.
    private static let saidCharacters = 700

    let failed: [FailedRecipient]
    let decided: DecidedMessage
    let hostname: String
    let language: Language
    /// Of the times in it.
    let zone: TimeZone

    private var received: ReceivedMessage { decided.parsed.received }

    /// The report, 7-bit but for addresses in its own header.
    func mail() throws(Refusal) -> OwnMail {
        let names = failed.count == 1 ? failed.first?.recipient.description ?? "" : "\(failed.count)"
        let subject =
            failed.count == 1
            ? language.text(.mail, "report-subject-one", ["recipient": names])
            : language.text(.mail, "report-subject-many", ["count": names])
        return OwnMail(
            subject: subject, language: language,
            body: .report(
                text,
                parts: [
                    part("delivery-status", plain: "message", Array(status.utf8)),
                    part("headers", plain: "text", try header()),
                ]), about: decided.parsed.root.header.first("Message-ID")?.unfolded)
    }

    private var text: String {
        let said = language.text(.mail, "report-said")
        let entries = failed.map { "    \($0.recipient)\n    \(said) \(quoted($0.said))\n" }
        return """
            \(language.text(.mail, "report-opening", ["date": language.moment(received.receivedAtSeconds, in: zone)]))

            \(entries.joined(separator: "\n"))
            \(language.text(.mail, "report-instruction"))

            \(language.text(.mail, "report-headers"))
            """
    }

    // MARK: - For programs

    /// Type and content of a part: as it is where it is ASCII in lines of bearable length, else by RFC 6533 and
    /// encoded.
    private func part(_ name: String, plain: String, _ octets: [UInt8]) -> String {
        let isPlain = octets.allSatisfy { $0 < 128 && $0 != 0 } && Self.longestLine(octets) <= 900
        let isUTF8 = octets.contains { $0 > 127 } && String(validating: octets, as: UTF8.self) != nil
        let type =
            if isUTF8 { "message/global-\(name)" } else if name == "headers" { "text/rfc822-headers" } else {
                "\(plain)/\(name)"
            }
        guard !isPlain else {
            let lines = String(decoding: octets, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            return "Content-Type: \(type)\r\n\r\n\(lines.joined(separator: "\r\n"))"
        }
        return "Content-Type: \(type)\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            + QuotedPrintable.encode(octets)
    }

    private static func longestLine(_ octets: [UInt8]) -> Int {
        octets.split(separator: 10).map(\.count).max() ?? 0
    }

    /// RFC 3464 section 2: fields about the message, then a group of fields for each recipient. Lines end in LF.
    private var status: String {
        let envelope = received.envelope
        var groups = ["Reporting-MTA: dns; \(hostname)\n"]
        if let id = envelope.envelopeID.flatMap(Self.decodedXtext) { groups[0] += "Original-Envelope-Id: \(id)\n" }
        groups[0] += "Arrival-Date: \(MailDate.text(received.receivedAtSeconds))\n"
        for one in failed {
            var group = ""
            if let original = envelope.recipientOptions[one.recipient]?.originalRecipient.flatMap(Self.original) {
                group += "Original-Recipient: \(original)\n"
            }
            let type = one.recipient.needsSMTPUTF8 ? "utf-8" : "rfc822"
            group += """
                Final-Recipient: \(type); \(one.recipient)
                Action: failed
                Status: \(one.status)
                Diagnostic-Code: smtp; \(quoted(one.said))

                """
            groups.append(group)
        }
        return groups.joined(separator: "\n")
    }

    /// ORCPT as a field: the address type, and the address without xtext. `utf-8` addresses have an escape of their
    /// own, which may stand in the report as it is (RFC 6533 section 3).
    private static func original(_ written: String) -> String? {
        guard let semicolon = written.firstIndex(of: ";") else { return nil }
        let type = written[..<semicolon]
        let address = String(written[written.index(after: semicolon)...])
        guard !type.isEmpty, type.utf8.allSatisfy({ isWord($0) }) else { return nil }
        let isUTF8 = type.lowercased() == "utf-8"
        guard let decoded = isUTF8 ? address : decodedXtext(address), isHarmless(decoded, utf8: isUTF8) else {
            return nil
        }
        return "\(type);\(decoded)"
    }

    private static func isWord(_ octet: UInt8) -> Bool {
        octet == UInt8(ascii: "-") || (48...57).contains(octet) || (65...90).contains(octet)
            || (97...122).contains(octet)
    }

    private static func isHarmless(_ text: String, utf8: Bool) -> Bool {
        !text.isEmpty && text.utf8.count <= 500 && text.utf8.allSatisfy { $0 >= 32 && ($0 < 127 || (utf8 && $0 > 127)) }
    }

    /// RFC 3461 section 4: `+2B` is `+`. nil where it is no xtext or what it stands for is not printable ASCII.
    static func decodedXtext(_ text: String) -> String? {
        var octets: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "+") else {
                octets.append(octet)
                continue
            }
            guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2 else {
                return nil
            }
            octets.append(value)
            rest = rest.dropFirst(2)
        }
        let decoded = String(decoding: octets, as: UTF8.self)
        return isHarmless(decoded, utf8: false) ? decoded : nil
    }

    /// The other side's words: printable ASCII, not endless.
    private func quoted(_ said: String) -> String {
        String(
            String.UnicodeScalarView(said.unicodeScalars.map { (32..<127).contains($0.value) ? $0 : "?" })
                .prefix(Self.saidCharacters))
    }

    /// The header of the message as it came, less blind fields, and less the subject where it was not to be seen
    /// outside: behind a link it never is. Lines end in LF.
    private func header() throws(Refusal) -> [UInt8] {
        let hides = decided.decisions.contains { $0.hidesSubject || $0.outcome == .seal(.link) }
        let hidesNames = decided.decisions.contains(where: \.hidesNames)
        let edit = HeaderEdit(parsed: decided.parsed, rewrittenSubject: nil)
        var octets: [UInt8] = []
        for field in decided.parsed.root.header.fields where FieldRole.of(field) != .blind {
            if hides, field.isNamed("Subject") || FieldRole.repeatsSubject(field) { continue }
            if hidesNames, field.isRemark { continue }
            let shown = hidesNames && field.holdsAddresses ? edit.withoutNames(field) : edit.raw(field)
            let raw = try shown.copy()
            guard octets.count + raw.count <= Self.headerBytes else { break }
            octets += raw.filter { $0 != 13 }
        }
        return octets
    }
}
