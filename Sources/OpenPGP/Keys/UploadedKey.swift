// A certificate that a reader has sent: read strictly, stripped to the one address it is for, and judged by gpg. What
// comes out is still only a claim: the gateway uses it once its owner has answered a mail that only the owner can read.
// Everything about an upload is hostile input. Asks the engine; touches nothing else.

package import Mail
import Packets
import Synchronization

/// An uploaded certificate that could be used.
package struct UploadedKey: Sendable {
    /// One transferable public key, binary, with user ids of the one address only.
    package let bytes: MessageBytes
    /// Of the primary key, upper-case hexadecimal.
    package let fingerprint: String
    let encryptionKeyIDs: [KeyID]
}

/// Why an upload gives no key.
package enum UploadedKeyProblem: Error, Sendable, Equatable {
    /// There is a secret key in it: its owner should make a new one.
    case secretKey
    /// It is not exactly one certificate.
    case notOneCertificate
    /// It has no valid user id of the address.
    case otherAddress
    /// It is expired, revoked, or cannot encrypt.
    case unusable(String)
}

extension Engine {
    /// Reads an upload.
    /// - Parameters:
    ///   - upload: armored or binary; the caller has limited its size.
    ///   - address: whose key it is said to be.
    ///   - nowSeconds: seconds since 1970, for expiry.
    /// - Returns: the key, or why there is none.
    /// - Throws: a ``Refusal`` of cause `engine` or `storage` where it could not be found out: it can be tried again.
    package func admit(
        _ upload: MessageBytes, for address: Mailbox, nowSeconds: Int64
    ) async throws(Refusal) -> Result<UploadedKey, UploadedKeyProblem> {
        let stripped: MessageBytes
        do throws(PacketError) {
            let certificates = try Certificates.split(upload)
            guard certificates.count == 1, let only = certificates.first else { return .failure(.notOneCertificate) }
            stripped = try Certificates.keepingUserIDs(of: only) { UserIDAddress.folded($0) == address.folded }
        } catch {
            switch error {
            case .secretKey: return .failure(.secretKey)
            case .storage(let detail): throw Engine.failure(detail)
            default: return .failure(.notOneCertificate)
            }
        }
        guard let key = try await inspect([stripped]).first ?? nil else { return .failure(.otherAddress) }
        let (isPresent, problem) = key.standing(of: address.folded, atSeconds: nowSeconds)
        guard isPresent else { return .failure(.otherAddress) }
        if let problem { return .failure(.unusable(problem)) }
        return .success(
            UploadedKey(
                bytes: stripped, fingerprint: key.primary.fingerprint,
                encryptionKeyIDs: key.encryptionKeyIDs(atSeconds: nowSeconds)))
    }

    /// Has `body` seal something to a key that is not in any folder: the mail that asks for its confirmation.
    package func lending<Value: Sendable>(
        _ key: UploadedKey, to body: (Certificate) async throws(Refusal) -> Value
    ) async throws(Refusal) -> Value {
        let number = lent.wrappingAdd(1, ordering: .relaxed).oldValue
        let certificate = Certificate(
            fingerprint: key.fingerprint, encryptionKeyIDs: key.encryptionKeyIDs, source: "upload \(number)")
        let file = try recipients.register(certificate, key.bytes)
        defer { recipients.unregister(file) }
        return try await body(certificate)
    }
}
