// The mail that asks a reader to confirm the key he has sent: sealed to that key, so that only who holds its secret half can
// follow the link. Texts: area `key` of Wording.

import MIME
package import Mail
package import OpenPGP
import Policy
package import Wording

extension Sealer {
    /// The mail, to the address the key is for, with the null sender.
    /// - Parameters:
    ///   - token: base64url; goes into the link's fragment.
    /// - Throws: a ``Refusal`` of cause `engine` or `sealCheck` where it cannot be sealed: it never leaves in clear;
    ///   `internalError` where links are not set up.
    package func keyConfirmation(
        to reader: Mailbox, key: UploadedKey, token: String, language: Language, nowSeconds: Int64
    ) async throws(Refusal) -> OutboundMessage {
        guard let links = settings.links else {
            throw Refusal(
                .internalError, "internal error", detail: "a key was sent from a letter without links being set up")
        }
        let head = NoticeHead(
            from: links.from, to: reader, dateSeconds: nowSeconds,
            messageID: "<\(try Token.random(bytes: 12)).letterlock@\(settings.hostname)>", boundary: "",
            fromName: links.organisation.displayName)
        let spaced = key.fingerprint.enumerated().reduce(into: "") { text, next in
            if next.offset > 0, next.offset % 4 == 0 { text.append(" ") }
            text.append(next.element)
        }
        let paragraphs = [
            language.text(.key, "mail-opening", ["address": reader.description]),
            language.text(.key, "mail-fingerprint") + "\n" + spaced,
            language.text(.key, "mail-link") + "\n" + "\(links.baseURL)/confirm#\(token)",
            language.text(.key, "mail-code") + "\n" + token,
            language.text(.key, "mail-doubt"),
        ]
        let clear = MessageBytes(
            """
            \(head.fields(subject: language.text(.key, "mail-subject"), more: [("Content-Language", language.rawValue)]))Content-Type: text/plain; charset=utf-8\r
            Content-Transfer-Encoding: quoted-printable\r
            \r
            \(QuotedPrintable.encode(paragraphs.joined(separator: "\n\n")))\r

            """)
        let content = try await engine.lending(key) { (certificate) async throws(Refusal) in
            try await sealed(clear, to: reader, [certificate], nowSeconds)
        }
        return OutboundMessage(
            sender: nil,
            transmissions: [
                OutboundMessage.Transmission(
                    role: .report, sender: nil, recipients: [reader], pieces: [content],
                    options: .notice(to: reader, requiresTLS: false))
            ])
    }
}
