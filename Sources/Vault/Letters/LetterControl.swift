// What control of letters is told: values only; no token, no address but sealed.

/// What letters.db keeps of one letter for its sender's page.
package struct LetterControl: Sendable, Equatable {
    /// How long the page outlives its last letter, in seconds: so that a sender sees what became of it.
    package static let graceSeconds: Int64 = 30 * 86_400

    package let letterID: String
    /// SHA-256 of what the page proves itself with; the same for all letters of one message.
    package let verifier: [UInt8]
    /// Place among the letters of the message, from 0.
    package let place: Int
    /// Who it is for, sealed under the token.
    package let label: [UInt8]
    /// Seconds since 1970.
    package let createdAtSeconds: Int64
    /// Seconds since 1970.
    package let expiresAtSeconds: Int64
    /// The latest moment that it can be extended to, in seconds since 1970; ``expiresAtSeconds`` where it cannot be.
    package let longestAtSeconds: Int64

    package init(
        letterID: String, verifier: [UInt8], place: Int, label: [UInt8], createdAtSeconds: Int64,
        expiresAtSeconds: Int64, longestAtSeconds: Int64
    ) {
        self.letterID = letterID
        self.verifier = verifier
        self.place = place
        self.label = label
        self.createdAtSeconds = createdAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
        self.longestAtSeconds = longestAtSeconds
    }
}
