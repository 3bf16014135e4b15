// Later messages under one link (docs/links-protocol.md, section 9): the content key of each is sealed to the public half of
// the letter's conversation key, so that the gateway needs neither password nor link secret. Memory and randomness only.

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
    /// Seals a content key to a conversation.
    /// - Parameters:
    ///   - contentKey: of the content with this id.
    ///   - conversation: the letter's conversation key, uncompressed point.
    /// - Throws: a ``Refusal`` of cause `internalError`.
    package static func lockFollowing(
        for contentKey: ContentKey, contentID: String, letterID: String, number: Int, conversation: [UInt8],
        createdAtSeconds: Int64, expiresAtSeconds: Int64
    ) throws(Refusal) -> FollowingMessage {
        do {
            let ephemeral = try ConversationKey.make()
            let shared = try P256.sharedSecret(P256.PrivateKey(ephemeral.privateDER), with: conversation)
            let key = try followingKey(
                shared, ephemeral: ephemeral.publicPoint, conversation: conversation, letterID: letterID, number: number
            )
            let sealed = try contentKey.bytes.withBytes { (bytes) throws(LinkError) in
                try AESGCM.seal(bytes, key: key, nonce: followingNonce)
            }
            return FollowingMessage(
                id: try newID(), letterID: letterID, number: number,
                contentID: contentID, wrappedKey: ephemeral.publicPoint + sealed, createdAtSeconds: createdAtSeconds,
                expiresAtSeconds: expiresAtSeconds)
        } catch { throw error.refusal }
    }

    /// The key is used once.
    static let followingNonce = [UInt8](repeating: 0, count: AESGCM.nonceBytes)

    static func followingKey(
        _ shared: SecretBytes, ephemeral: [UInt8], conversation: [UInt8], letterID: String, number: Int
    ) throws(LinkError) -> SecretBytes {
        let salt = (ephemeral + conversation).withUnsafeBytes { SecretBytes(copying: $0) }
        return try HKDF.expand(shared, salt: salt, info: "letterlock/1 following \(letterID) \(number)")
    }
}

extension LetterOpener {
    /// The content key of a later message.
    /// - Parameters:
    ///   - wrappedKey: as the portal gave it; untrusted.
    ///   - conversation: private half as ``unwrap(_:)`` gave it.
    ///   - conversationPoint: its public half.
    package static func unwrapFollowing(
        _ wrappedKey: [UInt8], number: Int, letterID: String, conversation: SecretBytes, conversationPoint: [UInt8]
    ) throws(LinkError) -> ContentKey {
        guard wrappedKey.count == P256.pointBytes + AESGCM.keyBytes + AESGCM.tagBytes else {
            throw .malformed("the wrapped key")
        }
        let ephemeral = Array(wrappedKey[..<P256.pointBytes])
        let shared = try P256.sharedSecret(P256.PrivateKey(conversation), with: ephemeral)
        let key = try LetterLocker.followingKey(
            shared, ephemeral: ephemeral, conversation: conversationPoint, letterID: letterID, number: number)
        let plain = try wrappedKey[P256.pointBytes...].withUnsafeBufferPointer { (sealed) throws(LinkError) in
            try AESGCM.open(
                UnsafeRawBufferPointer(sealed), key: key, nonce: LetterLocker.followingNonce, what: "the wrapped key")
        }
        return ContentKey(bytes: plain)
    }
}
