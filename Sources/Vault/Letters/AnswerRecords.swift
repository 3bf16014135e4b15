// What the outbox of answers gives out: values, none of which opens anything.

/// One answer of one letter.
package struct AnswerID: Sendable, Hashable {
    /// Id of the letter.
    package let letter: String
    /// Made by the client; counts within the letter only.
    package let answer: String

    package init(letter: String, answer: String) {
        self.letter = letter
        self.answer = answer
    }
}

/// What comes of something a reader asked for.
package enum AnswerReply<Value: Sendable>: Sendable {
    /// Done.
    case done(Value)
    /// Wrong proof (which has been counted), resting, or no such letter or answer: all alike.
    case gone
    /// Whoever asks has not the link; nothing has been counted.
    case code
    /// The letter has had its answers, or takes none; or too many are being uploaded.
    case tooMany
    /// More bytes or files than this letter's answers may have.
    case tooLarge
    /// No room for uploads now.
    case full
    /// Items are missing, or the answer is on its way already.
    case conflict
}

extension AnswerReply {
    /// What was asked for, or nil.
    package var value: Value? { if case .done(let value) = self { value } else { nil } }
}

extension AnswerReply: Equatable where Value: Equatable {}

/// An item that is being uploaded: whoever holds it may go on.
package struct AnswerUpload: Sendable, Equatable {
    package let id: AnswerID
    /// The item's number.
    package let item: Int
    /// Tells this upload from a later one of the same item.
    package let number: Int64
    /// The most bytes that it may still have.
    package let bytes: Int

    package init(
        id: AnswerID, item: Int, number: Int64, bytes: Int
    ) {
        self.id = id
        self.item = item
        self.number = number
        self.bytes = bytes
    }
}

/// Where an answer stands, as its reader is told.
package enum AnswerState: Sendable, Equatable {
    case uploading
    /// Handed over; the gateway has it in hand.
    case waiting
    case sent
    /// Why, as a word, and what the organisation's rules say of it.
    case refused(reason: String, said: String?)
}

/// An answer that waits for the gateway; every number in it is a stranger's.
package struct WaitingAnswer: Sendable, Equatable {
    package let id: AnswerID
    /// Bytes of each item, from 0 on.
    package let items: [Int]

    package init(id: AnswerID, items: [Int]) {
        self.id = id
        self.items = items
    }
}
