// What the keyring knew about the addresses of one message, as a value: the only look-up has been made before the
// policy judges, so that judging is pure.

/// The 64-bit key id of an OpenPGP key or subkey, as it stands in a PKESK packet (RFC 4880 section 5.1). 0 is hidden.
package struct KeyID: Hashable, Sendable, CustomStringConvertible {
    /// The number; big-endian on the wire.
    package let value: UInt64
    /// From its number.
    package init(_ value: UInt64) { self.value = value }
    /// Sixteen hexadecimal digits, upper case.
    package var description: String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// One usable certificate (OpenPGP public key).
package struct Certificate: Hashable, Sendable {
    /// Fingerprint of the primary key, upper-case hexadecimal.
    package let fingerprint: String
    /// The subkey that gpg will choose first among ``encryptionKeyIDs`` is not known here; any of them may stand in the
    /// output. Ids of all valid encryption-capable (sub)keys.
    package let encryptionKeyIDs: [KeyID]
    /// File name (without folder) it came from, for listings and logs.
    package let source: String

    /// A certificate from its parts.
    package init(fingerprint: String, encryptionKeyIDs: [KeyID], source: String) {
        self.fingerprint = fingerprint
        self.encryptionKeyIDs = encryptionKeyIDs
        self.source = source
    }
}

/// Keys for the addresses of one message, looked up once.
package struct KnownKeys: Sendable, Equatable {
    /// What is known of one address.
    package enum Status: Sendable, Equatable {
        /// Certificates that may be used, all of them, never empty.
        case usable([Certificate])
        /// Certificates exist, none may be used: why, per certificate (`expired on 2025-01-02 (file bob.asc)`).
        case unusable(reasons: [String])
        /// There is no certificate and never was one in this snapshot.
        case none
        /// The look-up failed: nothing may be concluded; the message is answered 451.
        case unknown(reason: String)
    }

    private let byAddress: [String: Status]

    /// - Parameter byAddress: folded address (``Mailbox/folded``) to status; what is missing is `.none`.
    package init(_ byAddress: [String: Status] = [:]) { self.byAddress = byAddress }

    /// The status of an address; the `+tag` fallback has been made by the look-up.
    package subscript(_ mailbox: Mailbox) -> Status { byAddress[mailbox.folded] ?? .none }
}
