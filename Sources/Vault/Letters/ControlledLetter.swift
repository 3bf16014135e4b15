// A letter as its sender's page shows it. Values only; no address but sealed.

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
