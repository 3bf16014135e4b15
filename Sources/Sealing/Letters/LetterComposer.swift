// Puts one message behind links: locks the content, makes a letter for each recipient, writes the password mail for the
// sender and the notification for each recipient. Secrets live here, in the mails it writes, and until the message has
// been handed on in the `PasswordMailComposer` that may have to write one of them anew; nowhere else.

import Foundation
import Links
import MIME
import Mail
import Policy
import SettingValues
import Wording

struct LetterComposer {
    let parsed: ParsedMessage
    /// The inside sender, who gets the passwords.
    let sender: Mailbox
    let links: EnabledLinks
    let settings: SealerSettings
    let stretchers: PasswordStretcherPool
    let spool: SpoolPolicy
    /// False for what a reader has answered: the author is told nothing.
    let hasSenderInside: Bool
    /// All decisions about the message: they say who takes part.
    var everybody: [Decision] = []
    /// By folded address of the reader.
    let standing: [String: StandingPassword]
    /// The sender's control of these letters.
    let control: ControlLink

    struct Made {
        var transmissions: [OutboundMessage.Transmission] = []
        var contents: [LockedContent] = []
        var letters: [OutboundMessage.Letter] = []
        var laterMessages: [OutboundMessage.LaterMessage] = []
        var passwords: PasswordMailComposer?
        var texts: [OutboundMessage.Text] = []
        /// Recipients for whose letters there was no time: nothing has been made for them.
        var unfinished: [Mailbox] = []
    }

    /// What the letters of one group hold in common.
    private struct Content {
        let key: ContentKey
        let id: String
        /// The gateway's public key, 65 bytes.
        let gatewayKey: [UInt8]
        var answers: AnswerIndexComposer
    }

    /// One recipient whose message goes behind a link.
    private struct Addressee {
        let recipient: Mailbox
        /// Who gets the link: the recipient, or another in the recipient's place.
        let address: Mailbox
        let decision: Decision?
        /// How long the content can be opened.
        let lifeSeconds: Int64
    }

    private struct Issued {
        let recipient: Mailbox
        /// Who gets the link: the recipient, or another in the recipient's place.
        let address: Mailbox
        let letterID: String
        let secrets: LetterSecrets
        let plan: PasswordPlan
        let expiresAtSeconds: Int64
    }

    /// - Parameters:
    ///   - replaced: folded addresses whose earlier password no longer opens anything.
    ///   - conversations: by folded address, the recipients who get it under an earlier link.
    ///   - until: from then on no password is stretched; nil: all letters are made.
    func make(
        _ decisions: [Decision], replacing replaced: Set<String>, conversations: [String: OpenConversation],
        until: ContinuousClock.Instant?
    ) async throws(Refusal) -> Made {
        var made = Made()
        var issued: [Issued] = []
        var ordered = 0
        let gatewayKey = try await settings.answering.key(parsed.received.receivedAtSeconds)
        for group in RecipientGroup.groups(of: decisions) {
            var content = Content(
                key: try ContentKey.make(), id: try LetterLocker.contentID(), gatewayKey: gatewayKey,
                answers: AnswerIndexComposer(self, gatewayKey: gatewayKey))
            let addressees = group.recipients.map { recipient in
                // A rule can shorten a letter's life, not lengthen it.
                let decision = decisions.first { $0.recipient == recipient }
                return Addressee(
                    recipient: recipient, address: group.redirects[recipient] ?? recipient, decision: decision,
                    lifeSeconds: min(decision?.effects.link.expireSeconds ?? .max, Int64(links.expireSeconds)))
            }
            let fresh = addressees.filter { conversations[$0.recipient.folded] == nil }
            for addressee in addressees {
                guard let conversation = conversations[addressee.recipient.folded] else { continue }
                try addLaterMessage(to: addressee, conversation, content, &made)
            }
            let orders = try fresh.enumerated().map { (index, addressee) throws(Refusal) in
                try order(for: addressee, content, place: ordered + index)
            }
            ordered += orders.count
            let letters = try await stretchers.letters(for: content.key, orders, until: until)
            for (addressee, letter) in zip(fresh, letters) {
                guard let letter else {
                    made.unfinished.append(addressee.recipient)
                    continue
                }
                issued.append(try add(letter, to: addressee, &content, &made))
            }
            // A content that nobody has a letter of is not kept.
            guard fresh.count < addressees.count || letters.contains(where: { $0 != nil }) else { continue }
            made.contents.append(try lock(group, content))
        }
        if let passwords = try passwordMail(issued, made.laterMessages, replaced) {
            made.transmissions.append(passwords.transmission())
            made.passwords = passwords
        }
        made.texts = issued.compactMap { text($0, replaced) }
        for one in issued { made.transmissions.append(try notification(one)) }
        return made
    }

