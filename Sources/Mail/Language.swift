// The languages that Letterlock speaks to people in.

/// A language of pages and mails. Each is complete: a text that is missing in one fails a test.
package enum Language: String, CaseIterable, Sendable, Codable {
    case en, fr, de, es, it, pt, nl

    /// Its own name, as a choice of languages shows it.
    package var ownName: String {
        switch self {
        case .en: "English"
        case .fr: "Français"
        case .de: "Deutsch"
        case .es: "Español"
        case .it: "Italiano"
        case .pt: "Português"
        case .nl: "Nederlands"
        }
    }
}
