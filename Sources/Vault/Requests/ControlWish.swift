// What the sender's page asks of the gateway. A value only: JSON.

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
