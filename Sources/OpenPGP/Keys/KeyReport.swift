// What `letterlock keys` shows: one report per certificate, and one per file that gives none.

package import Mail

/// One certificate of the folder, or one file in which there is none.
package struct KeyReport: Sendable, Equatable {
    /// One user id of a certificate.
    package struct UserID: Sendable, Equatable {
        /// As it stands in the certificate.
        package let text: String
        /// The address in it, folded; nil where there is none.
        package let address: String?
        /// Why the certificate does not count for it, or nil where it does.
        package let problem: String?
    }

    /// File name without folder.
    package let file: String
    /// Fingerprint of the primary key, upper-case hexadecimal; "" where the file gives no certificate.
    package let fingerprint: String
    /// All user ids with a valid self-signature.
    package let userIDs: [UserID]
    /// Created, in seconds since 1970; 0 where there is no certificate.
    package let createdSeconds: Int64
    /// Expires, in seconds since 1970; nil: never.
    package let expiresSeconds: Int64?
    /// Ids of the (sub)keys that may be encrypted to now; empty where ``problem`` says why.
    package let encryptionKeyIDs: [KeyID]
    /// Why nothing of it is used, or why the file's present content is not (the former one is), or nil.
    package let problem: String?

    /// Folded addresses that this certificate is used for now.
    package var addresses: [String] {
        guard !encryptionKeyIDs.isEmpty else { return [] }
        return userIDs.filter { $0.problem == nil }.compactMap(\.address)
    }
}
