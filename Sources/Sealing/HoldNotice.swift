// The mails about a message that is held back: to the inside sender (why, and what comes next) and to the officer (what to
// do). They hold addresses, reasons and rule ids; nothing of the subject, nothing of the content.

import Mail

/// What a notice tells of one held message.
package struct HoldNotice: Sendable {
    package enum Kind: String, Sendable {
        /// To the sender: it is held back.
        case sender
        /// To the officer: it is held back.
        case officer
        /// To the officer: it has been destroyed, as nobody released it.
        case expired
    }

    /// One recipient who does not get it for now.
    package struct Recipient: Sendable {
        package let address: String
        package let reason: String
        package let rules: [String]

        package init(address: String, reason: String, rules: [String]) {
            self.address = address
            self.reason = reason
            self.rules = rules
        }
    }

    package let kind: Kind
    package let id: String
    /// As written; "" is the null sender.
    package let sender: String
    package let recipients: [Recipient]
    package let bytes: Int
    package let receivedAtSeconds: Int64
    package let expiresAtSeconds: Int64

    package init(
        kind: Kind, id: String, sender: String, recipients: [Recipient], bytes: Int, receivedAtSeconds: Int64,
        expiresAtSeconds: Int64
    ) {
        self.kind = kind
        self.id = id
        self.sender = sender
        self.recipients = recipients
        self.bytes = bytes
        self.receivedAtSeconds = receivedAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
    }

    /// The whole mail: plain text, quoted-printable.
    func message(_ head: NoticeHead, officer: Mailbox, language: Language) -> MessageBytes {
        let texts = language.hold
        let names = recipients.count == 1 ? recipients[0].address : texts.many(recipients.count)
        let subject: String
        let lines: [String]
        switch kind {
        case .sender:
            subject = texts.senderSubject(names)
            lines = [
                texts.senderOpening(MailDate.text(receivedAtSeconds)), "", list(texts, rules: false),
                texts.reference(id), "", texts.senderNext(language.date(expiresAtSeconds)), "",
                texts.senderQuestions(officer.description),
            ]
        case .officer:
            subject = texts.officerSubject(id, names)
            lines = [
                texts.officerOpening, "", facts(texts), list(texts, rules: true), texts.officerNext, "",
                "    letterlock quarantine show \(id)", "    letterlock quarantine release \(id)",
                "    letterlock quarantine drop \(id)", "", texts.officerExpiry(language.date(expiresAtSeconds)),
            ]
        case .expired:
            subject = texts.expiredSubject(id, names)
            lines = [texts.expiredOpening, "", facts(texts), list(texts, rules: true)]
        }
        let more = [
            ("Reply-To", "<\(officer)>"), ("Content-Language", language.rawValue),
        ]
        return MessageBytes(
            """
            \(head.fields(subject: subject, more: kind == .sender ? more : [more[1]]))Content-Type: text/plain; charset=utf-8\r
            Content-Transfer-Encoding: quoted-printable\r
            \r
            \(QuotedPrintable.encode(lines.joined(separator: "\n")))\r

            """)
    }

    private func facts(_ texts: HoldTexts) -> String {
        """
        \(texts.reference(id))
        \(texts.from(sender.isEmpty ? "<>" : sender))
        \(texts.received(MailDate.text(receivedAtSeconds)))
        \(texts.size(bytes))

        """
    }

    private func list(_ texts: HoldTexts, rules: Bool) -> String {
        recipients.map { recipient in
            let entry = "    \(recipient.address)\n    \(texts.reason(recipient.reason))\n"
            return rules ? entry + "    \(texts.rules(recipient.rules.joined(separator: ", ")))\n" : entry
        }.joined(separator: "\n")
    }
}

/// Texts of the mails about held messages.
struct HoldTexts {
    let many: @Sendable (_ count: Int) -> String
    let senderSubject: @Sendable (_ who: String) -> String
    let senderOpening: @Sendable (_ date: String) -> String
    let senderNext: @Sendable (_ date: String) -> String
    let senderQuestions: @Sendable (_ address: String) -> String
    let officerSubject: @Sendable (_ id: String, _ who: String) -> String
    let officerOpening: String
    let officerNext: String
    let officerExpiry: @Sendable (_ date: String) -> String
    let expiredSubject: @Sendable (_ id: String, _ who: String) -> String
    let expiredOpening: String
    let reason: @Sendable (_ reason: String) -> String
    let rules: @Sendable (_ rules: String) -> String
    let reference: @Sendable (_ id: String) -> String
    let from: @Sendable (_ sender: String) -> String
    let received: @Sendable (_ date: String) -> String
    let size: @Sendable (_ bytes: Int) -> String
}

extension Language {
    var hold: HoldTexts {
        switch self {
        case .en:
            HoldTexts(
                many: { "\($0) recipients" },
                senderSubject: { "Held back: your message to \($0)" },
                senderOpening: {
                    "Your message of \($0) has not been sent to the following recipients. It is held back until somebody has looked at it:"
                },
                senderNext: {
                    "You need not do anything, and need not send it again. If it is released, it goes out as you wrote it, and encrypted where that is asked for. If nobody releases it, it is deleted on \($0) (UTC). Whoever is not named here is not concerned."
                },
                senderQuestions: {
                    "Questions: answer this mail, which goes to \($0), and leave the reference in it. Please do not send the same content another way."
                },
                officerSubject: { "Held back: \($0), to \($1)" },
                officerOpening: "A message is held back in the quarantine.",
                officerNext: "On the gateway, with the quarantine's secret key:",
                officerExpiry: { "Without a decision it is destroyed on \($0) (UTC)." },
                expiredSubject: { "Destroyed: \($0), to \($1)" },
                expiredOpening:
                    "Nobody has released or dropped this message in time. Its content has been destroyed; it was not sent.",
                reason: { "Reason: \($0)" }, rules: { "Rules: \($0)" }, reference: { "Reference: \($0)" },
                from: { "From: \($0)" }, received: { "Received: \($0)" }, size: { "Size: \($0) bytes" })
        case .fr:
            HoldTexts(
                many: { "\($0) destinataires" },
                senderSubject: { "Retenu : votre message à \($0)" },
                senderOpening: {
                    "Votre message du \($0) n’a pas été envoyé aux destinataires suivants. Il est retenu jusqu’à ce que quelqu’un l’ait examiné :"
                },
                senderNext: {
                    "Vous n’avez rien à faire, et n’avez pas à l’envoyer de nouveau. S’il est libéré, il part tel que vous l’avez écrit, et chiffré là où c’est demandé. Si personne ne le libère, il sera supprimé le \($0) (UTC). Qui n’est pas nommé ici n’est pas concerné."
                },
                senderQuestions: {
                    "Questions : répondez à ce courriel, qui parvient à \($0), en y laissant la référence. N’envoyez pas le même contenu par une autre voie."
                },
                officerSubject: { "Retenu : \($0), à \($1)" },
                officerOpening: "Un message est retenu dans la quarantaine.",
                officerNext: "Sur la passerelle, avec la clé secrète de la quarantaine :",
                officerExpiry: { "Sans décision, il sera détruit le \($0) (UTC)." },
                expiredSubject: { "Détruit : \($0), à \($1)" },
                expiredOpening:
                    "Personne n’a libéré ni supprimé ce message à temps. Son contenu est détruit ; il n’a pas été envoyé.",
                reason: { "Motif : \($0)" }, rules: { "Règles : \($0)" }, reference: { "Référence : \($0)" },
                from: { "De : \($0)" }, received: { "Reçu : \($0)" }, size: { "Taille : \($0) octets" })
        }
    }
}
