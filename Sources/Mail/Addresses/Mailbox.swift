// A mail address as the envelope knows it (RFC 5321 section 4.1.2, RFC 6531 for UTF-8).
// Takes text off the wire or out of a file; gives a value, or nil. Touches nothing; never traps.

/// One address: local part and domain, each kept as it was written.
///
/// Equality is exact. Use ``folded`` wherever two spellings of one address must meet (keys, lists, the ledger).
package struct Mailbox: Hashable, Sendable, CustomStringConvertible {
    /// The part before the last `@`, as written (a quoted local part keeps its quotes).
    package let localPart: String
    /// The part after the last `@`, as written: a host name or an address literal in brackets.
    package let domain: String

    /// Reads `local@domain` without angle brackets.
    /// - Parameter text: at most ``localPartBytes`` + 1 + ``domainBytes`` octets; longer text gives nil.
    /// - Returns: nil where the text is no RFC 5321 Mailbox (control characters, spaces outside quotes, empty parts);
    ///   ``fault(in:)`` says why.
    package init?(_ text: String) {
        guard let at = text.utf8.lastIndex(of: UInt8(ascii: "@")) else { return nil }
        let local = text[..<at]
        let domain = text[text.utf8.index(after: at)...]
        guard (1...Self.localPartBytes).contains(local.utf8.count), (1...Self.domainBytes).contains(domain.utf8.count)
        else { return nil }
        guard Self.isLocalPart(local), Self.isDomain(domain) else { return nil }
        self.localPart = String(local)
        self.domain = String(domain)
    }

    /// A name of the ledger's own (``LedgerMark``): its domain has a space, so that no address is equal to it.
    init(mark: String, of mailbox: Mailbox) {
        localPart = mailbox.localPart
        domain = "\(mark) \(mailbox.foldedDomain)"
    }

    /// Byte-wise: Swift compares text by canonical equivalence, under which two spellings that a mail system delivers
    /// apart would be one.
    package static func == (left: Mailbox, right: Mailbox) -> Bool {
        left.localPart.utf8.elementsEqual(right.localPart.utf8) && left.domain.utf8.elementsEqual(right.domain.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        for octet in localPart.utf8 { hasher.combine(octet) }
        for octet in domain.utf8 { hasher.combine(octet) }
    }

    /// True where the local part routes elsewhere (`bob%other.example`, `other.example!bob`, `"bob@other.example"`): an
    /// MTA behind us may rewrite it to an address that no rule has seen (RFC 5321 section 3.6.1, RFC 1123 section
    /// 5.2.16).
    package var hasRoute: Bool { localPart.utf8.contains { "%!@".utf8.contains($0) } }

    /// `local@domain` as written.
    package var description: String { "\(localPart)@\(domain)" }

    /// The spelling under which two forms of one address meet: both parts in lower case, quotes taken off where the
    /// quoted text needs none (`"bob"@X.org` and `Bob@x.org` are one), the domain as the DNS asks for it
    /// (`bob@bücher.example` and `bob@xn--bcher-kva.example` are one).
    package var folded: String { "\(unquotedLocalPart.lowercased())@\(foldedDomain)" }

    /// The domain as it stands in ``folded``: in lower case, its labels as A-labels where they are valid (RFC 5890).
    package var foldedDomain: String { DomainName.folded(domain) }

    /// The folded spelling without a `+tag`, or nil where there is none (`bob+news@x.org` gives `bob@x.org`).
    package var foldedWithoutTag: String? {
        let local = unquotedLocalPart
        guard let plus = local.firstIndex(of: "+"), plus != local.startIndex else { return nil }
        return "\(local[..<plus].lowercased())@\(foldedDomain)"
    }

    /// True where the address needs SMTPUTF8 (RFC 6531): an octet above 127 in either part.
    package var needsSMTPUTF8: Bool {
        localPart.utf8.contains { $0 > 127 } || domain.utf8.contains { $0 > 127 }
    }

    /// The local part's meaning (RFC 5321 section 4.1.2): quotes and quoted pairs undone, and the quotes put back only
    /// where the text needs them. Otherwise `"b\ob"@x.org` would slip past whatever knows `bob@x.org`.
    private var unquotedLocalPart: String {
        guard localPart.utf8.count >= 2, localPart.hasPrefix("\""), localPart.hasSuffix("\"") else { return localPart }
        var meant: [UInt8] = []
        var escaped = false
        for octet in localPart.utf8.dropFirst().dropLast() {
            if !escaped, octet == UInt8(ascii: "\\") {
                escaped = true
            } else {
                meant.append(octet)
                escaped = false
            }
        }
        let text = String(decoding: meant, as: UTF8.self)
        if Self.isDotString(Substring(text)) { return text }
        let quoted = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(quoted)\""
    }

    static func isLocalPart(_ text: Substring) -> Bool {
        isDotString(text) || isQuotedString(text)
    }

    private static func isDotString(_ text: Substring) -> Bool {
        var previousIsDot = true
        for octet in text.utf8 {
            if octet == UInt8(ascii: ".") {
                if previousIsDot { return false }
                previousIsDot = true
            } else {
                guard isAtomOctet(octet) else { return false }
                previousIsDot = false
            }
        }
        return !previousIsDot
    }

    private static func isQuotedString(_ text: Substring) -> Bool {
        let octets = Array(text.utf8)
        guard octets.count >= 2, octets.first == UInt8(ascii: "\""), octets.last == UInt8(ascii: "\"") else {
            return false
        }
        var escaped = false
        for octet in octets.dropFirst().dropLast() {
            guard octet >= 32, octet != 127 else { return false }
            if escaped {
                escaped = false
            } else if octet == UInt8(ascii: "\\") {
                escaped = true
            } else if octet == UInt8(ascii: "\"") {
                return false
            }
        }
        return !escaped
    }

    private static func isDomain(_ text: Substring) -> Bool {
        if text.hasPrefix("["), text.hasSuffix("]"), text.utf8.count > 2 {
            return text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "<") }
        }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63 && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy(isDomainOctet)
        }
    }

    /// Letters, digits, hyphen; the underscore because real hosts use it; UTF-8 by RFC 6531.
    private static func isDomainOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), 128...255:
            true
        default: false
        }
    }

    /// RFC 5322 section 3.2.3 `atext`, and UTF-8 by RFC 6531.
    private static func isAtomOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), 128...255:
            true
        default: "!#$%&'*+-/=?^_`{|}~".utf8.contains(octet)
        }
    }
}
