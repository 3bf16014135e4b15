// What an entry of a list of addresses can be, and what people write in its place.

import Detection
import Foundation
import Mail

/// Entries of lists.
package enum ListEntry {
    /// What is wrong with an entry, or nil: a domain, `.domain` for its sub-domains, or an address.
    package static func problem(_ entry: String) -> String? {
        if entry.contains("@") {
            return Mailbox(entry) == nil ? "'\(entry)' is not a mail address: \(Mailbox.fault(in: entry))" : nil
        }
        if Network(entry) != nil { return "'\(entry)' is an IP address or a network, and no mail address" }
        let domain = entry.hasPrefix(".") ? String(entry.dropFirst()) : entry
        guard Mailbox("x@\(domain)") != nil else { return "'\(entry)' is neither a domain nor an address" }
        guard entry.contains(".") || entry == "localhost" else {
            return "'\(entry)' is neither a domain nor an address"
        }
        return nil
    }

    /// What the author may not have meant, or nil.
    package static func doubt(_ entry: String) -> (message: String, hint: String)? {
        let domain = entry.split(separator: "@").last ?? ""
        guard !domain.utf8.allSatisfy({ $0 < 128 }), !DomainList.folded(String(domain)).utf8.allSatisfy({ $0 < 128 })
        else { return nil }
        return (
            "'\(entry)' has a domain that the DNS cannot have: it is compared as it is written",
            "look for a letter that was not meant; a domain like bücher.example is compared with its xn-- form too"
        )
    }

    /// What to write instead of an entry that is written as elsewhere (globs, URLs, header fields), or nil.
    package static func likely(_ entry: String) -> String? {
        if entry == "<>" { return "the null sender is in no list: 'not: { sender: { matches: '.' } }' is true for it" }
        let several = entry.split(whereSeparator: { ",; ".contains($0) }).map(String.init)
        if several.count > 1, several.allSatisfy({ problem($0) == nil }) {
            return "write a list: [\(several.joined(separator: ", "))]"
        }
        var text = entry.trimmingCharacters(in: .whitespaces)
        if let scheme = text.range(of: "://") { text = String(text[scheme.upperBound...].prefix { $0 != "/" }) }
        if text.lowercased().hasPrefix("mailto:") { text = String(text.dropFirst(7)) }
        if text.hasSuffix(">"), let angle = text.lastIndex(of: "<") {
            text = String(text[text.index(after: angle)...].dropLast())
        }
        // `*@example.org` and `@example.org` are everybody there.
        for everybody in ["*@", ".*@", ".+@", "%@", "@"] where text.hasPrefix(everybody) {
            text = String(text.dropFirst(everybody.count))
            break
        }
        if text.hasPrefix("*.") { text = String(text.dropFirst()) }
        if text.hasPrefix("*"), text.contains(".") { text = ".\(text.dropFirst())" }
        if text.hasSuffix(".") { text = String(text.dropLast()) }
        guard text != entry, !text.contains("*"), problem(text) == nil else { return nil }
        guard text.hasPrefix(".") else { return "write '\(text)'" }
        return "write '\(text)' for its sub-domains, and '\(text.dropFirst())' beside it for the domain itself"
    }

    /// A valid entry that means something else than it looks like: what, and what to write; or nil.
    package static func trap(_ entry: String) -> (message: String, hint: String)? {
        if entry.hasPrefix("*@"), let hint = likely(entry) {
            return ("'\(entry)' is one address, whose local part is a star, and not everybody in that domain", hint)
        }
        guard let at = entry.lastIndex(of: "@") else { return nil }
        let local = entry[..<at]
        guard local.contains("*") else { return nil }
        return (
            "'\(entry)' is one address, with a star in it: lists know no wildcards",
            "for addresses of a form write 'matches' with a pattern"
        )
    }

    /// What to write instead of a word that people use for one side, or nil.
    static func side(_ word: String) -> String? {
        switch word.lowercased() {
        case "outside", "external", "extern", "outsiders": "write 'not-in: inside'"
        case "internal", "intern", "ours", "insiders": "write 'in: inside': our own domains, from the settings"
        case "all", "any", "everyone", "everybody", "anyone", "*": "leave the condition out where it is about everybody"
        default: nil
        }
    }
}
