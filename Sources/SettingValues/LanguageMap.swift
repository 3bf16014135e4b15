// `links.language`: in which language a mail is written, by the recipient's address.

package import Mail

/// Languages by recipient.
package struct LanguageMap: Sendable, Equatable {
    /// For every address without an entry.
    package var fallback: Language
    /// `.fr` for all domains under fr, `example.fr` for one, `marie@example.fr` for one address; folded.
    private var entries: [String: Language] = [:]

    /// - Parameters:
    ///   - fallback: for every other address.
    ///   - entries: an address wins over its domain, that over suffixes, and the longest suffix over the others.
    package init(fallback: Language = .en, entries: [String: Language] = [:]) {
        self.fallback = fallback
        for (key, language) in entries { set(language, for: key) }
    }

    /// The domains, suffixes and addresses with a language of their own, folded.
    package var keys: [String] { entries.keys.sorted() }

    /// The language of one entry, by its key in any spelling.
    package subscript(_ key: String) -> Language? { entries[Self.folded(key)] }

    /// Sets the language of one entry.
    /// - Parameter key: a domain, `.suffix` or address.
    package mutating func set(_ language: Language, for key: String) { entries[Self.folded(key)] = language }

    /// The language of the closest entry.
    package func language(for mailbox: Mailbox) -> Language {
        let domain = DomainList.folded(mailbox.domain)
        if let language = entries[mailbox.folded] ?? entries[domain] { return language }
        let suffixes = entries.filter { $0.key.hasPrefix(".") && domain.hasSuffix($0.key) }
        return suffixes.max { $0.key.count < $1.key.count }?.value ?? fallback
    }

    /// As addresses and domains are compared everywhere: by A-labels.
    private static func folded(_ key: String) -> String {
        if let mailbox = Mailbox(key) { return mailbox.folded }
        return key.hasPrefix(".") ? "." + DomainList.folded(String(key.dropFirst())) : DomainList.folded(key)
    }
}
