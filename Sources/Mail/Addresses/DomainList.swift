// A list of domains and addresses as settings and rules write it. Pure.

/// Domains (`example.org`), sub-domains (`.example.org`) and whole addresses (`bob@bank.example`), compared folded.
package struct DomainList: Sendable, Equatable {
    /// The entries, in lower case, in the order in which they were written.
    package let entries: [String]
    /// The same as they compare: domains with A-labels, addresses as ``Mailbox/folded``.
    package let foldedEntries: [String]
    private let exact: Set<String>
    private let suffixes: Set<String>

    /// - Parameter entries: each a domain, a domain with a leading dot (its sub-domains, not itself), or an address.
    package init(_ entries: [String]) {
        self.entries = entries.map { $0.lowercased() }
        self.foldedEntries = entries.map(Self.folded)
        self.exact = Set(foldedEntries.filter { !$0.hasPrefix(".") })
        self.suffixes = Set(foldedEntries.filter { $0.hasPrefix(".") })
    }

    /// An entry as it compares with others: of two that are equal in it, each stands for the same addresses.
    package static func folded(_ entry: String) -> String {
        guard entry.utf8.contains(UInt8(ascii: "@")) else { return DomainName.folded(entry) }
        return Mailbox(entry)?.folded ?? entry.lowercased()
    }

    /// True where the mailbox, or the same mailbox without its `+tag`, its domain, or a parent of its domain is listed.
    package func contains(_ mailbox: Mailbox) -> Bool { contains(FoldedMailbox(mailbox)) }

    /// The same for a mailbox whose spellings are known: what asks many lists about one folds it once.
    package func contains(_ mailbox: FoldedMailbox) -> Bool {
        if mailbox.exact.contains(where: exact.contains) { return true }
        return !suffixes.isEmpty && mailbox.parents.contains(where: suffixes.contains)
    }
}

/// A mailbox as entries of lists know it.
package struct FoldedMailbox: Sendable {
    /// Its domain, itself, and itself without a `+tag`, as ``Mailbox/folded`` and its like write them.
    let exact: [String]
    /// `.example.org` for each domain that its own is a sub-domain of.
    let parents: [String]
    /// Every entry that holds it: a list holds the mailbox where it has one of these among
    /// ``DomainList/foldedEntries``, and only then.
    package var entries: [String] { exact + parents }

    /// The spellings of a mailbox.
    package init(_ mailbox: Mailbox) {
        let domain = mailbox.foldedDomain
        exact = [domain, mailbox.folded] + (mailbox.foldedWithoutTag.map { [$0] } ?? [])
        parents = domain.utf8.indices.filter { domain.utf8[$0] == UInt8(ascii: ".") }.map { String(domain[$0...]) }
    }
}
