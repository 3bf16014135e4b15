// Values of the parameters of delivery status notifications: RET, ENVID, NOTIFY, ORCPT (RFC 3461 section 4, RFC 6533).
// Takes the text behind `=`; gives the value, or nil. What is passed on is kept as written. Pure; never traps.

/// The grammar of DSN parameters.
package enum NotificationParameters {
    /// RFC 3461 section 4.4 and 4.2, in octets as written.
    private static let envelopeIDBytes = 100
    private static let originalRecipientBytes = 500

    /// FULL or HDRS, in any case.
    package static func ret(_ value: String) -> Envelope.Return? { Envelope.Return(rawValue: value.uppercased()) }

    /// xtext of printable ASCII, at most 100 octets: `QQ314159`.
    package static func envelopeID(_ value: String) -> String? {
        guard value.utf8.count <= envelopeIDBytes, let meant = Xtext.decode(value.utf8) else { return nil }
        return meant.allSatisfy { (32...126).contains($0) } ? value : nil
    }

    /// `NEVER`, or a list such as `SUCCESS,FAILURE`.
    package static func notify(_ value: String) -> Envelope.Notify? {
        if value.uppercased() == "NEVER" { return .never }
        var result = Envelope.Notify()
        for word in value.uppercased().split(separator: ",", omittingEmptySubsequences: false) {
            switch word {
            case "SUCCESS": result.insert(.success)
            case "FAILURE": result.insert(.failure)
            case "DELAY": result.insert(.delay)
            default: return nil
            }
        }
        return result
    }

    /// `rfc822;bob+2Bx@example.org`: a type, and the address in xtext of printable ASCII; at most 500 octets. The type
    /// `utf-8` may hold UTF-8 as it is (RFC 6533 section 3), which needs SMTPUTF8: see ``needsSMTPUTF8(_:)``.
    package static func originalRecipient(_ value: String) -> String? {
        guard value.utf8.count <= originalRecipientBytes, let semicolon = value.utf8.firstIndex(of: UInt8(ascii: ";"))
        else { return nil }
        let type = value.utf8[..<semicolon]
        let address = value.utf8[semicolon...].dropFirst()
        guard !type.isEmpty, type.allSatisfy(isTypeOctet), !address.isEmpty else { return nil }
        let isUTF8 = String(Substring(type)).lowercased() == "utf-8"
        // Only the octets of ASCII have an encoding; the others stand for themselves.
        guard isUTF8 || address.allSatisfy({ $0 < 128 }), let meant = Xtext.decode(address.filter { $0 < 128 }) else {
            return nil
        }
        return meant.allSatisfy { (32...126).contains($0) } ? value : nil
    }

    /// True where the value may only be said in a transaction with SMTPUTF8.
    package static func needsSMTPUTF8(_ value: String) -> Bool { value.utf8.contains { $0 > 127 } }

    /// Octets of an atom (RFC 5322 section 3.2.3) that mail address types use.
    private static func isTypeOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-_.".utf8.contains(octet)
        }
    }
}
