// Mails to a sender about one letter, and which of them are made. Values only.

/// Kinds of mails to a sender about one letter.
package enum LetterNotice: String, NoticeKind {
    /// Opened for the first time.
    case opened
    /// Resting after wrong passwords; at most one a day.
    case resting
    /// Expires soon, and nobody has opened it.
    case expiring
    /// Has expired, and nobody had opened it.
    case expired

    package static var subject: NoticeSubject { .letter }

    /// A letter that nobody has opened is told of so long before its end, in seconds: 3 days.
    package static let warningSeconds: Int64 = 3 * 86_400
    /// A letter that lives shorter than so long is not, in seconds: 6 days.
    package static let leastWarnedSeconds: Int64 = 6 * 86_400
}

/// Which notices are made, and of whose letters.
package struct NoticeWishes: Sendable {
    package let kinds: Set<LetterNotice>
    /// False for a sender whose mail nobody reads.
    package let isRead: @Sendable (_ sender: String) -> Bool

    package init(kinds: Set<LetterNotice>, isRead: @escaping @Sendable (_ sender: String) -> Bool) {
        self.kinds = kinds
        self.isRead = isRead
    }

    /// A notice about a letter, wanted or not.
    /// - Parameters:
    ///   - mark: tells notices of this kind about this letter apart.
    ///   - atSeconds: when what it tells of happened or will.
    package func notice(
        _ kind: LetterNotice, about letter: LetterOwner, mark: Int64, atSeconds: Int64
    ) -> Notice<LetterNotice> {
        Notice(
            kind, about: letter.letterID, mark: mark, atSeconds: atSeconds,
            isWanted: kinds.contains(kind) && isRead(letter.sender))
    }

    /// The warning that a letter expires soon: one for each time at which it would.
    package func warning(about letter: LetterOwner) -> Notice<LetterNotice> {
        notice(.expiring, about: letter, mark: letter.expiresAtSeconds, atSeconds: letter.expiresAtSeconds)
    }
}
