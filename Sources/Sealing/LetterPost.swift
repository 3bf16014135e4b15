// Puts one message behind links: locks the content, makes a letter for each recipient, writes the password mail for the
// sender and the notification for each recipient. Secrets live here, in the mails it writes, and until the message has been
// handed on in the `PasswordPost` that may have to write one of them anew; nowhere else.

import Foundation
import Links
import MIME
import Mail
import Policy
import SettingValues
import Wording

struct LetterPost {
    let parsed: ParsedMessage
    /// The inside sender, who gets the passwords.
    let sender: Mailbox
    let links: EnabledLinks
    let hostname: String
    let limits: Limits
    let workshop: LetterWorkshop
    let spool: SpoolPolicy
    /// Of the times in the mails.
    let zone: TimeZone
    /// False for what a reader has answered: he is told nothing.
    let hasSenderInside: Bool
    let answering: Answering
    /// All decisions about the message: they say who takes part.
    var everybody: [Decision] = []
    /// By folded address of the reader.
    let standing: [String: StandingPassword]
    /// The sender's control of these letters; nil where there is no key for it.
    var control: ControlLink?

    struct Made {
        var transmissions: [OutboundMessage.Transmission] = []
        var contents: [LockedContent] = []
        var letters: [OutboundMessage.Letter] = []
        var following: [OutboundMessage.Following] = []
        var passwords: PasswordPost?
        var texts: [OutboundMessage.Text] = []
    }

    private struct Issued {
        let recipient: Mailbox
        /// Who gets the link: the recipient, or another in his place.
        let address: Mailbox
        let letterID: String
        let secrets: LetterSecrets
        let plan: PasswordPlan
        let expiresAtSeconds: Int64
    }

    /// - Parameters:
    ///   - replaced: folded addresses whose earlier password no longer opens anything.
    ///   - conversations: by folded address, who gets it under a link that he has.
    func make(
        _ decisions: [Decision], replacing replaced: Set<String>, conversations: [String: OpenConversation]
    ) async throws(Refusal) -> Made {
        var made = Made()
        var issued: [Issued] = []
        let gatewayKey = try await answering.key(parsed.received.receivedAtSeconds)
        for group in Treatment.groups(of: decisions) {
            let (key, contentID) = (try ContentKey.make(), try LetterLocker.contentID())
            var sheet = AnswerSheet(self, gatewayKey: gatewayKey)
            for recipient in group.recipients {
                // A rule can shorten a letter's life, not lengthen it.
                let decision = decisions.first { $0.recipient == recipient }
                let life = min(decision?.effects.link.expireSeconds ?? .max, Int64(links.expireSeconds))
                let address = group.redirects[recipient] ?? recipient
                let expires = parsed.received.receivedAtSeconds + life
                if let conversation = conversations[recipient.folded] {
                    let message = try LetterLocker.lockFollowing(
                        for: key, contentID: contentID, letterID: conversation.letterID, number: conversation.number,
                        conversation: conversation.key, gateway: conversation.gateway,
                        createdAtSeconds: parsed.received.receivedAtSeconds, expiresAtSeconds: expires)
                    made.following.append(
                        .init(
                            record: message, recipient: recipient, messageID: repeatableMessageID(parsed),
                            gatewayKey: gatewayKey))
                    made.transmissions.append(
                        try followingNotification(message, conversation, recipient, group.redirects[recipient]))
                    continue
                }
                guard let plan = decision?.password else {
                    // The letter of the conversation went between judging and sealing: the next try plans anew.
                    throw Refusal(
                        .undecided, "the password of this recipient cannot be chosen now, try again later",
                        detail: "<\(recipient)>: no way for a password was planned")
                }
                var (record, secrets) = try await workshop.letter(
                    for: key, contentID: contentID, createdAtSeconds: parsed.received.receivedAtSeconds,
                    expiresAtSeconds: expires, password: try password(plan, of: address))
                let takesAnswers = decision?.effects.link.replies != false
                record.answers = takesAnswers ? sheet.limits : nil
                if takesAnswers { record.keepsPassword = keeping(plan, decision) }
                let conversation = try sheet.add(record.id, of: address, takesAnswers: takesAnswers)
                made.letters.append(
                    .init(
                        record: record, sender: sender, recipient: recipient, conversation: conversation,
                        control: try control?.draft(
                            for: record, to: address, place: made.letters.count, isFixed: life < links.expireSeconds,
                            links: links, messageID: parsed.root.header.first("Message-ID")?.unfolded)))
                issued.append(
                    Issued(
                        recipient: recipient, address: address, letterID: record.id, secrets: secrets, plan: plan,
                        expiresAtSeconds: expires))
            }
            made.contents.append(try lock(group, key, contentID, sheet))
        }
        if let passwords = try passwordPost(issued, made.following, replaced) {
            made.transmissions.append(passwords.transmission())
            made.passwords = passwords
        }
        made.texts = issued.compactMap { text($0, replaced) }
        for one in issued { made.transmissions.append(try notification(one)) }
        return made
    }

