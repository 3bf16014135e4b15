// Reverse and forward paths of MAIL and RCPT (RFC 5321 section 4.1.2, UTF-8 by RFC 6531).
// Takes octets of a command line; gives the path and what stands behind it, or nil. Pure; never traps.

package import Mail

/// What stands between the angle brackets of MAIL FROM or RCPT TO.
package enum Path: Sendable, Equatable {
    /// `<>`: the null sender.
    case null
    /// `<Postmaster>` without a domain, which every server has to know (RFC 5321 section 4.5.1).
    case postmaster
    /// `<local@domain>`; a source route in front of it has been dropped (RFC 5321 appendix C).
    case mailbox(Mailbox)

    /// Reads one path at the start of `octets`.
    ///
    /// `<@relay.example,@other.example:bob@example.org> SIZE=1` gives `bob@example.org` and ` SIZE=1`.
    /// - Returns: nil where this is no path; the angle brackets are required.
    package static func parse(_ octets: ArraySlice<UInt8>) -> (path: Path, rest: ArraySlice<UInt8>)? {
        guard octets.first == UInt8(ascii: "<"), let close = closingBracket(octets) else { return nil }
        let rest = octets[(close + 1)...]
        guard let address = withoutRoute(octets[(octets.startIndex + 1)..<close]) else { return nil }
        if address.isEmpty { return octets.startIndex + 1 == close ? (.null, rest) : nil }
        guard let text = String(validating: address, as: UTF8.self) else { return nil }
        if text.utf8.count == 10, text.lowercased() == "postmaster" { return (.postmaster, rest) }
        return Mailbox(text).map { (.mailbox($0), rest) }
    }

    /// Why ``parse(_:)`` gives nil, where there is an address in brackets; else nil.
    static func fault(in octets: ArraySlice<UInt8>) -> String? {
        guard octets.first == UInt8(ascii: "<"), let close = closingBracket(octets),
            let address = withoutRoute(octets[(octets.startIndex + 1)..<close]), !address.isEmpty
        else { return nil }
        guard let text = String(validating: address, as: UTF8.self) else { return "it is not in UTF-8" }
        return Mailbox(text) == nil ? Mailbox.fault(in: text) : nil
    }

    /// The first `>` outside of a quoted string: `<"a>b"@example.org>` is one path.
    private static func closingBracket(_ octets: ArraySlice<UInt8>) -> Int? {
        var quoted = false
        var escaped = false
        for index in octets.indices.dropFirst() {
            let octet = octets[index]
            if escaped {
                escaped = false
            } else if quoted, octet == UInt8(ascii: "\\") {
                escaped = true
            } else if octet == UInt8(ascii: "\"") {
                quoted.toggle()
            } else if octet == UInt8(ascii: ">"), !quoted {
                return index
            }
        }
        return nil
    }

    /// Drops `@a,@b:`; nil where a route is begun and not well-formed.
    private static func withoutRoute(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var rest = octets
        guard rest.first == UInt8(ascii: "@") else { return octets }
        while rest.first == UInt8(ascii: "@") {
            let domain = rest.dropFirst().prefix { isRouteOctet($0) }
            guard !domain.isEmpty else { return nil }
            rest = rest[domain.endIndex...]
            if rest.first == UInt8(ascii: ":") { return rest.dropFirst().isEmpty ? nil : rest.dropFirst() }
            guard rest.first == UInt8(ascii: ",") else { return nil }
            rest = rest.dropFirst()
        }
        return nil
    }

    private static func isRouteOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), 128...255:
            true
        default: false
        }
    }
}
