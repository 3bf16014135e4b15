// Later messages under one link (docs/inside/links-protocol.md, section 9): the content key of each is sealed to the
// public half of the letter's conversation key, so that the gateway needs neither password nor link secret, and with
// the private half of the gateway's key in that letter, so that nobody else can make one. Memory and randomness only.

package import Cryptography
package import Mail

/// A later message as it is stored. Nothing in it opens it.
package struct FollowingMessage: Sendable, Equatable {
    /// 128-bit random id, base64url without padding: what the store and the sending call it; not shown to readers.
    package let id: String
    /// The letter under whose link it comes.
    package let letterID: String
    /// From 1, in the order in which they were made; there may be gaps.
    package let number: Int
    /// The content it opens.
    package let contentID: String
    /// Ephemeral point and sealed content key.
    package let wrappedKey: [UInt8]
    /// Seconds since 1970.
    package let createdAtSeconds: Int64
    /// Seconds since 1970: so long the letter lives at least, once this is readable.
    package let expiresAtSeconds: Int64

    package init(
        id: String, letterID: String, number: Int, contentID: String, wrappedKey: [UInt8], createdAtSeconds: Int64,
        expiresAtSeconds: Int64
    ) {
        self.id = id
        self.letterID = letterID
        self.number = number
        self.contentID = contentID
        self.wrappedKey = wrappedKey
        self.createdAtSeconds = createdAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
    }
}

extension LetterLocker {
    /// Seals a content key to a conversation, so that its reader knows the gateway made it.
    /// - Parameters:
    ///   - contentKey: of the content with this id.
    ///   - conversation: the letter's conversation key, uncompressed point.
    ///   - gateway: the pair whose public half stands in the letter's own index.
    /// - Throws: a ``Refusal`` of cause `internalError`.
    package static func lockFollowing(
        for contentKey: ContentKey, contentID: String, letterID: String, number: Int, conversation: [UInt8],
        gateway: GatewayKey, createdAtSeconds: Int64, expiresAtSeconds: Int64
    ) throws(Refusal) -> FollowingMessage {
        do {
            let wrapped = try wrapFollowing(
                contentKey, letterID: letterID, number: number, conversation: conversation, gateway: gateway,
                ephemeral: try P256.KeyPair.make())
            return FollowingMessage(
                id: try newID(), letterID: letterID, number: number,
                contentID: contentID, wrappedKey: wrapped, createdAtSeconds: createdAtSeconds,
                expiresAtSeconds: expiresAtSeconds)
        } catch { throw error.refusal }
    }

    /// - Parameter ephemeral: used once; given for the vectors only.
    static func wrapFollowing(
        _ contentKey: ContentKey, letterID: String, number: Int, conversation: [UInt8], gateway: GatewayKey,
        ephemeral: P256.KeyPair
    ) throws(CryptographyError) -> [UInt8] {
        let key = try P256.key(
            of: (
                try P256.sharedSecret(P256.PrivateKey(ephemeral.privateDER), with: conversation),
                try P256.sharedSecret(P256.PrivateKey(gateway.privateDER), with: conversation)
            ), points: ephemeral.publicPoint + gateway.publicPoint + conversation,
            info: followingInfo(letterID, number))
        return try ephemeral.publicPoint
            + contentKey.bytes.withBytes { (bytes) throws(CryptographyError) in
                try AESGCM.seal(bytes, key: key, nonce: followingNonce)
            }
    }

    /// The key is used once.
    static let followingNonce = [UInt8](repeating: 0, count: AESGCM.nonceBytes)

    static func followingInfo(_ letterID: String, _ number: Int) -> String {
        "letterlock/1 following \(letterID) \(number)"
    }
}

extension LetterOpener {
    /// The content key of a later message.
    /// - Parameters:
    ///   - wrappedKey: as the portal gave it; untrusted.
    ///   - conversation: private half as ``unwrap(_:)`` gave it.
    ///   - gateway: the public point in the letter's own index.
    /// - Throws: ``CryptographyError`` for anything but a key that this gateway sealed to this letter under this
    ///   number.
    package static func unwrapFollowing(
        _ wrappedKey: [UInt8], number: Int, letterID: String, conversation: SecretBytes, gateway: [UInt8]
    ) throws(CryptographyError) -> ContentKey {
        guard wrappedKey.count == P256.pointBytes + AESGCM.keyBytes + AESGCM.tagBytes else {
            throw .malformed("the wrapped key")
        }
        let ephemeral = Array(wrappedKey[..<P256.pointBytes])
        let own = try P256.PrivateKey(conversation)
        let key = try P256.key(
            of: (try P256.sharedSecret(own, with: ephemeral), try P256.sharedSecret(own, with: gateway)),
            points: ephemeral + gateway + (try own.publicPoint()),
            info: LetterLocker.followingInfo(letterID, number))
        let plain = try wrappedKey[P256.pointBytes...].withUnsafeBufferPointer { (sealed) throws(CryptographyError) in
            try AESGCM.open(
                UnsafeRawBufferPointer(sealed), key: key, nonce: LetterLocker.followingNonce, what: "the wrapped key")
        }
        return ContentKey(bytes: plain)
    }
}
