// One letter behind a link as `letterlock links` and the admin page show it: addresses and times, no content, nothing
// that opens it.

/// A letter, seen from the gateway's side.
package struct LetterLine: Sendable, Encodable, Equatable {
    /// How it stands in the databases. The command line writes the words as they are.
    package enum State: String, Sendable, Encodable {
        case pending, notifying, readable
        case revoked, expired
        /// It was deleted for another cause.
        case gone
    }

    /// How it stands for the people who wait for it.
    package enum Stage: Sendable, Equatable {
        case sending, waiting, resting, opened, gone
    }

    package let id: String
    package let sender: String
    package let recipient: String
    /// Of the message; nil where it had none.
    package var messageID: String?
    package let state: State
    package let createdAtSeconds: Int64
    package let expiresAtSeconds: Int64
    /// When the page of the link was first loaded by a browser.
    package var askedAtSeconds: Int64?
    /// When the password was first proved.
    package var openedAtSeconds: Int64?
    /// When the content was first fetched after that.
    package var fetchedAtSeconds: Int64?
    package var wrongGuesses = 0
    /// Until when no password is taken.
    package var restsUntilSeconds: Int64?
    package var answers = 0

    /// A letter that nobody has asked for yet.
    /// - Parameters:
    ///   - createdAtSeconds: since 1970, as every time here.
    package init(
        id: String, sender: String, recipient: String, state: State, createdAtSeconds: Int64, expiresAtSeconds: Int64
    ) {
        self.id = id
        self.sender = sender
        self.recipient = recipient
        self.state = state
        self.createdAtSeconds = createdAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
    }

    /// True where it can be opened.
    package var isThere: Bool { state == .readable }

    /// True where it cannot be opened, nor will be.
    package var isGone: Bool { [.revoked, .expired, .gone].contains(state) }

    /// What the admin page says of it.
    package var stage: Stage {
        switch state {
        case .pending, .notifying: .sending
        case .readable where openedAtSeconds != nil: .opened
        case .readable: restsUntilSeconds == nil ? .waiting : .resting
        case .revoked, .expired, .gone: .gone
        }
    }

    /// One line of a listing.
    package var text: String {
        let opened = openedAtSeconds.map { "opened \(ShownTime.day($0))" } ?? "not opened"
        let rests = restsUntilSeconds.map { ", rests until \(ShownTime.moment($0))" } ?? ""
        return "\(id)  \(sender) -> \(recipient)  \(state.rawValue), \(opened), "
            + "expires \(ShownTime.day(expiresAtSeconds)), \(wrongGuesses) wrong\(rests)"
    }

    /// All that is known of it, a line for each fact.
    package var details: String {
        func time(_ seconds: Int64?) -> String { seconds.map(ShownTime.moment) ?? "-" }
        return """
            id:               \(id)
            sender:           \(sender)
            recipient:        \(recipient)
            message-id:       \(messageID ?? "-")
            state:            \(state.rawValue)
            created:          \(ShownTime.moment(createdAtSeconds))
            expires:          \(ShownTime.moment(expiresAtSeconds))
            page loaded:      \(time(askedAtSeconds))
            opened:           \(time(openedAtSeconds))
            content fetched:  \(time(fetchedAtSeconds))
            wrong passwords:  \(wrongGuesses)
            rests until:      \(time(restsUntilSeconds))
            answers:          \(answers)
            """
    }
}
