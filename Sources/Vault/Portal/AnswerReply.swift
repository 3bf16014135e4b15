// What comes of something a reader asked for. A value only.

/// What comes of something a reader asked for.
package enum AnswerReply<Value: Sendable>: Sendable {
    /// Done.
    case done(Value)
    /// Wrong proof (which has been counted), resting, or no such letter or answer: all alike.
    case gone
    /// The one who asks has not the link; nothing has been counted.
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
