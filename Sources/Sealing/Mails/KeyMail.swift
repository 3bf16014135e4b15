// The mail that asks a reader to confirm the key that was sent: sealed to that key, so that only who holds its secret
// half can follow the link. Text, and HTML of the same words in the dress of the first notification, with the same
// signs to know it by. Texts: area `key` of Wording.

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
        let head = try OwnMailHead.ofOrganisation(
            links, to: reader, hostname: settings.hostname, dateSeconds: nowSeconds)
        let words = KeyMail(
            reader: reader, fingerprint: key.fingerprint, link: "\(links.baseURL)/confirm#\(token).\(key.fingerprint)",
            code: token,
            organisation: links.organisation, language: language)
        let clear = words.mail.message(head)
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

    /// The mail.
    var mail: OwnMail {
        let opening = say("mail-opening", ["address": reader.description])
        return ReaderMail(
            subject: say("mail-subject"), preheader: opening, organisation: organisation, language: language,
            pieces: [
                .words(opening), .code(spacedFingerprint, label: say("mail-fingerprint")),
                .link(link, label: say("mail-link"), isLabelledInText: true), .code(code, label: say("mail-code")),
                .signs(heading: language.text(.mail, "notification-genuine"), organisation.signs(language)),
                .smallPrint(say("mail-doubt")),
            ]
        ).mail()
    }

    /// In groups of four, as gpg shows it.
    private var spacedFingerprint: String {
        fingerprint.enumerated().reduce(into: "") { text, next in
            if next.offset > 0, next.offset % 4 == 0 { text.append(" ") }
            text.append(next.element)
        }
    }
}
