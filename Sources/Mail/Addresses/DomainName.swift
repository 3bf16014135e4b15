// Two spellings of one domain: with the letters that people write, and with the A-labels that the DNS knows (RFC 5890).
// They meet in the latter, by libidn2: UTS 46, non-transitional, so that `straße.example` is no `strasse.example`.
// Pure.

import CIDN2
import Glibc

/// Domains as they compare.
enum DomainName {
    /// The domain in lower case, with A-labels; a label that IDNA does not allow stays as it is written, in lower case.
    /// - Parameter domain: a host name, `.example.org` for the sub-domains of one, or an address literal.
    static func folded(_ domain: String) -> String {
        // Nearly every domain. An A-label is its own A-label.
        if domain.utf8.allSatisfy({ $0 < 128 }) { return domain.lowercased() }
        // UTS 46 section 2.3: these are dots too.
        let dots: Set<Unicode.Scalar> = [".", "\u{3002}", "\u{FF0E}", "\u{FF61}"]
        return domain.unicodeScalars.split(omittingEmptySubsequences: false, whereSeparator: dots.contains)
            .map { label(String($0)) }.joined(separator: ".")
    }

    private static func label(_ label: String) -> String {
        let written = label.lowercased()
        if label.utf8.allSatisfy({ $0 < 128 }) { return written }
        // libidn2 takes text that ends at a NUL.
        guard !label.utf8.contains(0) else { return written }
        var made: UnsafeMutablePointer<UInt8>?
        let flags = CInt(IDN2_NFC_INPUT.rawValue | IDN2_NONTRANSITIONAL.rawValue)
        let code = (Array(written.utf8) + [0]).withUnsafeBufferPointer { idn2_lookup_u8($0.baseAddress, &made, flags) }
        guard code == 0, let made else { return written }
        defer { idn2_free(made) }
        let octets = UnsafeBufferPointer(start: made, count: strlen(made))
        // Some letters stand for a dot or a slash beside others: that is no label, and no other domain may come of it.
        guard !octets.isEmpty, octets.allSatisfy(isLabelOctet) else { return written }
        return String(decoding: octets, as: UTF8.self)
    }

    private static func isLabelOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
