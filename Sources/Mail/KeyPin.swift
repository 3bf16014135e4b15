// The pin of a public key, as settings write it. Pure.

import Cryptography

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
        guard let bytes = Base64.decode(base64), bytes.count == 32 else { return nil }
        digest = bytes
    }

    /// `sha256/` and base64.
    package var description: String { "sha256/\(Base64.encode(digest))" }
}
