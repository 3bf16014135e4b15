// The content of a letter as sealed chunks (docs/inside/links-protocol.md, section 5): cut, numbered, the last one
// marked. Takes an index and a message, gives chunks, and back. One chunk of plaintext in memory at a time when
// sealing.

import Cryptography
package import Mail

/// The random key of one content. A key seals one content only: its nonces are chunk numbers.
package struct ContentKey: Sendable {
    let bytes: SecretBytes

    init(bytes: SecretBytes) { self.bytes = bytes }

    /// A new random one.
    /// - Throws: a ``Refusal`` of cause `internalError` where there is no randomness.
    package static func make() throws(Refusal) -> ContentKey {
        do throws(CryptographyError) { return ContentKey(bytes: try Randomness.secret(AESGCM.keyBytes)) } catch {
            throw error.refusal
        }
    }
}

/// Cutting and numbering.
package enum ContentChunks {
    /// Plaintext of every chunk but the last, in bytes: 1 MiB.
    package static let chunkBytes = 1_048_576

    /// 88-bit big-endian chunk number and 8-bit last-chunk flag.
    static func nonce(_ number: Int, isLast: Bool) -> [UInt8] {
        let counter = UInt64(clamping: number)
        let low = (0..<8).map { UInt8(truncatingIfNeeded: counter >> UInt64(56 - 8 * $0)) }
        return [0, 0, 0] + low + [isLast ? 1 : 0]
    }

    /// The chunks of `uint32 index length ‖ index ‖ message`.
    static func seal(
        index: [UInt8], message: MessageBytes, key: ContentKey, spool: SpoolPolicy = .memoryOnly
    ) throws -> (chunks: [MessageBytes], plainBytes: Int) {
        guard let length = UInt32(exactly: index.count) else { throw CryptographyError.malformed("the index") }
        let prefix = (0..<4).map { UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * $0)) }
        let plain = MessageBytes(joining: [MessageBytes(bytes: prefix + index), message])
        let (all, count) = try seal(plain, key: key, spool: spool)
        let sealedBytes = chunkBytes + AESGCM.tagBytes
        return ((0..<count).map { all.slice(($0 * sealedBytes)..<(($0 + 1) * sealedBytes)) }, plain.count)
    }

    /// The chunks of any plaintext one after the other; at least one, which is empty where the plaintext is.
    /// - Returns: the sealed bytes, and the number of chunks.
    static func seal(
        _ plain: MessageBytes, key: ContentKey, spool: SpoolPolicy
    ) throws -> (sealed: MessageBytes, count: Int) {
        let count = max(1, (plain.count + chunkBytes - 1) / chunkBytes)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(chunkBytes, plain.count), alignment: 16)
        defer {
            SecretMemory.wipe(buffer)
            buffer.deallocate()
        }
        var reader = plain.makeReader()
        var sealed = MessageBytes.Builder(spool: spool)
        for number in 0..<count {
            let wanted = min(chunkBytes, plain.count - number * chunkBytes)
            let target = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
            guard try reader.read(into: target) == wanted else { throw CryptographyError.incomplete }
            let nonce = nonce(number, isLast: number == count - 1)
            let chunk = try AESGCM.seal(UnsafeRawBufferPointer(target), key: key.bytes, nonce: nonce)
            chunk.withUnsafeBytes { sealed.append($0) }
            if let failure = sealed.failure { throw failure }
        }
        return (try sealed.finish(), count)
    }

    /// The plaintext of one chunk.
    /// - Throws: ``CryptographyError/incomplete`` where the chunk is genuine but its place (last or not) is another, as
    ///   after truncation; ``CryptographyError/wrongTag(_:)`` for altered, reordered or foreign bytes.
    static func open(
        _ sealed: [UInt8], number: Int, isLast: Bool, key: ContentKey
    ) throws(CryptographyError) -> SecretBytes {
        let what = "chunk \(number)"
        do {
            return try open(sealed, nonce(number, isLast: isLast), key, what)
        } catch {
            guard case .wrongTag = error else { throw error }
            if (try? open(sealed, nonce(number, isLast: !isLast), key, what)) != nil { throw .incomplete }
            throw error
        }
    }

    private static func open(
        _ sealed: [UInt8], _ nonce: [UInt8], _ key: ContentKey, _ what: String
    ) throws(CryptographyError) -> SecretBytes {
        guard sealed.count <= chunkBytes + AESGCM.tagBytes else { throw .malformed(what) }
        return try sealed.withUnsafeBufferPointer { (bytes) throws(CryptographyError) in
            try AESGCM.open(UnsafeRawBufferPointer(bytes), key: key.bytes, nonce: nonce, what: what)
        }
    }
}
