// Opening a letter: what the page does in the browser, for the demo and the tests (docs/inside/links-protocol.md,
// section 7). Takes what a recipient has (link, password) and what the portal gives; trusts neither. Memory only; slow
// by purpose.

package import Cryptography
package import Mail

/// What a letter holds.
package struct OpenedContent: Sendable {
    /// JSON, UTF-8.
    package let index: [UInt8]
    /// The message, which is also its `.eml`.
    package let message: MessageBytes
}

/// One recipient's way into one letter.
package struct LetterOpener: Sendable {
    private let id: String
    private let keys: LetterKeys
    private let link: SecretBytes

    /// Derives the letter's keys.
    /// - Parameters:
    ///   - id: the path of the link.
    ///   - linkSecret: the link's fragment, base64url.
    ///   - password: as typed.
    ///   - kind: from the portal, like `kdf`, `rounds` and `salt`.
    ///   - leastRounds: fewer are refused, so that a portal cannot weaken the proof it asks for; less only in tests.
    /// - Throws: ``CryptographyError/malformed(_:)`` for a link secret, salt, derivation or number of rounds that
    ///   cannot be.
    package init(
        id: String, linkSecret: String, password: String, kind: LockedLetter.PasswordKind,
        kdf: String = LetterKeys.kdf, rounds: Int, salt: [UInt8], leastRounds: Int = LetterKeys.defaultRounds
    ) throws(CryptographyError) {
        guard let raw = Base64URL.decode(linkSecret), raw.count == LetterLocker.secretBytes else {
            throw .malformed("the link secret")
        }
        guard kdf == LetterKeys.kdf else { throw .malformed("the key derivation \"\(kdf.prefix(40))\"") }
        guard rounds >= leastRounds else { throw .malformed("the number of rounds") }
        guard salt.count == LetterLocker.saltBytes else { throw .malformed("the salt") }
        self.id = id
        let secret = raw.withUnsafeBytes { SecretBytes(copying: $0) }
        link = try LetterProof.link(of: secret)
        keys = try LetterKeys.derive(
            normalisedPassword: LinkPassword.normalise(password, kind: kind), salt: salt, linkSecret: secret,
            rounds: rounds)
    }

    /// What is posted to the portal for ``wrappedKeys``, chunks and answers.
    package var proof: LetterProof {
        LetterProof(link: link.withBytes { Array($0) }, auth: keys.auth.withBytes { Array($0) })
    }

    /// Unwraps the keys that the portal gave for ``auth``.
    /// - Returns: the content key, and the conversation's private key (PKCS#8 DER).
    package func unwrap(_ wrappedKeys: [UInt8]) throws(CryptographyError) -> (
        content: ContentKey, conversation: SecretBytes
    ) {
        guard wrappedKeys.count > AESGCM.nonceBytes + AESGCM.keyBytes + AESGCM.tagBytes else {
            throw .malformed("the wrapped keys")
        }
        let nonce = Array(wrappedKeys[..<AESGCM.nonceBytes])
        let both = try wrappedKeys[AESGCM.nonceBytes...].withUnsafeBufferPointer { (sealed) throws(CryptographyError) in
            try AESGCM.open(
                UnsafeRawBufferPointer(sealed), key: keys.enc, nonce: nonce,
                associated: LetterLocker.wrapAssociated(id),
                what: "the wrapped keys")
        }
        return both.withBytes { bytes in
            let content = SecretBytes(copying: UnsafeRawBufferPointer(rebasing: bytes[..<AESGCM.keyBytes]))
            let conversation = SecretBytes(copying: UnsafeRawBufferPointer(rebasing: bytes[AESGCM.keyBytes...]))
            return (ContentKey(bytes: content), conversation)
        }
    }

    /// Opens a whole content.
    /// - Parameter chunks: all of them, in order.
    /// - Throws: ``CryptographyError/incomplete`` for chunks missing at the end or too many,
    ///   ``CryptographyError/wrongTag(_:)`` for altered or reordered ones, ``CryptographyError/malformed(_:)`` for
    ///   impossible lengths.
    package static func open(_ chunks: [[UInt8]], key: ContentKey) throws(CryptographyError) -> OpenedContent {
        guard !chunks.isEmpty else { throw .incomplete }
        var builder = MessageBytes.Builder()
        for (number, sealed) in chunks.enumerated() {
            let isLast = number == chunks.count - 1
            let plain = try ContentChunks.open(sealed, number: number, isLast: isLast, key: key)
            guard isLast ? plain.count > 0 : plain.count == ContentChunks.chunkBytes else {
                throw .malformed("chunk \(number)")
            }
            plain.withBytes { builder.append($0) }
        }
        let whole: MessageBytes
        do throws(Refusal) { whole = try builder.finish() } catch { throw .malformed("the content") }
        return try split(whole)
    }

    private static func split(_ plain: MessageBytes) throws(CryptographyError) -> OpenedContent {
        do {
            let prefix = try plain.slice(0..<4).copy()
            let length = prefix.reduce(0) { $0 << 8 | Int($1) }
            guard prefix.count == 4, length <= plain.count - 4 else {
                throw CryptographyError.malformed("the index length")
            }
            return OpenedContent(
                index: try plain.slice(4..<4 + length).copy(), message: plain.slice(4 + length..<plain.count))
        } catch {
            throw error as? CryptographyError ?? .malformed("the content")
        }
    }
}
