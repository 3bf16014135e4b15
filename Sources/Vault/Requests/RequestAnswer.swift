// What the gateway says to it. A value only: JSON.

/// The answer to them.
package struct RequestAnswer: Sendable, Codable, Equatable {
    package enum State: String, Sendable, Codable {
        case done, refused
    }
    package let state: State
    /// `refused`: `gone`, `longest`, `fixed`, `unknown`, `trouble`.
    package let reason: String?
    /// `extend`, done: until when it can be opened now, in seconds since 1970.
    package let expires: Int64?

    package static func done(untilSeconds: Int64?) -> RequestAnswer {
        RequestAnswer(state: .done, reason: nil, expires: untilSeconds)
    }

    package static func refused(_ reason: String) -> RequestAnswer {
        RequestAnswer(state: .refused, reason: reason, expires: nil)
    }
}
