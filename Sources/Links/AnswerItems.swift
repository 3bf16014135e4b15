// The items of an answer (docs/inside/links-protocol.md, section 8): each sealed under a key of its own, which needs
// the opened letter to make and the gateway's private key to find. Takes and gives MessageBytes; one chunk of plaintext
// in memory at a time. What is opened comes from strangers: nothing of it is given out before its tags are right.

package import Cryptography
package import Mail

/// What an answer's keys are bound to.
package struct AnswerNames: Sendable, Equatable {
    /// Id of the letter, 22 characters.
    package let letterID: String
    /// Id of the answer, 22 characters.
    package let answerID: String

    package init(letterID: String, answerID: String) {
        self.letterID = letterID
        self.answerID = answerID
    }

    func info(_ item: Int) -> String { "letterlock/1 answer \(letterID) \(answerID) \(item)" }
}

/// Sizes of sealed items.
package enum AnswerItems {
    /// Sealed bytes of an item whose plaintext has so many: one point, and a tag for each chunk.
    package static func sealedBytes(of plainBytes: Int) -> Int {
        let chunks = max(1, (plainBytes + ContentChunks.chunkBytes - 1) / ContentChunks.chunkBytes)
        return P256.pointBytes + plainBytes + chunks * AESGCM.tagBytes
    }

    /// Sealed bytes of an empty item: no item is shorter.
    package static let leastBytes = P256.pointBytes + AESGCM.tagBytes

    /// The key of one item.
    static func key(
        _ names: AnswerNames, item: Int, shared: (SecretBytes, SecretBytes), points: [UInt8]
    ) throws(CryptographyError) -> ContentKey {
        ContentKey(bytes: try P256.key(of: shared, points: points, info: names.info(item)))
    }
}

/// The gateway's side: opens what a reader has sealed.
package struct AnswerOpener: Sendable {
    private let names: AnswerNames
    private let gateway: GatewayKey
    private let conversation: [UInt8]

    /// - Parameters:
    ///   - gateway: the pair whose public half stood in the letter.
    ///   - conversation: public half of the letter's conversation key, as the gateway keeps it itself.
    package init(_ names: AnswerNames, gateway: GatewayKey, conversation: [UInt8]) {
        self.names = names
        self.gateway = gateway
        self.conversation = conversation
    }

    /// The plaintext of one item.
    /// - Parameter spool: what of it stays in memory.
    /// - Throws: ``CryptographyError`` for anything but a whole item of this number, of this answer, made by who holds
    ///   the conversation's private key; a ``Refusal`` of cause `storage` where bytes cannot be read or kept.
    package func open(
        _ item: MessageBytes, number: Int, spool: SpoolPolicy = .memoryOnly
    ) throws -> MessageBytes {
        guard item.count >= AnswerItems.leastBytes else { throw CryptographyError.malformed("item \(number)") }
        let ephemeral = try item.slice(0..<P256.pointBytes).copy()
        let own = try P256.PrivateKey(gateway.privateDER)
        let key = try AnswerItems.key(
            names, item: number,
            shared: (
                try P256.sharedSecret(own, with: ephemeral), try P256.sharedSecret(own, with: conversation)
            ), points: ephemeral + gateway.publicPoint + conversation)
        return try Self.chunks(item.slice(P256.pointBytes..<item.count), key, number, spool)
    }

    private static func chunks(
        _ sealed: MessageBytes, _ key: ContentKey, _ item: Int, _ spool: SpoolPolicy
    ) throws -> MessageBytes {
        let sealedChunk = ContentChunks.chunkBytes + AESGCM.tagBytes
        let count = (sealed.count + sealedChunk - 1) / sealedChunk
        var opened = MessageBytes.Builder(spool: spool)
        for number in 0..<count {
            let isLast = number == count - 1
            let chunk = try sealed.slice((number * sealedChunk)..<((number + 1) * sealedChunk)).copy()
            let plain = try ContentChunks.open(chunk, number: number, isLast: isLast, key: key)
            guard isLast ? plain.count > 0 || count == 1 : plain.count == ContentChunks.chunkBytes else {
                throw CryptographyError.malformed("item \(item)")
            }
            plain.withBytes { opened.append($0) }
            if let failure = opened.failure { throw failure }
        }
        return try opened.finish()
    }
}

/// A reader's side: what the page does in the browser, for the tests and the vectors.
package struct AnswerSealer: Sendable {
    private let names: AnswerNames
    private let gateway: [UInt8]
    private let conversation: SecretBytes

    /// - Parameters:
    ///   - gateway: from the letter's index, 65 bytes.
    ///   - conversation: private half (PKCS#8 DER), as ``LetterOpener/unwrap(_:)`` gives it.
    package init(_ names: AnswerNames, gateway: [UInt8], conversation: SecretBytes) {
        self.names = names
        self.gateway = gateway
        self.conversation = conversation
    }

    /// One item, sealed with a new ephemeral pair.
    package func seal(
        _ plain: MessageBytes, number: Int, spool: SpoolPolicy = .memoryOnly
    ) throws -> MessageBytes {
        try seal(plain, number: number, ephemeral: try P256.KeyPair.make(), spool: spool)
    }

    /// As above with a given pair: for the vectors only, a pair is never used twice.
    func seal(
        _ plain: MessageBytes, number: Int, ephemeral: P256.KeyPair, spool: SpoolPolicy = .memoryOnly
    ) throws -> MessageBytes {
        let own = try P256.PrivateKey(conversation)
        let key = try AnswerItems.key(
            names, item: number,
            shared: (
                try P256.sharedSecret(try P256.PrivateKey(ephemeral.privateDER), with: gateway),
                try P256.sharedSecret(own, with: gateway)
            ), points: ephemeral.publicPoint + gateway + (try own.publicPoint()))
        let (sealed, _) = try ContentChunks.seal(plain, key: key, spool: spool)
        return MessageBytes(joining: [MessageBytes(bytes: ephemeral.publicPoint), sealed])
    }
}
