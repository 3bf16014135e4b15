// The mail that tells a reader of a later message in an open conversation: same link, same password. Neither subject
// nor anything of the content. Texts: area `conversation` of Wording.

import Foundation
import Mail
import SettingValues
import Wording

/// To the reader of a letter: that another message has come under its link, with the signs of the first notification.
struct LaterMessageMail {
    let sender: Mailbox
    let senderName: String?
    let link: String
    /// nil: it stands in the first mail only.
    let code: String?
    let expiresAtSeconds: Int64
    let organisation: Organisation
    let language: Language
    /// Of the times in it.
    let zone: TimeZone

    private func say(_ key: String, _ values: [String: String] = [:]) -> String {
        language.text(.conversation, key, values)
    }

    /// The mail.
    var mail: OwnMail {
        let expiry = say("mail-expiry", ["date": language.moment(expiresAtSeconds, in: zone)])
        let who = senderName.map { "\($0) (\(sender))" } ?? "\(sender)"
        return ReaderMail(
            subject: say("mail-subject", ["who": senderName ?? sender.description]), preheader: expiry,
            organisation: organisation, language: language,
            pieces: [
                .words(say("mail-greeting")), .words(say("mail-opening", ["who": who])),
                .link(link, label: language.text(.mail, "notification-link"), isLabelledInText: false),
                code.map { ReaderMail.Piece.code($0, label: say("mail-code")) } ?? .words(say("mail-code-before")),
                .words(expiry),
                .signs(
                    heading: language.text(.mail, "notification-genuine"),
                    organisation.signs(of: sender, named: senderName, language)),
                .smallPrint(say("mail-doubt", ["address": sender.description])),
            ]
        ).mail(replyTo: sender)
    }
}
