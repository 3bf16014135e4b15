// What a trusted peer tells about the client behind it: XCLIENT and XFORWARD, as Postfix speaks them (XCLIENT_README,
// XFORWARD_README). Takes octets behind the verb; gives attributes or a CommandError. Pure; never traps.

import Mail
import Glibc

/// Attributes of a client, by name; nil is a value the peer knows to be unknown (`[UNAVAILABLE]`, `[TEMPUNAVAIL]`).
package struct ClientClaims: Sendable, Equatable {
    /// Who tells.
    package enum Verb: String, Sendable { case xclient = "XCLIENT", xforward = "XFORWARD" }

    /// What is told.
    package enum Attribute: String, Sendable, CaseIterable {
        case name = "NAME"
        case address = "ADDR"
        case port = "PORT"
        case `protocol` = "PROTO"
        case hello = "HELO"
        case ident = "IDENT"
        case source = "SOURCE"
        case login = "LOGIN"
        case destinationAddress = "DESTADDR"
        case destinationPort = "DESTPORT"
    }

    private static let valueBytes = 255
    private static let forXCLIENT: [Attribute] = [
        .name, .address, .port, .protocol, .hello, .login, .destinationAddress, .destinationPort,
    ]
    private static let forXFORWARD: [Attribute] = [.name, .address, .port, .protocol, .hello, .ident, .source]

    private var values: [Attribute: String?] = [:]

    /// Nothing told.
    package init() {}

    /// Reads `NAME=client.example.org ADDR=192.0.2.1 HELO=[UNAVAILABLE]`.
    /// - Throws: `badAttribute` for a name the verb does not have, one that is repeated, or a wrong value.
    package init(_ verb: Verb, _ octets: ArraySlice<UInt8>) throws(CommandError) {
        let known = Self.attributes(of: verb)
        for word in octets.split(separator: 32) {
            let parts = word.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(decoding: parts[0], as: UTF8.self).uppercased()
            guard parts.count == 2, let attribute = Attribute(rawValue: name), known.contains(attribute),
                values[attribute] == nil
            else { throw .badAttribute(name) }
            values[attribute] = .some(try Self.value(attribute, parts[1]))
        }
        guard !values.isEmpty else { throw .badAttribute("") }
    }

    /// The attributes of a verb, in the order in which they are offered.
    static func attributes(of verb: Verb) -> [Attribute] { verb == .xclient ? forXCLIENT : forXFORWARD }

    /// What was told: nil for nothing, `.some(nil)` for "unknown".
    subscript(_ attribute: Attribute) -> String?? { values[attribute] }

    /// Adds what another command tells; the newer word counts.
    mutating func merge(_ newer: ClientClaims) { values.merge(newer.values) { _, new in new } }

    private static func value(_ attribute: Attribute, _ text: ArraySlice<UInt8>) throws(CommandError) -> String? {
        guard let octets = Xtext.decode(text), (1...valueBytes).contains(octets.count),
            let value = String(validating: octets, as: UTF8.self), octets.allSatisfy({ $0 >= 32 && $0 != 127 })
        else { throw .badAttribute(attribute.rawValue) }
        if ["[UNAVAILABLE]", "[TEMPUNAVAIL]"].contains(value.uppercased()) { return nil }
        guard let read = read(attribute, value) else { throw .badAttribute(attribute.rawValue) }
        return read
    }

    private static func read(_ attribute: Attribute, _ value: String) -> String? {
        switch attribute {
        case .address, .destinationAddress: return address(value)
        case .port, .destinationPort:
            guard value.utf8.count <= 5, value.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
            return Int(value).flatMap { $0 <= 65535 ? value : nil }
        case .protocol: return ["SMTP", "ESMTP"].contains(value.uppercased()) ? value.uppercased() : nil
        case .source: return ["LOCAL", "REMOTE"].contains(value.uppercased()) ? value.uppercased() : nil
        // What a client somewhere called itself may be anything. It goes into a Received field, where nothing in it may
        // end or open anything.
        case .name, .hello: return String(value.unicodeScalars.map { isNameScalar($0) ? Character($0) : "?" })
        case .login, .ident: return value
        }
    }

    /// `192.0.2.1` or `IPv6:2001:db8::1`, as the rest of us spells it: without the tag.
    private static func address(_ value: String) -> String? {
        let isTagged = value.uppercased().hasPrefix("IPV6:")
        let plain = isTagged ? String(value.dropFirst(5)) : value
        var octets = in6_addr()
        if !isTagged, inet_pton(AF_INET, plain, &octets) == 1 { return plain }
        // Untagged IPv6 is accepted too: proxies write it.
        return inet_pton(AF_INET6, plain, &octets) == 1 ? plain.lowercased() : nil
    }

    private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "-", "_", ":", "[", "]": true
        default: false
        }
    }
}
