// The one vocabulary of where a letter stands: the sender's page, the portal's API, both databases, operations and the
// admin page say these words. What the commands and the metrics call them stands where they are written.

/// Where a letter stands. Raw values are the words of the API (docs/links/control.md) and of the databases.
package enum LetterState: String, Sendable, CaseIterable {
    /// Committed; its notification is not out yet.
    case sending
    /// It can be opened, and nobody has.
    case waiting
    /// It can be opened, and somebody has, with the right password.
    case opened
    /// Its time is over.
    case expired
    /// Its sender or the administrator has taken it back.
    case revoked
    /// Not there any more, and nothing is known of why.
    case gone

    /// True while it can be opened, or will be.
    package var isThere: Bool {
        switch self {
        case .sending, .waiting, .opened: true
        case .expired, .revoked, .gone: false
        }
    }

    /// True where its link opens it.
    package var isReadable: Bool { self == .waiting || self == .opened }
}
