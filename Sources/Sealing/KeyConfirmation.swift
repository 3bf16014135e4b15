// The mail that asks a reader to confirm the key he has sent: sealed to that key, so that only who holds its secret half can
// follow the link. Text, and HTML of the same words in the dress of the first notification, with the same signs to know it
// by. Texts: area `key` of Wording.

import MIME
package import Mail
package import OpenPGP
import Policy
import SettingValues
import Wording

extension Sealer {
    /// The mail, to the address the key is for, with the null sender.
    /// - Parameters:
    ///   - token: base64url; goes into the link's fragment, with the fingerprint behind it, which the page shows.
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
            messageID: "<\(try Token.random(bytes: 12)).letterlock@\(settings.hostname)>",
            boundary: "=_\(try Token.random(bytes: 12))", fromName: links.organisation.displayName)
        let mail = KeyMail(
            reader: reader, fingerprint: key.fingerprint, link: "\(links.baseURL)/confirm#\(token).\(key.fingerprint)",
            code: token,
            organisation: links.organisation, language: language)
        let clear = mail.message(head)
        return try await engine.lending(key) { (certificate) async throws(Refusal) in
            try await ownMail(clear, to: reader, .usable([certificate]), nowSeconds)
        }
    }
}

/// The mail that asks to confirm a key.
struct KeyMail {
    let reader: Mailbox
    /// In hexadecimal digits.
    let fingerprint: String
    let link: String
    let code: String
    let organisation: Organisation
    let language: Language

    private func say(_ key: String, _ values: [String: String] = [:]) -> String {
        language.text(.key, key, values)
    }

    /// The whole mail: text and HTML, quoted-printable.
    func message(_ head: NoticeHead) -> MessageBytes {
        head.mail(subject: say("mail-subject"), language: language, text: plain, html: html)
    }

    private var opening: String { say("mail-opening", ["address": reader.description]) }
    private var genuine: String { language.text(.mail, "notification-genuine") }
    private var signs: [String] { organisation.signs(language) }

    /// In groups of four, as gpg shows it.
    private var spacedFingerprint: String {
        fingerprint.enumerated().reduce(into: "") { text, next in
            if next.offset > 0, next.offset % 4 == 0 { text.append(" ") }
            text.append(next.element)
        }
    }

    private var plain: String {
        var paragraphs = [
            opening, say("mail-fingerprint") + "\n" + spacedFingerprint, say("mail-link") + "\n" + link,
            say("mail-code") + "\n" + code,
        ]
        if !signs.isEmpty { paragraphs.append(([genuine] + signs.map { "- \($0)" }).joined(separator: "\n")) }
        paragraphs.append(say("mail-doubt"))
        if let signature = organisation.signature(language) { paragraphs.append("-- \n\(signature)") }
        return paragraphs.joined(separator: "\n\n")
    }

    private var html: String {
        var page = HTMLMail(language: language, colour: organisation.colour)
        page.banner(organisation.displayName)
        page.paragraph(opening)
        page.code(spacedFingerprint, label: say("mail-fingerprint"))
        page.link(link, label: say("mail-link"))
        page.code(code, label: say("mail-code"))
        if !signs.isEmpty { page.box(heading: genuine, signs) }
        page.paragraph(say("mail-doubt"), isSmall: true)
        if let signature = organisation.signature(language) { page.paragraph(signature, isSmall: true) }
        return page.document(title: say("mail-subject"), preheader: opening)
    }
}
