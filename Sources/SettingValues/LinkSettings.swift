// `links`: letters behind links, for recipients without a key.

package import Mail

/// Letters behind links. Without ``url`` there are none.
package struct LinkSettings: Sendable, Equatable {
    /// Public base URL without a final slash, or nil: then no letter can be put behind a link.
    package var url: String?
    /// Life of a letter, in seconds.
    package var expireSeconds = 30 * 86_400
    /// Header From of the mails that Letterlock writes; never nil where ``url`` is set.
    package var from: Mailbox?
    /// Language of mails by the recipient's address.
    package var languages = LanguageMap()
    /// Whose page and mails these are.
    package var organisation = Organisation()
    /// How the password reaches the recipient where no rule says so: the first of these that can be used.
    package var passwords = [PasswordMode.toSender]
    /// How letters may be answered; nil: not at all.
    package var answers: AnswerSettings? = AnswerSettings()
    /// What sends text messages; nil: nothing does.
    package var texts: TextHook?
    /// A standing password that no letter has used for so long is forgotten, in seconds.
    package var standingExpireSeconds = 365 * 86_400
    /// Mailboxes nobody reads: they are told nothing, and no password goes there.
    package var unattended = DomainList([])
    /// The longest life that a sender can give a letter, in seconds from its making; see ``longestLifeSeconds``.
    package var longestSeconds = 90 * 86_400
    /// What senders are told by mail.
    package var notices = LetterNoticeSettings()

    /// The defaults.
    package init() {}

    /// The longest life of a letter, in seconds from its making: less than ``expireSeconds`` counts as that.
    package var longestLifeSeconds: Int64 { Int64(max(longestSeconds, expireSeconds)) }
}

/// Links that can be sent: the settings, with the two that they cannot do without.
@dynamicMemberLookup
package struct EnabledLinks: Sendable, Equatable {
    /// Public base URL without a final slash: `https://letters.example.org`.
    package let baseURL: String
    /// Header From of what Letterlock writes itself.
    package let from: Mailbox
    /// All settings of links.
    package let settings: LinkSettings

    /// - Parameter settings: nil comes of settings without ``LinkSettings/url`` or ``LinkSettings/from``.
    package init?(_ settings: LinkSettings) {
        guard let url = settings.url, let from = settings.from else { return nil }
        baseURL = url
        self.from = from
        self.settings = settings
    }

    /// A setting of links.
    package subscript<Value>(dynamicMember field: KeyPath<LinkSettings, Value>) -> Value { settings[keyPath: field] }
}

/// Answers from behind links.
package struct AnswerSettings: Sendable, Equatable {
    /// How many answers to one letter, and how large each.
    package var limits = AnswerLimits()
    /// Answers of one reader in an hour, to whatever letters.
    package var perHour = 20

    /// The defaults.
    package init() {}
}

/// How many answers to one letter are taken, and how large. Each letter keeps those of its day.
package struct AnswerLimits: Sendable, Equatable {
    /// Answers that are sent, at most.
    package var count: Int
    /// Bytes of one answer as it is uploaded, all items together.
    package var bytes: Int
    /// Files of one answer.
    package var files: Int

    /// Limits from their parts; the defaults are those of the settings.
    package init(count: Int = 5, bytes: Int = 25 * 1024 * 1024, files: Int = 20) {
        self.count = count
        self.bytes = bytes
        self.files = files
    }
}

/// Mails to senders about their letters.
package struct LetterNoticeSettings: Sendable, Equatable {
    /// A message went behind links, also where no password of ours is in that mail.
    package var sent = true
    /// That mail names the message's subject, unless a rule hides it.
    package var subject = false
    /// Opened for the first time.
    package var opened = true
    /// Resting after wrong passwords.
    package var resting = true
    /// Expires in three days, unopened.
    package var expiring = true
    /// Expired unopened.
    package var expired = true

    /// The defaults.
    package init() {}
}

/// A way for a link's password.
package enum PasswordMode: String, Sendable, CaseIterable {
    /// Made by us and mailed to the sender, who passes it on.
    case toSender = "to-sender"
    /// Chosen by the sender and written into the message, from which it is taken out.
    case fromSender = "from-sender"
    /// Agreed once with the correspondent, for all letters to that address.
    case standing
    /// Made by us and sent to the reader's telephone.
    case sms
}
