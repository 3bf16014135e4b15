// A list of domains and addresses as settings and rules write it. Pure.

/// Domains (`example.org`), sub-domains (`.example.org`) and whole addresses (`bob@bank.example`), compared folded.
package struct DomainList: Sendable, Equatable {
    /// The entries, in lower case, in the order in which they were written.
    package let entries: [String]
    /// The same as they compare: domains with A-labels, addresses as ``Mailbox/folded``.
    package let foldedEntries: [String]
    private let exact: Set<String>
    private let suffixes: [String]

    /// - Parameter entries: each a domain, a domain with a leading dot (its sub-domains, not itself), or an address.
    package init(_ entries: [String]) {
        self.entries = entries.map { $0.lowercased() }
        self.foldedEntries = entries.map(Self.folded)
        self.exact = Set(foldedEntries.filter { !$0.hasPrefix(".") })
        self.suffixes = foldedEntries.filter { $0.hasPrefix(".") }
    }

    /// An entry as it compares with others: of two that are equal in it, each stands for the same addresses.
    package static func folded(_ entry: String) -> String {
        guard entry.utf8.contains(UInt8(ascii: "@")) else { return DomainName.folded(entry) }
        return Mailbox(entry)?.folded ?? entry.lowercased()
    }

    /// True where the mailbox, or the same mailbox without its `+tag`, its domain, or a parent of its domain is listed.
    package func contains(_ mailbox: Mailbox) -> Bool {
        let domain = mailbox.foldedDomain
        if exact.contains(domain) || exact.contains(mailbox.folded) { return true }
        if let plain = mailbox.foldedWithoutTag, exact.contains(plain) { return true }
        return suffixes.contains { domain.hasSuffix($0) }
    }
}