    /// Puts the content under the link of a letter that the reader has.
    private func addLaterMessage(
        to addressee: Addressee, _ conversation: OpenConversation, _ content: Content, _ made: inout Made
    ) throws(Refusal) {
        let message = try LetterLocker.lockFollowing(
            for: content.key, contentID: content.id, letterID: conversation.letterID, number: conversation.number,
            conversation: conversation.key, gateway: conversation.gateway,
            createdAtSeconds: parsed.received.receivedAtSeconds,
            expiresAtSeconds: parsed.received.receivedAtSeconds + addressee.lifeSeconds)
        made.laterMessages.append(
            .init(
                record: message, recipient: addressee.recipient, messageID: repeatableMessageID(parsed),
                gatewayKey: content.gatewayKey))
        made.transmissions.append(try laterNotification(message, conversation, addressee))
    }

    /// How the reader gets the password.
    private func plan(for addressee: Addressee) throws(Refusal) -> PasswordPlan {
        guard let plan = addressee.decision?.password else {
            // The letter of the conversation went between judging and sealing: the next try plans anew.
            throw Refusal(
                .undecided, "the password of this recipient cannot be chosen now, try again later",
                detail: "<\(addressee.recipient)>: no way for a password was planned")
        }
        return plan
    }

    /// True where a rule has set how long the letter lives.
    private func isFixed(_ addressee: Addressee) -> Bool { addressee.lifeSeconds < links.expireSeconds }

    /// - Parameter place: among the letters of the message, from 0.
    private func order(for addressee: Addressee, _ content: Content, place: Int) throws(Refusal) -> LetterOrder {
        let received = parsed.received.receivedAtSeconds
        let expires = received + addressee.lifeSeconds
        let longest = received.addingReportingOverflow(links.longestLifeSeconds).partialValue
        return LetterOrder(
            terms: LetterTerms(
                contentID: content.id, createdAtSeconds: received, expiresAtSeconds: expires,
                control: control.terms(
                    for: addressee.address, place: place,
                    longestAtSeconds: isFixed(addressee) ? expires : max(longest, expires))),
            password: try password(try plan(for: addressee), of: addressee.address))
    }

    /// Adds a letter with a link and a password of its own.
    private func add(
        _ letter: MadeLetter, to addressee: Addressee, _ content: inout Content, _ made: inout Made
    ) throws(Refusal) -> Issued {
        let plan = try plan(for: addressee)
        let decision = addressee.decision
        var record = letter.record
        let takesAnswers = decision?.effects.link.replies != false
        record.answers = takesAnswers ? content.answers.limits : nil
        if takesAnswers { record.keepsPassword = keeping(plan, decision) }
        let conversation = try content.answers.add(record.id, of: addressee.address, takesAnswers: takesAnswers)
        made.letters.append(
            .init(
                record: record, sender: sender, recipient: addressee.recipient, conversation: conversation,
                ownership: .init(
                    controlID: control.id, isFixed: isFixed(addressee),
                    messageID: OwnMail.answering(parsed.root.header.first("Message-ID")?.unfolded).first?.1)))
        return Issued(
            recipient: addressee.recipient, address: addressee.address, letterID: record.id, secrets: letter.secrets,
            plan: plan, expiresAtSeconds: parsed.received.receivedAtSeconds + addressee.lifeSeconds)
    }

