// The mail that tells a reader of a later message in a conversation he has: same link, same password. Neither subject nor
// anything of the content. Texts: area `conversation` of Wording.

import Foundation
package import Links
package import Mail
import SettingValues
import Wording

/// A letter that its reader has, for a later message to come under.
package struct OpenConversation: Sendable {
    /// The path of the link.
    package let letterID: String
    /// P-256 public key of the letter, uncompressed point.
    package let key: [UInt8]
    /// The gateway's pair whose public half stands in that letter: by it the reader knows who wrote.
    package let gateway: GatewayKey
    /// Number of the later message.
    package let number: Int
    /// The link's fragment, where the reader's page has told it with an answer; nil: the page will ask for the code.
    package let linkSecret: Secret?

    package init(letterID: String, key: [UInt8], gateway: GatewayKey, number: Int, linkSecret: Secret?) {
        self.letterID = letterID
        self.key = key
        self.gateway = gateway
        self.number = number
        self.linkSecret = linkSecret
    }
}

/// The mail: text, and HTML of the same words in the dress of the first notification, with the same signs to know it by.
struct FollowingMail {
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

    /// The whole mail: text and HTML, quoted-printable.
    func message(_ head: NoticeHead) -> MessageBytes {
        head.mail(
            subject: subject, more: [("Reply-To", "<\(sender)>")], language: language, text: plain, html: html)
    }

    private var subject: String { say("mail-subject", ["who": senderName ?? sender.description]) }
    private var opening: String {
        say("mail-opening", ["who": senderName.map { "\($0) (\(sender))" } ?? "\(sender)"])
    }
    private var expiry: String { say("mail-expiry", ["date": language.moment(expiresAtSeconds, in: zone)]) }
    private var doubt: String { say("mail-doubt", ["address": sender.description]) }
    private var genuine: String { language.text(.mail, "notification-genuine") }
    private var signs: [String] { organisation.signs(of: sender, named: senderName, language) }

    private var plain: String {
        var paragraphs = [
            say("mail-greeting"), opening, link, code.map { say("mail-code") + "\n" + $0 } ?? say("mail-code-before"),
            expiry, ([genuine] + signs.map { "- \($0)" }).joined(separator: "\n"), doubt,
        ]
        if let signature = organisation.signature(language) { paragraphs.append("-- \n\(signature)") }
        return paragraphs.joined(separator: "\n\n")
    }

    private var html: String {
        var page = HTMLMail(language: language, colour: organisation.colour)
        page.banner(organisation.displayName)
        page.paragraph(say("mail-greeting"))
        page.paragraph(opening)
        page.link(link, label: language.text(.mail, "notification-link"))
        if let code { page.code(code, label: say("mail-code")) } else { page.paragraph(say("mail-code-before")) }
        page.paragraph(expiry)
        page.box(heading: genuine, signs)
        page.paragraph(doubt, isSmall: true)
        if let signature = organisation.signature(language) { page.paragraph(signature, isSmall: true) }
        return page.document(title: subject, preheader: expiry)
    }
}
