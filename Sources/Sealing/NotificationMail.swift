// The notification: tells a recipient who has sent him something, and where to read it. Text first, then HTML of the same
// words. Neither holds the subject or anything of the content; nothing in it is loaded from anywhere.

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

    /// The whole mail: text and HTML, quoted-printable.
    func message(_ head: NoticeHead) -> MessageBytes {
        head.mail(
            subject: subject, more: [("Reply-To", "<\(sender)>")], language: language, text: plain, html: html)
    }

    // MARK: - The words

    private var subject: String { say("notification-subject", ["sender": senderName ?? sender.description]) }

    private var steps: [String] {
        [say("notification-step-link"), say("notification-step-password"), say("notification-step-read")]
    }

    private var signs: [String] { organisation.signs(of: sender, named: senderName, language) }

    private var closing: [String] {
        [say("notification-unexpected", ["address": "\(sender)"]), say("notification-reply")]
    }

    private var signature: String? { organisation.signature(language) }

    // MARK: - As text

    private var plain: String {
        let steps = steps.enumerated().map { "\($0.offset + 1). \($0.element)" }.joined(separator: "\n")
        return """
            \(say("notification-greeting"))

            \(say("notification-opening", ["sender": who]))

            \(steps)

            \(say("notification-link"))
            \(link)

            \(way ?? say("notification-password"))

            \(say("notification-code"))
            \(code)

            \(say("notification-expiry", expiry))

            \(say("notification-genuine"))
            \(signs.map { "- \($0)" }.joined(separator: "\n"))

            \(closing.joined(separator: "\n\n"))\(signature.map { "\n\n-- \n\($0)" } ?? "")
            """
    }

    // MARK: - As HTML

    private var html: String {
        var page = HTMLMail(language: language, colour: organisation.colour)
        page.banner(organisation.displayName)
        page.paragraph(say("notification-greeting"))
        page.paragraph(say("notification-opening", ["sender": who]))
        page.steps(steps)
        page.link(link, label: say("notification-link"))
        page.paragraph(way ?? say("notification-password"))
        page.code(code, label: say("notification-code"))
        page.paragraph(say("notification-expiry", expiry))
        page.box(heading: say("notification-genuine"), signs)
        for words in closing { page.paragraph(words, isSmall: true) }
        if let signature { page.paragraph(signature, isSmall: true) }
        return page.document(title: subject, preheader: say("notification-preheader", expiry))
    }
}

extension Organisation {
    /// How to see that a mail about a letter is genuine, by what is known of the organisation.
    func signs(of sender: Mailbox, named name: String?, _ language: Language) -> [String] {
        let who = ["sender": name ?? "\(sender)", "address": "\(sender)"]
        return [language.text(.mail, "notification-genuine-sender", who)] + signs(language)
    }

    /// The same for a mail that nobody but the organisation writes: phrase and telephone, as far as they are set.
    func signs(_ language: Language) -> [String] {
        var signs: [String] = []
        if let phrase { signs.append(language.text(.mail, "notification-genuine-phrase", ["phrase": phrase])) }
        if let phone {
            let values = ["organisation": displayName, "phone": phone.replacing(" ", with: "\u{a0}")]
            signs.append(language.text(.mail, "notification-genuine-phone", values))
        }
        return signs
    }

    /// The last line of such a mail; nil without a name.
    func signature(_ language: Language) -> String? {
        name.map { language.text(.mail, "notification-organisation", ["organisation": $0]) }
    }
}
