// What control of letters is told and tells: values only; no token, no address but sealed.

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

/// Where a letter stands, in its sender's words.
package enum ControlState: String, Sendable, CaseIterable {
    /// Its notification is not out yet.
    case sending
    /// Nobody has opened it.
    case waiting
    /// Somebody has, with the right password.
    case opened
    case expired
    case revoked
    /// Not there any more, and nothing is known of why.
    case gone
}

/// One letter as its sender's page shows it.
package struct ControlledLetter: Sendable, Equatable {
    package let id: String
    package let label: [UInt8]
    package let state: ControlState
    /// Seconds since 1970, all of them.
    package let createdAtSeconds: Int64
    package let expiresAtSeconds: Int64
    package let longestAtSeconds: Int64
    /// When the page of the link was first loaded by a browser that runs its script; not by whom.
    package let askedAtSeconds: Int64?
    /// When its content was first fetched, after a right password.
    package let fetchedAtSeconds: Int64?
    /// When the right password was first proved.
    package let openedAtSeconds: Int64?
    package let wrongGuesses: Int
    /// Until when no password is taken; nil where it does not rest.
    package let restsUntilSeconds: Int64?
    package let answers: Int
    /// When it was revoked or expired.
    package let endedAtSeconds: Int64?

    /// True while it can be opened, or will be.
    package var isThere: Bool {
        switch state {
        case .sending, .waiting, .opened: true
        case .expired, .revoked, .gone: false
        }
    }

    package init(
        id: String, label: [UInt8], state: ControlState, createdAtSeconds: Int64, expiresAtSeconds: Int64,
        longestAtSeconds: Int64, askedAtSeconds: Int64?, fetchedAtSeconds: Int64?, openedAtSeconds: Int64?,
        wrongGuesses: Int, restsUntilSeconds: Int64?, answers: Int, endedAtSeconds: Int64?
    ) {
        self.id = id
        self.label = label
        self.state = state
        self.createdAtSeconds = createdAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
        self.longestAtSeconds = longestAtSeconds
        self.askedAtSeconds = askedAtSeconds
        self.fetchedAtSeconds = fetchedAtSeconds
        self.openedAtSeconds = openedAtSeconds
        self.wrongGuesses = wrongGuesses
        self.restsUntilSeconds = restsUntilSeconds
        self.answers = answers
        self.endedAtSeconds = endedAtSeconds
    }
}

/// What the gateway looks at to know what a sender should be told.
package struct LetterEvents: Sendable, Equatable {
    package let id: String
    package let openedAtSeconds: Int64?
    package let wrongTotal: Int64
    package let wrongInRow: Int64
    /// The last rest, in seconds; 0 after a right password.
    package let restSeconds: Int64

    package init(id: String, openedAtSeconds: Int64?, wrongTotal: Int64, wrongInRow: Int64, restSeconds: Int64) {
        self.id = id
        self.openedAtSeconds = openedAtSeconds
        self.wrongTotal = wrongTotal
        self.wrongInRow = wrongInRow
        self.restSeconds = restSeconds
    }
}
