// Encoding of the texts that Letterlock writes itself. Pure.

/// Quoted-printable for the texts we write (RFC 2045 section 6.7).
enum QuotedPrintable {
    private static let hex = Array("0123456789ABCDEF")

    /// Lines end in LF in, in CRLF out; no line is longer than 76 characters.
    static func encode(_ text: String) -> String { encode(Array(text.utf8)) }

    /// As ``encode(_:)-(String)``, for octets that need not be UTF-8.
    static func encode(_ octets: [UInt8]) -> String {
        octets.split(separator: 10, omittingEmptySubsequences: false).map(line).joined(separator: "\r\n")
    }

    private static func line(_ text: ArraySlice<UInt8>) -> String {
        let octets = Array(text)
        var out = ""
        var width = 0
        for (index, octet) in octets.enumerated() {
            let last = index == octets.count - 1
            let blank = octet == 32 || octet == 9
            let plain = (octet > 32 && octet < 127 && octet != UInt8(ascii: "=")) || (blank && !last)
            let token = plain ? String(UnicodeScalar(octet)) : "=\(hex[Int(octet >> 4)])\(hex[Int(octet & 15)])"
            if width + token.count > (last ? 76 : 75) {
                out += "=\r\n"
                width = 0
            }
            out += token
            width += token.count
        }
        return out
    }
}
