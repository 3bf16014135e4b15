// What the gateway needs to take answers, under one configuration.

import Links
import Mail
import Sealing

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

extension ReceivedMessage.Origin {
    /// What stands for the listener of an answer; no listener can be named so.
    static let answerListener = "answer"

    /// True for what came back from behind a link.
    var isAnswer: Bool { listener == Self.answerListener }
}

extension ReceivedMessage {
    /// MAIL FROM towards the next hop. An answer is judged as its reader's, and sent from nobody: a bounce must not carry
    /// it in clear to wherever the reader's mail goes.
    var returnPath: Mailbox? { origin.isAnswer ? nil : envelope.sender }
}
