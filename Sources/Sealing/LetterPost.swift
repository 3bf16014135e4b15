// Puts one message behind links: locks the content, makes a letter for each recipient, writes the password mail for the
// sender and the notification for each recipient. Secrets live here, in the mails it writes, and until the message has been
// handed on in the `PasswordPost` that may have to write one of them anew; nowhere else.

import Links
import MIME
import Mail
import Policy
import Wording

struct LetterPost {
    let parsed: ParsedMessage
    /// The inside sender, who gets the passwords.
    let sender: Mailbox
    let links: LinkSettings
    let hostname: String
    let limits: Limits
    let workshop: LetterWorkshop
    let spool: SpoolPolicy

    struct Made {
        var transmissions: [OutboundMessage.Transmission] = []
        var contents: [LockedContent] = []
        var letters: [OutboundMessage.Letter] = []
        var passwords: PasswordPost?
    }

    private struct Issued {
        let recipient: Mailbox
        /// Who gets the link: the recipient, or another in his place.
        let address: Mailbox
        let letterID: String
        let secrets: LetterSecrets
        let expiresAtSeconds: Int64
    }

    /// - Parameter replaced: folded addresses whose earlier password no longer opens anything.
    func make(_ decisions: [Decision], replacing replaced: Set<String>) async throws(Refusal) -> Made {
        var made = Made()
        var issued: [Issued] = []
        for group in Treatment.groups(of: decisions) {
            let (content, key) = try lock(group)
            made.contents.append(content)
            for recipient in group.recipients {
                // A rule can shorten a letter's life, not lengthen it.
                let options = decisions.first { $0.recipient == recipient }?.effects.link
                let life = min(options?.expireSeconds ?? links.expireSeconds, links.expireSeconds)
                let expires = parsed.received.receivedAtSeconds + life
                let (record, secrets) = try await workshop.letter(
                    for: key, contentID: content.id, createdAtSeconds: parsed.received.receivedAtSeconds,
                    expiresAtSeconds: expires, rounds: links.rounds)
                made.letters.append(.init(record: record, sender: sender, recipient: recipient))
                issued.append(
                    Issued(
                        recipient: recipient, address: group.redirects[recipient] ?? recipient, letterID: record.id,
                        secrets: secrets, expiresAtSeconds: expires))
            }
        }
        let passwords = try passwordPost(issued, replaced)
        made.transmissions.append(passwords.transmission())
        made.passwords = passwords
        for one in issued { made.transmissions.append(try notification(one)) }
        return made
    }

    private func lock(_ group: Treatment) throws(Refusal) -> (LockedContent, ContentKey) {
        let shaped = try ShapedMessage.make(parsed, group.effects, limits: limits)
        let message = HeaderEdit(parsed: shaped, rewrittenSubject: group.rewrittenSubject).letter()
        let index = LetterIndex(
            try readStructure(message, limits: limits), sentAtSeconds: parsed.received.receivedAtSeconds)
        return try LetterLocker.lockContent(index: try index.json(), message: message, spool: spool)
    }

    private func passwordPost(_ issued: [Issued], _ replaced: Set<String>) throws(Refusal) -> PasswordPost {
        let entries = issued.map {
            PasswordMail.Entry(
                letterID: $0.letterID, recipient: $0.address, password: $0.secrets.password,
                replacesFormer: replaced.contains($0.recipient.folded), expiresAtSeconds: $0.expiresAtSeconds)
        }
        let mail = PasswordMail(
            entries: entries, sender: sender, messageID: parsed.root.header.first("Message-ID")?.unfolded,
            sentAtSeconds: parsed.received.receivedAtSeconds,
            language: links.languages.language(for: sender))
        return PasswordPost(
            mail: mail, head: try noticeHead(to: sender), requiresTLS: parsed.received.envelope.requiresTLS)
    }

    private func notification(_ issued: Issued) throws(Refusal) -> OutboundMessage.Transmission {
        let language = links.languages.language(for: issued.address)
        // Revealed into the one mail that carries the link; the password goes another way.
        let code = issued.secrets.linkSecret.revealed
        let mail = NotificationMail(
            recipient: issued.address, sender: sender, senderName: senderName(),
            link: "\(links.baseURL)/l/\(issued.letterID)#\(code)", code: code,
            expiresAtSeconds: issued.expiresAtSeconds, organisation: links.organisation, language: language)
        let head = try noticeHead(to: issued.address)
        return OutboundMessage.Transmission(
            role: .notification(letterID: issued.letterID), sender: sender, recipients: [issued.recipient],
            pieces: [mail.message(head)],
            options: .init(parsed.received.envelope, [issued.recipient], isSealed: true),
            redirects: issued.address == issued.recipient ? [:] : [issued.recipient: issued.address])
    }

    private func noticeHead(to recipient: Mailbox) throws(Refusal) -> NoticeHead {
        NoticeHead(
            from: links.from, to: recipient, dateSeconds: parsed.received.receivedAtSeconds,
            messageID: "<\(try Token.random(bytes: 12)).letterlock@\(hostname)>",
            boundary: "=_\(try Token.random(bytes: 12))", fromName: links.organisation.displayName)
    }

    /// The name in the From field, if that field names the envelope's sender: anything else would lend a false name.
    private func senderName() -> String? {
        guard let from = parsed.root.header.first("From") else { return nil }
        let named = from.namedMailboxes
        guard named.count == 1, let only = named.first, only.mailbox.folded == sender.folded else { return nil }
        // A name that looks like an address would lend one.
        let clean = only.name.filter { !$0.isNewline && !"\"<>@".contains($0) }
        let trimmed = clean.split(separator: " ").joined(separator: " ").prefix(80)
        return trimmed.isEmpty ? nil : String(trimmed)
    }
}

/// The password mail of one message, ready to be written for all of its letters or for some.
package struct PasswordPost: Sendable {
    private let mail: PasswordMail
    private let head: NoticeHead
    private let requiresTLS: Bool

    init(mail: PasswordMail, head: NoticeHead, requiresTLS: Bool) {
        self.mail = mail
        self.head = head
        self.requiresTLS = requiresTLS
    }

    /// The password mail.
    /// - Parameter letterIDs: the letters it is to name; nil: all. Others are not named: who gets no link needs no password.
    package func transmission(for letterIDs: Set<String>? = nil) -> OutboundMessage.Transmission {
        var mail = mail
        if let letterIDs { mail.entries.removeAll { !letterIDs.contains($0.letterID) } }
        return OutboundMessage.Transmission(
            role: .passwordMail(letterIDs: mail.entries.map(\.letterID)), sender: nil, recipients: [mail.sender],
            pieces: [mail.message(head)], options: .notice(to: mail.sender, requiresTLS: requiresTLS))
    }
}
