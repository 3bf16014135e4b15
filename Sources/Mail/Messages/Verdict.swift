// What the plan says of a recipient or a whole message, in one word. A value.

/// What happens to a message for a recipient, as the plan says. Raw values are the words of log lines, metrics, JSON
/// and the admin page.
package enum Verdict: String, Sendable, CaseIterable, Codable, CustomStringConvertible {
    /// Goes out as it came, or sealed already.
    case pass
    /// Is sealed.
    case seal
    /// Is refused for good.
    case refuse
    /// Is held back for an officer.
    case quarantine
    /// Is refused for now.
    case tempfail

    /// The word.
    package var description: String { rawValue }
}
