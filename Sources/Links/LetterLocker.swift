// Locking: a message's content once, then a letter for each recipient. The only maker of LockedContent in the product.
// Takes plaintext in memory; gives records for the store and the secrets for the mails. Memory and randomness only;
// lockLetter is slow by purpose (PBKDF2). Fails with a refusal of cause `internalError`, and then gives nothing.

import Cryptography
package import Mail

/// Locks contents and letters (docs/inside/links-protocol.md).
package enum LetterLocker {
    static let idBytes = 16
    static let secretBytes = 16
    static let saltBytes = 16

    /// Seals a message under a new random key.
    /// - Parameters:
    ///   - index: JSON, UTF-8 (docs/inside/links-protocol.md, section 6).
    ///   - message: the message as its recipient may have it (without Bcc and trace fields).
    ///   - spool: what of the chunks stays in memory.
    ///   - key: of this content and no other; nil: a new one.
    ///   - id: as ``contentID()`` gives it; nil: a new one.
    /// - Returns: the record, and the key for ``lockLetter(for:_:password:rounds:stretcher:)``.
    package static func lockContent(
        index: [UInt8], message: MessageBytes, spool: SpoolPolicy = .memoryOnly, key: ContentKey? = nil,
        id: String? = nil
    ) throws(Refusal) -> (LockedContent, ContentKey) {
        do {
            let key = try key ?? ContentKey.make()
            let (chunks, plainBytes) = try ContentChunks.seal(
                index: index, message: message, key: key, spool: spool)
            return (LockedContent(id: try id ?? contentID(), chunks: chunks, plainBytes: plainBytes), key)
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw (error as? CryptographyError ?? .library("content")).refusal
        }
    }

    /// 128 random bits, never with a hyphen in front: a person who types it behind a command must not be taken to mean
    /// an option.
    static func newID() throws(CryptographyError) -> String {
        var id = ""
        repeat { id = Base64URL.encode(try Randomness.bytes(idBytes)) } while id.hasPrefix("-")
        return id
    }

    /// A new random id for a content whose letters are made before it.
    package static func contentID() throws(Refusal) -> String {
        do throws(CryptographyError) { return try newID() } catch { throw error.refusal }
    }

    /// Makes one recipient's letter with a link secret of its own, and a password of its own unless it is told another.
    /// - Parameters:
    ///   - contentKey: of the content that `terms` name.
    ///   - password: what it opens with.
    ///   - rounds: of the derivation, but for a standing password; fewer than the default only in tests.
    ///   - stretcher: takes the rounds; not asked for a standing password.
    /// - Returns: the record, and the secrets; the password among them is empty where it is a standing one.
    package static func lockLetter(
        for contentKey: ContentKey, _ terms: LetterTerms, password: LetterPassword = .made,
        rounds: Int = LetterKeys.defaultRounds, stretcher: PasswordStretcher = .pbkdf2
    ) throws(Refusal) -> (LockedLetter, LetterSecrets) {
        do {
            var material = try Material.make()
            var shown = ""
            switch password {
            case .made: shown = material.password
            case .chosen(let secret):
                // Revealed into the derivation, and into nothing but the sender's own mail.
                shown = secret.revealed
                material.password = shown
                material.kind = .chosen
            case .standing(let standing):
                material.salt = standing.salt
                material.kind = standing.kind
            }
            let keys: LetterKeys
            var usedRounds = rounds
            if case .standing(let standing) = password {
                usedRounds = standing.rounds
                keys = try LetterKeys.derive(stretched: standing.stretched, linkSecret: material.linkSecret)
            } else {
                let normalised = LinkPassword.normalise(material.password, kind: material.kind)
                keys = try LetterKeys.derive(
                    stretched: try stretcher(normalised, salt: material.salt, rounds: rounds),
                    linkSecret: material.linkSecret)
            }
            let letter = try lock(material, keys, contentKey, terms, rounds: usedRounds)
            // To the notification and the password mail, which are forgotten once sent.
            let fragment = material.linkSecret.withBytes { Base64URL.encode($0) }
            return (letter, LetterSecrets(linkSecret: Secret(fragment), password: Secret(shown)))
        } catch {
            throw error.refusal
        }
    }

    /// Everything random in a letter.
    struct Material: Sendable {
        let id: String
        var salt: [UInt8]
        let linkSecret: SecretBytes
        var password: String
        var kind = LockedLetter.PasswordKind.made
        let wrapNonce: [UInt8]
        let conversation: P256.KeyPair

        static func make() throws(CryptographyError) -> Material {
            Material(
                id: try newID(), salt: try Randomness.bytes(saltBytes),
                linkSecret: try Randomness.secret(secretBytes), password: try LinkPassword.make(),
                wrapNonce: try Randomness.bytes(AESGCM.nonceBytes), conversation: try P256.KeyPair.make())
        }
    }

    /// What binds wrapped keys to their letter.
    static func wrapAssociated(_ id: String) -> [UInt8] { Array("letterlock/1 keys \(id)".utf8) }

    private static func lock(
        _ material: Material, _ keys: LetterKeys, _ contentKey: ContentKey, _ terms: LetterTerms, rounds: Int
    ) throws(CryptographyError) -> LockedLetter {
        let parameters = LockedLetter.Parameters(
            version: 1, kdf: LetterKeys.kdf, rounds: rounds, salt: material.salt, passwordKind: material.kind,
            expiresAtSeconds: terms.expiresAtSeconds)
        let verifiers = LockedLetter.Verifiers(
            auth: try SHA256Digest.of(keys.auth),
            link: try SHA256Digest.of(try LetterProof.link(of: material.linkSecret)))
        return LockedLetter(
            id: material.id, contentID: terms.contentID, lock: .init(parameters: parameters, verifiers: verifiers),
            keys: .init(
                wrapped: try wrap(contentKey, material, keys), conversationPublic: material.conversation.publicPoint),
            createdAtSeconds: terms.createdAtSeconds, control: try control(of: material.id, terms))
    }

    private static func control(
        of letterID: String, _ terms: LetterTerms
    ) throws(CryptographyError) -> LockedLetter.Control {
        let untold = LetterTerms.Control(
            token: try .untold(), label: "", place: 0, longestAtSeconds: terms.expiresAtSeconds)
        let control = terms.control ?? untold
        return LockedLetter.Control(
            verifier: try control.token.verifier(), place: control.place,
            label: try control.token.seal(label: control.label, letterID: letterID),
            longestAtSeconds: control.longestAtSeconds)
    }

    static func wrap(
        _ contentKey: ContentKey, _ material: Material, _ keys: LetterKeys
    ) throws(CryptographyError) -> [UInt8] {
        let privateDER = material.conversation.privateDER
        let both = try SecretBytes(count: AESGCM.keyBytes + privateDER.count) { (target) throws(CryptographyError) in
            contentKey.bytes.withBytes { target.copyMemory(from: $0) }
            let tail = UnsafeMutableRawBufferPointer(rebasing: target[AESGCM.keyBytes...])
            privateDER.withBytes { tail.copyMemory(from: $0) }
        }
        let sealed = try both.withBytes { (bytes) throws(CryptographyError) in
            try AESGCM.seal(bytes, key: keys.enc, nonce: material.wrapNonce, associated: wrapAssociated(material.id))
        }
        return material.wrapNonce + sealed
    }
}
