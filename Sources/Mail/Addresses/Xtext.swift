// xtext (RFC 3461 section 4): printable ASCII with `+2B` for what may not stand for itself. Pure; cannot trap.

/// The encoding of values of ENVID, ORCPT, XCLIENT and XFORWARD.
package enum Xtext {
    /// The octets meant by `text`.
    /// - Returns: nil where it is no xtext: `=`, a control character, a space, an octet above 126, or a `+` without two
    ///   hexadecimal digits in upper case.
    package static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var octets: [UInt8] = []
        var rest = text.makeIterator()
        while let octet = rest.next() {
            guard octet == UInt8(ascii: "+") else {
                guard (33...126).contains(octet), octet != UInt8(ascii: "=") else { return nil }
                octets.append(octet)
                continue
            }
            guard let high = rest.next().flatMap(digit), let low = rest.next().flatMap(digit) else { return nil }
            octets.append(high << 4 | low)
        }
        return octets
    }

    private static func digit(_ octet: UInt8) -> UInt8? {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - 48
        case UInt8(ascii: "A")...UInt8(ascii: "F"): octet - 55
        default: nil
        }
    }
}
