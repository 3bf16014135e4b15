// A key that waits for its owner's word. A value only.

/// One key that waits for its owner's word.
package struct PendingKey: Sendable, Equatable {
    /// SHA-256 of the token, 32 bytes.
    package let tokenDigest: [UInt8]
    /// Whose key it is said to be, as written.
    package let address: String
    /// Of the primary key, upper-case hexadecimal.
    package let fingerprint: String
    /// One transferable public key, binary.
    package let certificate: [UInt8]
    /// Seconds since 1970; from then on it is forgotten.
    package let expiresAtSeconds: Int64

    package init(
        tokenDigest: [UInt8], address: String, fingerprint: String, certificate: [UInt8], expiresAtSeconds: Int64
    ) {
        self.tokenDigest = tokenDigest
        self.address = address
        self.fingerprint = fingerprint
        self.certificate = certificate
        self.expiresAtSeconds = expiresAtSeconds
    }
}
