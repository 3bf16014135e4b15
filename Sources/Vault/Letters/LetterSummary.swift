// A letter in a list. Values only.

/// Where a letter stands (docs/architecture.md).
package enum LetterState: String, Sendable {
    /// Committed; its notification has not been sent.
    case pending
    /// Its notification is being sent.
    case notifying
    /// The next hop has taken its notification.
    case readable
}

/// One line of `letterlock links list`.
package struct LetterSummary: Sendable, Equatable {
    /// The path of the link.
    package let id: String
    /// Seconds since 1970.
    package let createdAtSeconds: Int64
    /// Seconds since 1970.
    package let expiresAtSeconds: Int64
    /// Where it stands.
    package let state: LetterState
    /// Wrong guesses in all.
    package let wrongGuesses: Int
    /// Seconds since 1970 of the first right guess, or nil.
    package let openedAtSeconds: Int64?

    package init(
        id: String, createdAtSeconds: Int64, expiresAtSeconds: Int64, state: LetterState, wrongGuesses: Int,
        openedAtSeconds: Int64?
    ) {
        self.id = id
        self.createdAtSeconds = createdAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
        self.state = state
        self.wrongGuesses = wrongGuesses
        self.openedAtSeconds = openedAtSeconds
    }
}
