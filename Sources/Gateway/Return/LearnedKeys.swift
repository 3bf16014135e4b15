// Keys that readers send from an opened letter. An upload is judged by gpg and stripped to the reader's address; a mail
// sealed to it goes there; a reader who can read that mail and follows its link has proved address and key together.
// Only then the certificate is written to state/gateway/learned-keys, from where the keyring takes it. Never to the
// administrator's own folder. Touches that folder and the gateway's database; sends through the relay.

import Cryptography
import Delivery
import Foundation
import Glibc
import Links
package import Mail
import OpenPGP
import POSIX
import Sealing
import Vault
import Wording

/// Takes uploads and confirmations.
package struct LearnedKeys: Sendable {
    /// Most bytes of one upload (docs/inside/links-protocol.md, section 8).
    static let uploadBytes = 65_536
    /// A confirmation can be given so long, in seconds.
    static let pendingSeconds: Int64 = 7 * 86_400

    /// `state/gateway/learned-keys`.
    let folder: String
    let engine: Engine
    let ledger: any PendingKeys

    /// What became of an upload.
    enum Outcome: Sendable, Equatable {
        /// The confirmation mail has been taken by the next hop.
        case asked
        /// It is no key that could be used for this reader.
        case refused(UploadedKeyProblem)
    }

    /// Where they lie under a state folder.
    package static func folder(of stateFolder: String) -> String { "\(stateFolder)/gateway/learned-keys" }

    /// Makes the folder (0700) where it is missing.
    static func prepare(_ folder: String) throws(Refusal) {
        if mkdir(folder, 0o700) != 0, errno != EEXIST {
            throw failure("making the folder \"\(folder)\"")
        }
    }

    /// Judges an upload and asks its owner to confirm.
    /// - Parameters:
    ///   - reader: who opened the letter; the key is for this address only.
    ///   - language: of the mail.
    /// - Throws: a ``Refusal`` where it cannot be done now.
    func take(
        _ upload: MessageBytes, from reader: Mailbox, language: Language, path: MessagePath, nowSeconds: Int64
    ) async throws(Refusal) -> Outcome {
        guard upload.count <= Self.uploadBytes else { return .refused(.notOneCertificate) }
        let key: UploadedKey
        switch try await engine.admit(upload, for: reader, nowSeconds: nowSeconds) {
        case .failure(let problem): return .refused(problem)
        case .success(let admitted): key = admitted
        }
        let token: [UInt8]
        let digest: [UInt8]
        do {
            token = try Randomness.bytes(16)
            digest = try SHA256Digest.of(token)
        } catch { throw error.refusal }
        let pending = PendingKey(
            tokenDigest: digest, address: reader.description, fingerprint: key.fingerprint,
            certificate: try key.bytes.copy(), expiresAtSeconds: nowSeconds + Self.pendingSeconds)
        try await ledger.keep(pending, for: reader, nowSeconds: nowSeconds)
        try await send(key, to: reader, token: token, language: language, path: path, nowSeconds)
        return .asked
    }

    /// A token came back: the key counts from the next message on.
    /// - Parameter token: what stood in the mail's link; any bytes.
    /// - Returns: whose key it is; nil where the token confirms nothing.
    /// - Throws: a ``Refusal`` of cause `storage` where it cannot be written now; it can be confirmed again.
    func confirm(_ token: [UInt8], nowSeconds: Int64) async throws(Refusal) -> Mailbox? {
        guard token.count == 16 else { return nil }
        let digest: [UInt8]
        do { digest = try SHA256Digest.of(token) } catch { throw error.refusal }
        guard let pending = try await ledger.pendingKey(tokenDigest: digest, nowSeconds: nowSeconds),
            let owner = Mailbox(pending.address)
        else { return nil }
        try write(pending.certificate, as: Self.fileName(of: owner))
        Failpoint.reach("learned-keys.written")
        try await ledger.forgetPendingKey(tokenDigest: digest)
        return owner
    }

    /// Forgets the key of an address.
    /// - Returns: false where there was none.
    package static func forget(_ owner: Mailbox, in folder: String) throws(Refusal) -> Bool {
        let path = "\(folder)/\(fileName(of: owner))"
        guard unlink(path) != 0 else { return true }
        guard errno == ENOENT else { throw failure("deleting \"\(path)\"") }
        return false
    }

    /// One file for each address: a later key takes the place of the former.
    static func fileName(of owner: Mailbox) -> String {
        let name = owner.folded
        let isPlain =
            name.utf8.count <= 120 && !name.hasPrefix(".") && !name.hasPrefix("-")
            && name.utf8.allSatisfy {
                (48...57).contains($0) || (97...122).contains($0) || "@._+-".utf8.contains($0)
            }
        // What a file name does not carry well goes by its digest.
        let safe = isPlain ? name : "address-\(FeatureSalt.plainFingerprint(name))"
        return "\(safe).pgp"
    }

    /// All of the file or nothing, also after a power cut.
    private func write(_ bytes: [UInt8], as name: String) throws(Refusal) {
        let path = "\(folder)/\(name)"
        // The keyring does not read names that begin with a dot.
        let temporary = "\(folder)/.\(name).new"
        do throws(AtomicFile.Failure) {
            let file = try AtomicFile(replacing: path, temporary: temporary)
            try file.write(bytes)
            // The name must be as durable as what it names: the token is forgotten next.
            try file.commit(.fileAndName)
        } catch {
            let doing =
                switch error.step {
                case .making: "making \"\(temporary)\""
                case .writing: "writing \"\(path)\""
                case .syncing: "syncing \"\(folder)\""
                }
            throw Self.failure(doing, error.error)
        }
    }

    private func send(
        _ key: UploadedKey, to reader: Mailbox, token: [UInt8], language: Language, path: MessagePath,
        _ nowSeconds: Int64
    ) async throws(Refusal) {
        let mail = try await path.sealer.keyConfirmation(
            to: reader, key: key, token: Base64URL.encode(token), language: language, nowSeconds: nowSeconds)
        try await path.relay.deliver(notice: mail, deadline: .now + .seconds(Retries.noticeSeconds))
    }

    private static func failure(_ doing: String, _ error: SystemError = SystemError()) -> Refusal {
        Refusal(
            .storage, "local storage is not available, try again later", detail: "\(doing): \(error.words)")
    }
}
