// What was looked at, how it stands, and what to do about it. Values only.

/// One thing that was looked at.
package struct Finding: Sendable, Equatable, Encodable {
    /// How it stands: `fail` keeps mail from passing, or lets it pass where it must not.
    package enum State: String, Sendable, Encodable { case ok, warn, fail }

    package let state: State
    /// `settings`, `gpg`, `files`, …
    package let area: String
    /// What was found: one line, lower case, no full stop.
    package let what: String
    /// What to do: one line; nil where nothing is to be done.
    package let hint: String?

    /// All is well.
    package static func ok(_ area: String, _ what: String) -> Finding {
        Finding(state: .ok, area: area, what: what, hint: nil)
    }
    /// Mail passes, but something should be changed.
    package static func warn(_ area: String, _ what: String, hint: String) -> Finding {
        Finding(state: .warn, area: area, what: what, hint: hint)
    }
    /// Mail does not pass, or passes where it must not.
    package static func fail(_ area: String, _ what: String, hint: String) -> Finding {
        Finding(state: .fail, area: area, what: what, hint: hint)
    }

    /// For a terminal: one line, and the hint on a line of its own.
    package var text: String {
        let word = state.rawValue + String(repeating: " ", count: 5 - state.rawValue.count)
        return "\(word)\(area): \(what)" + (hint.map { "\n       \($0)" } ?? "")
    }
}
