// Under what a message is remembered. A value only.

/// A keyed HMAC-SHA-256 of a message without its Received fields: the same for each retry of it, by whatever hop, and
/// telling nothing to who reads the database without its key.
package struct MessageFingerprint: Sendable, Hashable {
    /// 32 bytes.
    package let bytes: [UInt8]

    package init(
        bytes: [UInt8]
    ) {
        self.bytes = bytes
    }
}
