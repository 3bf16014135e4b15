// A mail to a sender about one letter, and which of them are made. Values only.

/// A mail to a sender about one letter.
package struct LetterNotice: Sendable, Equatable {
    /// A letter that nobody has opened is told of so long before its end, in seconds: 3 days.
    package static let warningSeconds: Int64 = 3 * 86_400
    /// A letter that lives shorter than so long is not, in seconds: 6 days.
    package static let leastWarnedSeconds: Int64 = 6 * 86_400

    package enum Kind: String, Sendable, CaseIterable {
        /// Opened for the first time.
        case opened
        /// Resting after wrong passwords; at most one a day.
        case resting
        /// Expires soon, and nobody has opened it.
        case expiring
        /// Has expired, and nobody had opened it.
        case expired
    }

    package let number: Int64
    package let kind: Kind
    package let letter: LetterOwner
    /// When what it tells of happened or will; seconds since 1970.
    package let atSeconds: Int64
    package let madeAtSeconds: Int64
    /// Tries so far, this one not counted.
    package let tries: Int
    /// Tells notices of one kind about one letter apart.
    package let mark: Int64

    package init(
        number: Int64, kind: Kind, letter: LetterOwner, atSeconds: Int64, madeAtSeconds: Int64, tries: Int, mark: Int64
    ) {
        self.number = number
        self.kind = kind
        self.letter = letter
        self.atSeconds = atSeconds
        self.madeAtSeconds = madeAtSeconds
        self.tries = tries
        self.mark = mark
    }
}

/// Which notices are made, and of whose letters.
package struct NoticeWishes: Sendable {
    package let kinds: Set<LetterNotice.Kind>
    /// False for a sender whose mail nobody reads.
    package let isRead: @Sendable (_ sender: String) -> Bool

    package init(kinds: Set<LetterNotice.Kind>, isRead: @escaping @Sendable (_ sender: String) -> Bool) {
        self.kinds = kinds
        self.isRead = isRead
    }
}
