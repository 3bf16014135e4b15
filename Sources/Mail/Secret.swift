// Values that must not reach a log, a trace or an error text.

/// A password, link secret or key as text; its description shows its length only.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The text itself. Code that reads it says in a comment where it goes.
    package let revealed: String

    /// Wraps a text.
    package init(_ text: String) { self.revealed = text }

    /// `[secret, N characters]`.
    package var description: String { "[secret, \(revealed.count) characters]" }
    /// As ``description``.
    package var debugDescription: String { description }
}
