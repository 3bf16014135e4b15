// What a message is on its way for: who handed it in, and whether an officer has let it out. Everything in which one
// walk differs from another follows from this, here and nowhere else. A value.

import Delivery
import Mail
package import Vault

/// The errand of one message.
package struct Errand: Sendable, Equatable {
    /// Who handed the message in.
    package enum Origin: Sendable, Equatable {
        /// A client by SMTP, which gets one reply, or by LMTP, which gets one for each recipient.
        case submission(perRecipient: Bool)
        /// A milter's MTA, which sends the message on itself. `splits`: what needs several bodies may be split.
        case milter(splits: Bool)
        /// A reader, from behind the link of a letter.
        case answer(AnswerID)
    }

    package let origin: Origin
    /// The quarantine's name for it, where an officer has let it out; nil: it has just come.
    package let released: HeldID?

    /// An errand from its parts; of a message that has just come unless said otherwise.
    package init(_ origin: Origin, released: HeldID? = nil) {
        self.origin = origin
        self.released = released
    }

    /// The steps of this errand, in their order.
    var steps: [Step] {
        switch (origin, released) {
        case (.submission(perRecipient: false), nil):
            [.recall, .refuse, .seal, .note, .hold, .keep, .send, .receipts, .unused, .conclude]
        case (.submission(perRecipient: true), nil):
            [.recall, .refuse, .seal, .note, .hold, .keep, .send, .receipts, .unused]
        case (.milter(splits: false), nil):
            [
                .recall, .refuse, .oneForm, .seal, .note, .edit, .hold, .keep, .send, .receipts, .entrust, .unused,
                .conclude,
            ]
        case (.milter(splits: true), nil):
            [.recall, .refuse, .seal, .note, .edit, .hold, .keep, .send, .receipts, .entrust, .unused, .conclude]
        case (.answer, nil): [.check, .recall, .refuse, .seal, .note, .hold, .keep, .send]
        // What is released has waited too long for a reply: each recipient's fate is the officer's to read.
        case (.submission, _?), (.milter, _?): [.recall, .seal, .note, .keep, .send, .unused]
        // Keys and letters may have gone while it was held.
        case (.answer, _?): [.check, .recall, .seal, .note, .keep, .send]
        }
    }

    /// True for what came back from behind a link.
    var isAnswer: Bool { answered != nil }

    /// The answer that it is; nil for all else.
    var answered: AnswerID? { if case .answer(let id) = origin { id } else { nil } }

    /// True where the features log takes it down: answers are not mail of ours, and what is released has been recorded.
    var isRecorded: Bool { released == nil && !isAnswer }

    /// True where a refusal for good tells what an earlier try remembers as refused: nothing is out then. A part of a
    /// milter's message may be out, and a release or an answer has no reply.
    var repliesToSender: Bool {
        if case .submission = origin { released == nil } else { false }
    }

    /// True where what is finished of a message is sent when its time runs out, and the rest at the next try. The
    /// message of a milter's MTA stays whole until our last word.
    var sendsWhatIsFinished: Bool { if case .milter = origin { released != nil } else { true } }

    /// MAIL FROM towards the next hop. An answer is judged as its reader's and sent from nobody: a bounce must not
    /// carry it in clear to wherever the reader's mail goes.
    func returnPath(_ envelope: Envelope) -> Mailbox? { isAnswer ? nil : envelope.sender }

    /// How far the recipients share one fate.
    /// - Parameter isPartlyOut: true where a part of the message is out, or held.
    func coherence(isPartlyOut: Bool) -> Coherence {
        switch (origin, released) {
        case (_, _?): .afterFirstAcceptance
        case (.submission(perRecipient: true), nil): .perRecipient
        // Its MTA's message is as it was until our last word: what else has gone stands in the ledger.
        case (.milter, nil): .wholeMessage
        case (.submission(perRecipient: false), nil), (.answer, nil):
            isPartlyOut ? .afterFirstAcceptance : .wholeMessage
        }
    }

    /// What sets the errand's fingerprint apart from that of the same bytes on another errand, and whether the bytes
    /// count: an answer is made anew at each try, so its name stands for it; a release must not meet what is remembered
    /// of the message when it was held.
    var fingerprintPrefix: (text: String, coversMessage: Bool) {
        switch (origin, released) {
        case (_, let held?): ("release \(held.text)\r\n", true)
        case (.answer(let id), nil): ("answer \(id.letter) \(id.answer)", false)
        case (.submission, nil), (.milter, nil): ("", true)
        }
    }
}

/// The name of a message in the quarantine.
package struct HeldID: Sendable, Hashable {
    /// As officers type it: `XXXXX-XXXXX`.
    package let text: String
    /// A name as it stands in the database.
    package init(_ text: String) { self.text = text }
}
