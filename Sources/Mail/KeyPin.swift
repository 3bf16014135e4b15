// The pin of a public key, as settings write it. Pure.

import CLibcrypto

/// SHA-256 of a certificate's SubjectPublicKeyInfo, as DANE's `3 1 1` has it (RFC 7469 section 2.4 for the spelling).
package struct KeyPin: Sendable, Hashable, CustomStringConvertible {
    /// 32 bytes.
    package let digest: [UInt8]

    /// Reads base64 of 32 bytes, with `sha256/` or `sha256//` before it or not. One makes it with
    /// `openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64`.
    package init?(_ text: String) {
        // From the end: the digits may begin with a slash, too.
        let base64 = text.suffix(44)
        guard ["", "sha256/", "sha256//"].contains(text.dropLast(base64.count)) else { return nil }
        // 43 digits and one `=` are 32 bytes.
        guard base64.utf8.count == 44, base64.hasSuffix("="), !base64.hasSuffix("==") else { return nil }
        guard base64.utf8.dropLast().allSatisfy(Self.isDigit) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 33)
        guard EVP_DecodeBlock(&bytes, Array(base64.utf8), 44) == 33 else { return nil }
        digest = Array(bytes.prefix(32))
    }

    /// `sha256/` and base64.
    package var description: String {
        var text = [UInt8](repeating: 0, count: 45)
        let count = EVP_EncodeBlock(&text, digest, Int32(clamping: digest.count))
        return "sha256/" + String(decoding: text.prefix(max(0, Int(count))), as: UTF8.self)
    }

    private static func isDigit(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
