// What the gateway needs to take answers, under one configuration.

import Links
import Mail
import Sealing
import SettingValues

/// Settings and parts of the worker that takes answers.
struct AnswerContext: Sendable {
    /// Header From of the mails that answers become.
    let from: Mailbox
    let hostname: String
    /// Our own domains: outside of them an answer goes sealed or not at all.
    let inside: DomainList
    /// How large an answer may be.
    let limits: AnswerLimits
    /// Answers of one reader that are taken in an hour, to whatever letters.
    let perHour: Int
    let spool: SpoolPolicy
    /// Who does what is no mail, by kind.
    var handlers: [SpecialAnswer.Kind: any AnswerHandler] = [:]
}
