// What portal and gateway say to each other in the table of requests, about control of letters: JSON, both ways.

/// The body of `revoke` and `extend`.
package struct ControlWish: Sendable, Codable, Equatable {
    /// What the page derived from its token, base64url.
    package let auth: String
    /// Id of the letter.
    package let letter: String
    /// `extend`: when the letter expires as far as the page knows, in seconds since 1970.
    package let expires: Int64?

    package init(auth: String, letter: String, expires: Int64?) {
        self.auth = auth
        self.letter = letter
        self.expires = expires
    }
}

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
