// A reader's wish about a standing password. A value only.

/// A reader's wish that the password be kept or forgotten.
package struct PasswordWish: Sendable, Equatable {
    /// Which one: the same at each try.
    package let name: String
    /// Seconds since 1970 of its first try.
    package let atSeconds: Int64
    /// It has been tried before.
    package let isRetry: Bool

    /// - Parameter taken: the answer that it came with.

    package init(_ taken: TakenAnswer) {
        name = "\(taken.id.letter)/\(taken.id.answer)"
        atSeconds = taken.takenAtSeconds
        isRetry = taken.tries > 0
    }
}
