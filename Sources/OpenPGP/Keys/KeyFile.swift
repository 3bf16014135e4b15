// What the keyring holds of one file: the certificates that count, and newer ones that have not proved themselves yet.

import Mail
import Packets

/// One certificate out of a file. A class, so that gpg's verdict reaches it wherever it is held; the keyring's alone.
final class HeldCertificate {
    /// What gpg says.
    enum Verdict {
        /// Not asked yet, or gpg could not be asked.
        case open
        /// gpg finds no valid certificate in it.
        case rejected
        case valid(InspectedKey)
    }

    /// File name without folder.
    let file: String
    /// Exactly one transferable public key.
    let bytes: MessageBytes
    /// Folded addresses it claims; unproved.
    let claims: [String]
    /// Why a gpg that rejects it may not know its kind; nil for what every gpg knows.
    let oddKind: String?
    /// What gpg says.
    var verdict = Verdict.open
    /// What the engine knows it by, once it was used.
    var registered: RecipientFile?

    init(file: String, bytes: MessageBytes) throws(Refusal) {
        self.file = file
        self.bytes = bytes
        let octets = try bytes.copy()
        self.claims = CertificatePeek.addresses(octets)
        self.oddKind = CertificatePeek.oddKind(octets)
    }

    /// Why nothing of it is used, where gpg rejects it: whom it names has a key, but not one that can be used.
    var whyRejected: String? {
        if case .rejected = verdict { return oddKind ?? KeyFile.nothingValid }
        return nil
    }

    /// gpg's listing of it, where it is valid.
    var key: InspectedKey? {
        if case .valid(let key) = verdict { return key }
        return nil
    }

    /// True where gpg has to be asked.
    var isOpen: Bool {
        if case .open = verdict { return true }
        return false
    }
}

/// One file of the folder.
struct KeyFile {
    /// What counts: from the last content that was good. Empty where no content was.
    private(set) var certificates: [HeldCertificate] = []
    /// Newer content that parses; it takes the place of `certificates` once gpg finds a valid certificate in it.
    private(set) var candidate: [HeldCertificate]?
    /// Why the present content does not count, or nil.
    private(set) var problem: String?
    /// True where reading failed for a cause that may pass without the file changing.
    private(set) var mustReadAgain = true
    /// True where nothing is known of the file: it cannot be read, and never was.
    var isUnread: Bool { mustReadAgain && problem != nil && certificates.isEmpty }
    /// Folded addresses that damaged content names, or the one that the file's name is: whether they have a key, nobody
    /// can tell. Empty where the content is whole.
    private(set) var doubtfulClaims: [String] = []
    /// True where the content is damaged, or no certificate at all.
    private(set) var isDamaged = false
    /// Of the last content that was read, so that reading the same again changes nothing.
    private var contentHash: Int?

    /// Takes what reading the file gave.
    mutating func take(_ content: Result<MessageBytes, KeyFileError>, name: String) {
        do {
            let bytes = try content.get()
            let hash = try Self.hash(bytes)
            mustReadAgain = false
            guard hash != contentHash else { return }
            contentHash = hash
            candidate = nil
            (doubtfulClaims, isDamaged) = ([], false)
            do { try take(bytes, name) } catch let error as PacketError { try takeDamaged(bytes, name, error) }
        } catch {
            mustReadAgain = true
            contentHash = nil
            problem = (error as? KeyFileError)?.description ?? (error as? Refusal)?.detail ?? "\(error)"
        }
    }

    /// The candidate takes the place of the former content if there is a valid certificate in it.
    /// - Returns: the certificates that no longer count, or nil where nothing changed.
    mutating func settle() -> [HeldCertificate]? {
        guard let candidate else { return nil }
        let isGood = candidate.contains { $0.key != nil }
        guard isGood || !candidate.contains(where: \.isOpen) else { return nil }
        self.candidate = nil
        guard isGood else {
            problem = candidate.lazy.compactMap(\.whyRejected).first ?? Self.nothingValid
            return nil
        }
        defer { certificates = candidate }
        return certificates
    }

    /// For certificates of which gpg keeps nothing.
    static let nothingValid = "no user id or subkey with a valid self-signature"

    private mutating func take(_ bytes: MessageBytes, _ name: String) throws {
        let found = try Certificates.split(bytes).map { try HeldCertificate(file: name, bytes: $0) }
        problem = nil
        // With nothing to fall back to there is nothing to lose: gpg is asked when somebody wants the key.
        if certificates.isEmpty { certificates = found } else { candidate = found }
    }

    private mutating func takeDamaged(_ bytes: MessageBytes, _ name: String, _ error: PacketError) throws {
        problem = error.description
        isDamaged = true
        // A whole file that is refused for what is in it is no doubt about anybody.
        if case .secretKey = error { return }
        doubtfulClaims = CertificatePeek.addresses(inDamaged: try bytes.copy())
        if doubtfulClaims.isEmpty, let named = KeyFolder.address(inName: name) { doubtfulClaims = [named] }
    }

    private static func hash(_ bytes: MessageBytes) throws -> Int {
        var hasher = Hasher()
        hasher.combine(bytes.count)
        try bytes.forEachChunk { hasher.combine(bytes: $0) }
        return hasher.finalize()
    }
}