    private func lock(
        _ group: Treatment, _ key: ContentKey, _ id: String, _ sheet: AnswerSheet
    ) throws(Refusal) -> LockedContent {
        let shaped = try ShapedMessage.make(parsed, group.effects, limits: limits)
        let message = HeaderEdit(parsed: shaped, rewrittenSubject: group.rewrittenSubject).letter()
        var index = try LetterIndex(
            try readStructure(message, limits: limits), in: message,
            sentAtSeconds: parsed.received.receivedAtSeconds)
        sheet.write(on: &index)
        return try LetterLocker.lockContent(
            index: try index.json(), message: message, spool: spool, key: key, id: id
        ).0
    }

    /// What a letter is to open with.
    /// - Throws: where a standing password is planned that has been forgotten since: the next try plans anew.
    private func password(_ plan: PasswordPlan, of reader: Mailbox) throws(Refusal) -> LetterPassword {
        switch plan {
        case .toSender, .sms: return .made
        case .fromSender(let chosen): return .chosen(chosen)
        case .standing:
            guard let password = standing[reader.folded] else {
                throw Refusal(
                    .undecided, "the password of this recipient cannot be looked up, try again later",
                    detail: "<\(reader)>: no standing password any more")
            }
            return .standing(password)
        }
    }

    /// Whether the reader is asked if he wants to keep the password: where a standing one could be used for him.
    private func keeping(_ plan: PasswordPlan, _ decision: Decision?) -> Bool? {
        if plan == .standing { return false }
        // What the rules say stands for what the settings say.
        let isOffered =
            decision?.effects.link.passwords.map { $0.contains(.standing) } ?? links.passwords.contains(.standing)
        return isOffered ? true : nil
    }

    private func text(_ issued: Issued, _ replaced: Set<String>) -> OutboundMessage.Text? {
        guard case .sms(let number) = issued.plan else { return nil }
        let text = ReaderWords.text(
            password: issued.secrets.password, sender: sender,
            replacesFormer: replaced.contains(issued.recipient.folded),
            links.languages.language(for: issued.address))
        return OutboundMessage.Text(
            letterID: issued.letterID, recipient: issued.recipient, number: number, text: text)
    }

    /// - Returns: nil where the sender is told nothing: nothing went behind a link, he is a reader who answers, nobody reads his
    ///   mailbox, or he is not to be told and has no password to pass on.
    private func passwordPost(
        _ issued: [Issued], _ following: [OutboundMessage.Following], _ replaced: Set<String>
    ) throws(Refusal) -> PasswordPost? {
        let entries = issued.map {
            PasswordMail.Entry(
                id: $0.letterID, recipient: $0.address,
                way: .password($0.plan, $0.secrets.password, replacesFormer: replaced.contains($0.recipient.folded)),
                expiresAtSeconds: $0.expiresAtSeconds)
        }
        // Of later messages under links that are there he is told, too.
        let known = following.map {
            PasswordMail.Entry(
                id: $0.record.id, recipient: $0.recipient, way: .known, expiresAtSeconds: $0.record.expiresAtSeconds)
        }
        let mail = PasswordMail(
            entries: entries + known, sender: sender, messageID: parsed.root.header.first("Message-ID")?.unfolded,
            about: .init(
                sentAtSeconds: parsed.received.receivedAtSeconds, attachments: parsed.root.attachmentCount,
                subject: toldSubject()),
            language: links.languages.language(for: sender), zone: zone, control: control)
        let isTold = links.notices.sent && !links.unattended.contains(sender) && hasSenderInside
        guard mail.holdsPasswords || (isTold && !mail.entries.isEmpty) else { return nil }
        return PasswordPost(
            mail: mail, head: try noticeHead(to: sender), requiresTLS: parsed.received.envelope.requiresTLS)
    }

