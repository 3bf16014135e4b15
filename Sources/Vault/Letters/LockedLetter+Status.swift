// How a letter stands: what letters.db tells the gateway and, with the right proof, its sender. Values only; no address
// but sealed, and no ciphertext.

package import Links

extension LockedLetter {
    /// How long the page of its sender outlives the last letter of a message, in seconds: so that the sender sees what
    /// became of it.
    package static let graceSeconds: Int64 = 30 * 86_400

    /// How it stands, also when its content has gone.
    package struct Status: Sendable, Equatable {
        /// The path of the link.
        package let id: String
        /// Who it is for, sealed under its sender's token.
        package let label: [UInt8]
        /// Where it stands.
        package let state: LetterState
        /// True from just before its notification's DATA until it can be opened: a stop in between leaves it readable.
        package let isNotifying: Bool
        /// When it was made and when it ends.
        package let life: Life
        /// What its readers, and those who guess, have done.
        package let uses: Uses

        package init(id: String, label: [UInt8], state: LetterState, isNotifying: Bool, life: Life, uses: Uses) {
            self.id = id
            self.label = label
            self.state = state
            self.isNotifying = isNotifying
            self.life = life
            self.uses = uses
        }
    }
}

extension LockedLetter.Status {
    /// When it was made and when it ends; all in seconds since 1970.
    package struct Life: Sendable, Equatable {
        /// When it was made.
        package let createdAtSeconds: Int64
        /// From when on it cannot be opened.
        package let expiresAtSeconds: Int64
        /// The latest moment that it can be extended to.
        package let longestAtSeconds: Int64
        /// When it was revoked or expired.
        package let endedAtSeconds: Int64?

        package init(
            createdAtSeconds: Int64, expiresAtSeconds: Int64, longestAtSeconds: Int64, endedAtSeconds: Int64?
        ) {
            self.createdAtSeconds = createdAtSeconds
            self.expiresAtSeconds = expiresAtSeconds
            self.longestAtSeconds = longestAtSeconds
            self.endedAtSeconds = endedAtSeconds
        }
    }

    /// What its readers, and those who guess, have done. The portal counts most of it.
    package struct Uses: Sendable, Equatable {
        /// What can have happened to it for a first time.
        package enum Event: Sendable {
            /// The page of the link was loaded by a browser that runs its script; not by whom.
            case asked
            /// The right password was proved.
            case opened
            /// Its content was fetched, after a right password.
            case fetched
        }

        /// When it first happened, in seconds since 1970.
        package var times: [Event: Int64] = [:]
        /// Wrong passwords in all.
        package var wrongGuesses = 0
        /// Until when no password is taken, in seconds since 1970; nil where it does not rest.
        package var restsUntilSeconds: Int64?
        /// Answers of its reader that were sent on.
        package var answers = 0

        package init() {}
    }

    /// True while it can be opened, or will be.
    package var isThere: Bool { state.isThere }
    /// Seconds since 1970.
    package var createdAtSeconds: Int64 { life.createdAtSeconds }
    /// Seconds since 1970.
    package var expiresAtSeconds: Int64 { life.expiresAtSeconds }
    /// When the page of the link was first loaded, in seconds since 1970.
    package var askedAtSeconds: Int64? { uses.times[.asked] }
    /// When the right password was first proved, in seconds since 1970.
    package var openedAtSeconds: Int64? { uses.times[.opened] }
    /// When its content was first fetched, in seconds since 1970.
    package var fetchedAtSeconds: Int64? { uses.times[.fetched] }
    /// Wrong passwords in all.
    package var wrongGuesses: Int { uses.wrongGuesses }
    /// Until when no password is taken, in seconds since 1970.
    package var restsUntilSeconds: Int64? { uses.restsUntilSeconds }
}
