// Links, as one configuration of the gateway has them, and the other terms under which messages go.

import Mail
import Sealing
import SettingValues
import Vault

/// Password-unlock links.
enum LinkService: Sendable {
    /// The settings have none: no rule can use a link, and nothing comes back from behind one.
    case none
    case offered(LinkOffer)

    /// What is offered, or nil.
    var offer: LinkOffer? { if case .offered(let offer) = self { offer } else { nil } }
}

/// How letters behind links are made, and how what comes back is taken.
struct LinkOffer: Sendable {
    let settings: EnabledLinks
    let answers: AnswerContext
}

/// What else the settings say of messages and of what they leave behind.
struct Terms: Sendable {
    /// What senders of letters are told.
    var notices = LetterNoticeSettings()
    /// Mailboxes of senders that nobody tells anything.
    var unattended = DomainList([])
    /// How much room letters may take.
    var storage = StorageQuota()
    /// A standing password that no letter has used for so long is forgotten, in seconds.
    var standingExpireSeconds = Int64(LinkSettings().standingExpireSeconds)
}