    private func notification(_ issued: Issued) throws(Refusal) -> OutboundMessage.Transmission {
        let language = links.languages.language(for: issued.address)
        // Revealed into the one mail that carries the link; the password goes another way.
        let code = issued.secrets.linkSecret.revealed
        let mail = NotificationMail(
            recipient: issued.address, sender: sender, senderName: shownName(),
            link: "\(links.baseURL)/l/\(issued.letterID)#\(code)", code: code,
            expiresAtSeconds: issued.expiresAtSeconds, organisation: links.organisation, language: language, zone: zone,
            way: ReaderWords.way(issued.plan, language))
        let head = try noticeHead(to: issued.address)
        return OutboundMessage.Transmission(
            role: .notification(letterID: issued.letterID), sender: sender, recipients: [issued.recipient],
            pieces: [mail.message(head)],
            options: .init(parsed.received.envelope, [issued.recipient], isSealed: true),
            redirects: issued.address == issued.recipient ? [:] : [issued.recipient: issued.address])
    }

    /// The mail that tells of a later message: the link that the reader knows, the password he knows.
    private func followingNotification(
        _ message: FollowingMessage, _ conversation: OpenConversation, _ recipient: Mailbox, _ redirect: Mailbox?
    ) throws(Refusal) -> OutboundMessage.Transmission {
        let address = redirect ?? recipient
        let language = links.languages.language(for: address)
        // Without the secret the page asks for the code, which stands in the reader's first mail.
        let fragment = conversation.linkSecret.map { "#\($0.revealed)" } ?? ""
        let mail = FollowingMail(
            sender: sender, senderName: shownName(), link: "\(links.baseURL)/l/\(message.letterID)\(fragment)",
            code: conversation.linkSecret?.revealed, expiresAtSeconds: message.expiresAtSeconds,
            organisation: links.organisation, language: language, zone: zone)
        return OutboundMessage.Transmission(
            role: .notification(letterID: message.id), sender: sender, recipients: [recipient],
            pieces: [mail.message(try noticeHead(to: address))],
            options: .init(parsed.received.envelope, [recipient], isSealed: true),
            redirects: redirect.map { [recipient: $0] } ?? [:])
    }

    private func noticeHead(to recipient: Mailbox) throws(Refusal) -> NoticeHead {
        NoticeHead(
            from: links.from, to: recipient, dateSeconds: parsed.received.receivedAtSeconds,
            messageID: "<\(try Token.random(bytes: 12)).letterlock@\(hostname)>",
            boundary: "=_\(try Token.random(bytes: 12))", fromName: links.organisation.displayName)
    }

    /// The subject for the sender's mail; nil where it is not told: one that cannot be read, or that a rule hides, or in which
    /// a rule finds what it looks for.
    private func toldSubject() -> String? {
        guard links.notices.subject, !everybody.contains(where: \.subjectIsPrivate) else { return nil }
        let fields = parsed.root.header.all("Subject")
        guard let field = fields.first, fields.count == 1, field.isReadable else { return nil }
        let text = everybody.lazy.compactMap(\.rewrittenSubject).first ?? field.text
        let line = OneLine.plain(text, characters: 200)
        return line.isEmpty ? nil : line
    }

    /// ``senderName()`` for mails that are read in clear: none where a rule has found something in the names.
    private func shownName() -> String? {
        everybody.contains(where: \.hidesNames) ? nil : senderName()
    }

    /// The name in the From field, if that field names the envelope's sender: anything else would lend a false name.
    func senderName() -> String? {
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
    /// - Parameter letterIDs: the letters and later messages it is to name; nil: all. Others are not named: who gets no link
    ///   needs no password.
    package func transmission(for letterIDs: Set<String>? = nil) -> OutboundMessage.Transmission {
        var mail = mail
        if let letterIDs { mail.entries.removeAll { !letterIDs.contains($0.id) } }
        return OutboundMessage.Transmission(
            role: .passwordMail(letterIDs: mail.letterIDs), sender: nil, recipients: [mail.sender],
            pieces: [mail.message(head)], options: .notice(to: mail.sender, requiresTLS: requiresTLS))
    }
}
