// What is wrong with a text that is no mail address, for people who have to mend it. Pure.

extension Mailbox {
    /// Longest local part in octets. RFC 5321 section 4.5.3.1.1 asks for 64 at least and says "if possible, no limits":
    /// bounce addresses (VERP), SRS and reply addresses of ticket systems are longer.
    package static let localPartBytes = 256
    /// Longest domain in octets (RFC 5321 section 4.5.3.1.2; the DNS has no longer ones).
    package static let domainBytes = 255

    /// Why ``init(_:)`` gives nil: `the local part has 300 octets, more than 256`. Quotes nothing of the text.
    package static func fault(in text: String) -> String {
        guard let at = text.utf8.lastIndex(of: UInt8(ascii: "@")) else { return "it has no @" }
        let local = text[..<at]
        let domain = text[text.utf8.index(after: at)...]
        if local.isEmpty { return "nothing stands before the @" }
        if domain.isEmpty { return "nothing stands behind the @" }
        if local.utf8.count > localPartBytes {
            return "the local part has \(local.utf8.count) octets, more than \(localPartBytes)"
        }
        if domain.utf8.count > domainBytes {
            return "the domain has \(domain.utf8.count) octets, more than \(domainBytes)"
        }
        guard isLocalPart(local) else { return localFault(local) }
        return domainFault(domain)
    }

    private static func localFault(_ local: Substring) -> String {
        if local.utf8.contains(where: { $0 < 32 || $0 == 127 }) { return "the local part holds a control character" }
        if local.hasPrefix("\"") { return "the quotes of the local part are not right" }
        if local.hasPrefix(".") || local.hasSuffix(".") || local.contains("..") {
            return "a dot of the local part stands at an end or beside another"
        }
        return "the local part holds a character that must be quoted"
    }

    private static func domainFault(_ domain: Substring) -> String {
        if domain.hasPrefix("[") { return "the address literal is not right" }
        let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
        if labels.contains(where: \.isEmpty) { return "a dot of the domain stands at an end or beside another" }
        if labels.contains(where: { $0.utf8.count > 63 }) { return "a label of the domain has more than 63 octets" }
        if labels.contains(where: { $0.hasPrefix("-") || $0.hasSuffix("-") }) {
            return "a label of the domain begins or ends with a hyphen"
        }
        return "the domain holds a character that no domain has"
    }
}