    private func lock(
        _ group: RecipientGroup, _ content: Content
    ) throws(Refusal) -> LockedContent {
        let shaped = try ShapedMessage.make(parsed, group.effects, limits: settings.limits)
        let message = HeaderEdit(parsed: shaped, rewrittenSubject: group.rewrittenSubject).letter()
        var index = try LetterIndex(
            try readStructure(message, limits: settings.limits), in: message,
            sentAtSeconds: parsed.received.receivedAtSeconds)
        content.answers.write(on: &index)
        return try LetterLocker.lockContent(
            index: try index.json(), message: message, spool: spool, key: content.key, id: content.id
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

    /// Whether the reader is asked to keep the password: where a standing one could be used for later letters.
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

    /// - Returns: nil where the sender is told nothing: nothing went behind a link, the sender is a reader who answers,
    ///   nobody reads the mailbox, or the sender is not to be told and has no password to pass on.
    private func passwordMail(
        _ issued: [Issued], _ laterMessages: [OutboundMessage.LaterMessage], _ replaced: Set<String>
    ) throws(Refusal) -> PasswordMailComposer? {
        let entries = issued.map {
            PasswordMail.Entry(
                id: $0.letterID, recipient: $0.address,
                way: .password($0.plan, $0.secrets.password, replacesFormer: replaced.contains($0.recipient.folded)),
                expiresAtSeconds: $0.expiresAtSeconds)
        }
        // The sender is told of later messages under earlier links, too.
        let known = laterMessages.map {
            PasswordMail.Entry(
                id: $0.record.id, recipient: $0.recipient, way: .known, expiresAtSeconds: $0.record.expiresAtSeconds)
        }
        let words = PasswordMail(
            entries: entries + known, sender: sender, messageID: parsed.root.header.first("Message-ID")?.unfolded,
            about: .init(
                sentAtSeconds: parsed.received.receivedAtSeconds, attachments: parsed.root.attachmentCount,
                subject: toldSubject()),
            language: links.languages.language(for: sender), zone: settings.timeZone,
            control: settings.controlKey == nil ? nil : control)
        let isTold = links.notices.sent && !links.unattended.contains(sender) && hasSenderInside
        guard words.holdsPasswords || (isTold && !words.entries.isEmpty) else { return nil }
        return PasswordMailComposer(
            words: words, head: try head(to: sender), requiresTLS: parsed.received.envelope.requiresTLS)
    }

    private func notification(_ issued: Issued) throws(Refusal) -> OutboundMessage.Transmission {
        let language = links.languages.language(for: issued.address)
        // Revealed into the one mail that carries the link; the password goes another way.
        let code = issued.secrets.linkSecret.revealed
        let words = NotificationMail(
            recipient: issued.address, sender: sender, senderName: shownName(),
            link: "\(links.baseURL)/l/\(issued.letterID)#\(code)", code: code,
            expiresAtSeconds: issued.expiresAtSeconds, organisation: links.organisation, language: language,
            zone: settings.timeZone,
            way: ReaderWords.way(issued.plan, language))
        return OutboundMessage.Transmission(
            role: .notification(letterID: issued.letterID), sender: sender, recipients: [issued.recipient],
            pieces: [words.mail.message(try head(to: issued.address))],
            options: .init(parsed.received.envelope, [issued.recipient], isSealed: true),
            redirects: issued.address == issued.recipient ? [:] : [issued.recipient: issued.address])
    }

    /// The mail that tells of a later message: with the link and the password that the reader knows.
    private func laterNotification(
        _ message: FollowingMessage, _ conversation: OpenConversation, _ addressee: Addressee
    ) throws(Refusal) -> OutboundMessage.Transmission {
        let (recipient, address) = (addressee.recipient, addressee.address)
        let language = links.languages.language(for: address)
        // Without the secret the page asks for the code, which stands in the reader's first mail.
        let fragment = conversation.linkSecret.map { "#\($0.revealed)" } ?? ""
        let words = LaterMessageMail(
            sender: sender, senderName: shownName(), link: "\(links.baseURL)/l/\(message.letterID)\(fragment)",
            code: conversation.linkSecret?.revealed, expiresAtSeconds: message.expiresAtSeconds,
            organisation: links.organisation, language: language, zone: settings.timeZone)
        return OutboundMessage.Transmission(
            role: .notification(letterID: message.id), sender: sender, recipients: [recipient],
            pieces: [words.mail.message(try head(to: address))],
            options: .init(parsed.received.envelope, [recipient], isSealed: true),
            redirects: address == recipient ? [:] : [recipient: address])
    }

    private func head(to recipient: Mailbox) throws(Refusal) -> OwnMailHead {
        try .ofOrganisation(
            links, to: recipient, hostname: settings.hostname, dateSeconds: parsed.received.receivedAtSeconds)
    }

    /// The subject for the sender's mail; nil where it is not told: one that cannot be read, or that a rule hides, or
    /// in which a rule finds what it looks for.
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
