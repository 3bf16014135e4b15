// One letter behind a link as `letterlock links` and the admin page show it: addresses and times, no content, nothing
// that opens it.

package import Vault

/// A letter, seen from the gateway's side.
package struct LetterLine: Sendable, Encodable, Equatable {
    private enum CodingKeys: String, CodingKey {
        case id, sender, recipient, messageID, state, createdAtSeconds, expiresAtSeconds, askedAtSeconds
        case openedAtSeconds, fetchedAtSeconds, wrongGuesses, restsUntilSeconds, answers
    }

    package let id: String
    package let sender: String
    package let recipient: String
    /// Of the message; nil where it had none.
    package var messageID: String?
    package let state: LetterState
    /// As ``LockedLetter/Status/isNotifying``.
    package var isNotifying = false
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
        id: String, sender: String, recipient: String, state: LetterState, createdAtSeconds: Int64,
        expiresAtSeconds: Int64
    ) {
        self.id = id
        self.sender = sender
        self.recipient = recipient
        self.state = state
        self.createdAtSeconds = createdAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
    }

    /// True where nobody has opened it, and no password is taken now: who has opened a letter knows its password.
    package var isResting: Bool { state == .waiting && restsUntilSeconds != nil }

    /// The commands' word for its state, older than the others: scripts read it.
    var word: String {
        switch state {
        case .sending: isNotifying ? "notifying" : "pending"
        case .waiting, .opened: "readable"
        case .expired, .revoked, .gone: state.rawValue
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(id, forKey: .id)
        try keys.encode(sender, forKey: .sender)
        try keys.encode(recipient, forKey: .recipient)
        try keys.encodeIfPresent(messageID, forKey: .messageID)
        try keys.encode(word, forKey: .state)
        try keys.encode(createdAtSeconds, forKey: .createdAtSeconds)
        try keys.encode(expiresAtSeconds, forKey: .expiresAtSeconds)
        try keys.encodeIfPresent(askedAtSeconds, forKey: .askedAtSeconds)
        try keys.encodeIfPresent(openedAtSeconds, forKey: .openedAtSeconds)
        try keys.encodeIfPresent(fetchedAtSeconds, forKey: .fetchedAtSeconds)
        try keys.encode(wrongGuesses, forKey: .wrongGuesses)
        try keys.encodeIfPresent(restsUntilSeconds, forKey: .restsUntilSeconds)
        try keys.encode(answers, forKey: .answers)
    }

    /// One line of a listing.
    package var text: String {
        let opened = openedAtSeconds.map { "opened \(ShownTime.day($0))" } ?? "not opened"
        let rests = restsUntilSeconds.map { ", rests until \(ShownTime.moment($0))" } ?? ""
        return "\(id)  \(sender) -> \(recipient)  \(word), \(opened), "
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
            state:            \(word)
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
