// Telephone numbers that text messages go to, in the one form that is taken: E.164. Pure.

/// A telephone number. Its description shows the country's first digits and the last two only.
package struct PhoneNumber: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
    /// `+33612345689`. Code that reads it says in a comment where it goes.
    package let e164: String

    /// - Parameter text: `+` and 7 to 15 digits, the first not 0; spaces, dots and dashes between them are dropped.
    /// - Returns: nil for anything else.
    package init?(_ text: String) {
        let kept = text.unicodeScalars.filter { ![" ", ".", "-", "\u{A0}", "\u{202F}", "\u{2011}"].contains($0) }
        guard kept.first == "+" else { return nil }
        let digits = kept.dropFirst()
        guard (7...15).contains(digits.count), digits.first != "0",
            digits.allSatisfy({ ("0"..."9").contains($0) })
        else { return nil }
        e164 = "+\(String(String.UnicodeScalarView(digits)))"
    }

    /// The last two digits, by which its owner knows it.
    package var ending: String { String(e164.suffix(2)) }
    /// `+33…89`, for logs and listings.
    package var description: String { "\(e164.prefix(3))…\(ending)" }
    /// As ``description``.
    package var debugDescription: String { description }
}
