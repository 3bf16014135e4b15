// What the packets of an OpenPGP encrypted message say, as a value.

package import Mail

/// A well-formed OpenPGP encrypted message: one or more session key packets, then one encrypted data packet, nothing
/// else, every length adding up to the end (RFC 4880 section 11.3).
package struct EncryptedMessage: Sendable, Equatable {
    /// How the data is protected.
    package enum Protection: Sendable, Equatable {
        /// Symmetrically Encrypted and Integrity Protected Data, version 1 (tag 18): has an MDC.
        case seipdV1
        /// Version 2 of tag 18, or the AEAD packet (tag 20) of GnuPG: integrity by AEAD.
        case aead
        /// Tag 9: no integrity protection.
        case none
    }
    /// Key ids of the PKESK packets (tag 1), in order; 0 is a hidden recipient.
    package let recipients: [KeyID]
    /// Number of SKESK packets (tag 3): passwords that open it.
    package let passwords: Int
    /// Integrity protection.
    package let protection: Protection

    package init(recipients: [KeyID], passwords: Int, protection: Protection) {
        self.recipients = recipients
        self.passwords = passwords
        self.protection = protection
    }
}
