// The notification: tells a recipient who has sent something, and where to read it. Text first, then HTML of the
// same words. Neither holds the subject or anything of the content; nothing in it is loaded from anywhere.

import Foundation
import MIME
import Mail
import SettingValues
import Wording

/// To the recipient: who has sent something, and where to read it.
struct NotificationMail {
    let recipient: Mailbox
    let sender: Mailbox
    let senderName: String?
    let link: String
    let code: String
    let expiresAtSeconds: Int64
    let organisation: Organisation
    let language: Language
    /// Of the times in it.
    let zone: TimeZone
    /// How the reader comes to the password, where the sender is not the one to give it.
    var way: String?

    private var who: String { senderName.map { "\($0) (\(sender))" } ?? "\(sender)" }
    private var expiry: [String: String] { ["date": language.moment(expiresAtSeconds, in: zone)] }

    private func say(_ key: String, _ values: [String: String] = [:]) -> String { language.text(.mail, key, values) }

    /// The mail.
    var mail: OwnMail {
        ReaderMail(
            subject: say("notification-subject", ["sender": senderName ?? sender.description]),
            preheader: say("notification-preheader", expiry), organisation: organisation, language: language,
            pieces: [
                .words(say("notification-greeting")), .words(say("notification-opening", ["sender": who])),
                .steps([
                    say("notification-step-link"), say("notification-step-password"), say("notification-step-read"),
                ]),
                .link(link, label: say("notification-link"), isLabelledInText: true),
                .words(way ?? say("notification-password")), .code(code, label: say("notification-code")),
                .words(say("notification-expiry", expiry)),
                .signs(
                    heading: say("notification-genuine"), organisation.signs(of: sender, named: senderName, language)),
                .smallPrint(say("notification-unexpected", ["address": "\(sender)"])),
                .smallPrint(say("notification-reply")),
            ]
        ).mail(replyTo: sender)
    }
}
