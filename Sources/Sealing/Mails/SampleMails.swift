// Every mail that Letterlock writes itself, with invented people and secrets: for the preview and for the tests of the
// languages. The mails are made by the code that makes the real ones, then read back from their bytes.

package import Foundation
import MIME
package import Mail
import Policy
import PolicyLanguage
import Wording
package import SettingValues

/// A mail as a person would see it.
package struct SampleMail: Encodable, Sendable {
    /// Its language.
    package let language: String
    /// What it is, in English.
    package let kind: String
    /// Decoded fields.
    package let from: String, subject: String
    /// The first plain text.
    package let text: String
    /// nil where it is plain text only.
    package let html: String?
    /// The whole mail.
    package let bytes: MessageBytes

    enum CodingKeys: String, CodingKey { case language, kind, from, subject, text, html }
}

/// Makes the samples.
package struct SampleMails: Sendable {
    private let links: EnabledLinks
    private let hostname: String
    private let zone: TimeZone
    private let alice: Mailbox, carol: Mailbox, bob: Mailbox
    private static let nowSeconds: Int64 = 1_772_359_500  // 1 March 2026

    /// - Parameters:
    ///   - links: the settings; their languages are not looked at.
    ///   - hostname: ours.
    ///   - timeZone: of the times in them.
    package init?(links: EnabledLinks, hostname: String, timeZone: TimeZone = .gmt) {
        guard let alice = Mailbox("alice@example.org"), let carol = Mailbox("carol@example.net"),
            let bob = Mailbox("bob@example.com")
        else { return nil }
        (self.links, self.hostname, self.zone) = (links, hostname, timeZone)
        (self.alice, self.carol, self.bob) = (alice, carol, bob)
    }

    /// All of them in one language.
    package func all(_ language: Language) throws(Refusal) -> [SampleMail] {
        var mails = [
            try sample("notification", language, notification(language)),
            try sample("notification of a later message", language, following(language)),
            try sample("key confirmation", language, key(language)),
            try sample("password mail", language, password(language)),
            try sample("sent without a password of ours", language, sent(language)),
        ]
        for kind in [LetterNoticeMail.Kind.opened, .resting, .expiring, .expired] {
            mails.append(try sample("letter: \(kind.rawValue)", language, letterNotice(kind, language)))
        }
        for kind in [HoldNotice.Kind.sender, .officer, .expired] {
            mails.append(try sample("quarantine: \(kind.rawValue)", language, hold(kind, language)))
        }
        if let decided = try decided() {
            let report = FailureReport(
                failed: [FailedRecipient(recipient: bob, status: "5.1.1", said: "550 5.1.1 no such user")],
                decided: decided, hostname: hostname, language: language, zone: zone)
            mails.append(try sample("non-delivery report", language, report.mail().message(head(to: alice))))
            let receipt = ReceiptMail(
                recipients: [bob, carol], decided: decided, hostname: hostname, language: language, zone: zone)
            mails.append(try sample("delivery receipt", language, receipt.mail.message(head(to: alice))))
            let unused = UnusedMarkMail(recipients: [bob], decided: decided, language: language, zone: zone)
            mails.append(try sample("password not needed", language, unused.mail.message(head(to: alice))))
        }
        return mails
    }

    // MARK: - Each of them

    private func head(to recipient: Mailbox) -> OwnMailHead {
        OwnMailHead(
            from: links.from, to: recipient, dateSeconds: Self.nowSeconds,
            messageID: "<sample.letterlock@\(hostname)>", boundary: "=_sample",
            fromName: links.organisation.displayName)
    }

    private func notification(_ language: Language) -> MessageBytes {
        let code = "c2FtcGxlIGNvZGUsIDIy"
        return NotificationMail(
            recipient: carol, sender: alice, senderName: "Alice Example",
            link: "\(links.baseURL)/l/AAAAAAAAAAAAAAAAAAAAAA#\(code)AA", code: "\(code)AA",
            expiresAtSeconds: Self.nowSeconds + Int64(links.expireSeconds), organisation: links.organisation,
            language: language, zone: zone
        ).mail.message(head(to: carol))
    }

    private func following(_ language: Language) -> MessageBytes {
        LaterMessageMail(
            sender: alice, senderName: "Alice Example", link: "\(links.baseURL)/l/AAAAAAAAAAAAAAAAAAAAAA", code: nil,
            expiresAtSeconds: Self.nowSeconds + Int64(links.expireSeconds), organisation: links.organisation,
            language: language, zone: zone
        ).mail.message(head(to: carol))
    }

    private func key(_ language: Language) -> MessageBytes {
        let code = "c2FtcGxlIGNvZGUsIDIyAA"
        return KeyMail(
            reader: carol, fingerprint: "0123456789ABCDEF0123456789ABCDEF01234567",
            link: "\(links.baseURL)/confirm#\(code)", code: code, organisation: links.organisation, language: language
        ).mail.message(head(to: carol))
    }

    private func letterNotice(_ kind: LetterNoticeMail.Kind, _ language: Language) -> MessageBytes {
        LetterNoticeMail(
            kind: kind, recipient: "\(carol)", sentAtSeconds: Self.nowSeconds,
            atSeconds: Self.nowSeconds + 86_400, expiresAtSeconds: Self.nowSeconds + Int64(links.expireSeconds),
            control: nil, messageID: "<sample@example.org>", name: "sample"
        ).mail(in: language, zone: zone).message(head(to: alice))
    }

    private func password(_ language: Language) -> MessageBytes {
        mail(
            [(carol, .password(.toSender, Secret("ABCD-EFGH-JKMN"), replacesFormer: true))], attachments: 2, language)
    }

    private func sent(_ language: Language) -> MessageBytes {
        mail(
            [(carol, .password(.standing, Secret(""), replacesFormer: false)), (bob, .known)], attachments: 0, language)
    }

    private func mail(
        _ readers: [(Mailbox, PasswordMail.Entry.Way)], attachments: Int, _ language: Language
    ) -> MessageBytes {
        PasswordMail(
            entries: readers.map {
                .init(
                    id: "AAAAAAAAAAAAAAAAAAAAAA", recipient: $0.0, way: $0.1,
                    expiresAtSeconds: Self.nowSeconds + Int64(links.expireSeconds))
            }, sender: alice, messageID: "<sample@example.org>",
            about: .init(
                sentAtSeconds: Self.nowSeconds, attachments: attachments,
                subject: links.notices.subject ? "A sample" : nil),
            language: language, zone: zone
        ).mail.message(head(to: alice))
    }

    private func hold(_ kind: HoldNotice.Kind, _ language: Language) -> MessageBytes {
        let recipients = [carol, bob].map {
            HoldNotice.Recipient(address: "\($0)", reason: "a rule asks for a second look", rules: ["sample-rule"])
        }
        return HoldNotice(
            kind: kind, id: "7K2M9-QXD4T", sender: "\(alice)", recipients: recipients, bytes: 4711,
            receivedAtSeconds: Self.nowSeconds, expiresAtSeconds: Self.nowSeconds + 30 * 86_400
        ).mail(officer: alice, in: language, zone: zone).message(head(to: alice))
    }

    /// A message that no rule is about.
    private func decided() throws(Refusal) -> DecidedMessage? {
        let rules = Ruleset.load(
            files: [PolicyFile(name: "sample.yaml", text: "version: 1\nrules: []\n")],
            surroundings: Surroundings(inside: DomainList(["example.org"]), linksAvailable: false))
        guard let ruleset = rules.ruleset else { return nil }
        let message =
            "From: \(alice)\r\nTo: \(bob)\r\nSubject: A sample\r\nMessage-ID: <sample@example.org>\r\n\r\nHello\r\n"
        let received = ReceivedMessage(
            envelope: Envelope(sender: alice, recipients: [bob, carol]), bytes: MessageBytes(message),
            origin: .init(id: "sample"), receivedAtSeconds: Self.nowSeconds)
        return decide(
            try read(received, limits: Limits()), known: KnownKeys(), rules: ruleset, nowSeconds: Self.nowSeconds)
    }

    // MARK: - Read back

    private func sample(_ kind: String, _ language: Language, _ bytes: MessageBytes) throws(Refusal) -> SampleMail {
        let root = try readStructure(bytes, limits: Limits())
        return SampleMail(
            language: language.rawValue, kind: kind, from: root.header.first("From")?.text ?? "",
            subject: root.header.first("Subject")?.text ?? "", text: try first("text/plain", root, bytes) ?? "",
            html: try first("text/html", root, bytes), bytes: bytes)
    }

    private func first(_ type: String, _ part: MIME.Part, _ bytes: MessageBytes) throws(Refusal) -> String? {
        if part.children.isEmpty {
            guard part.type.essence == type else { return nil }
            do {
                let decoded = try TransferDecoder.decode(bytes.slice(part.bodyRange), part.transferEncoding)
                return String(decoding: decoded.octets, as: UTF8.self).replacing("\r\n", with: "\n")
            } catch {
                throw Refusal(.storage, "temporary fault while reading the message")
            }
        }
        for child in part.children {
            if let text = try first(type, child, bytes) { return text }
        }
        return nil
    }
}
