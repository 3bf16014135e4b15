// Contents in chunks: every size around the borders comes back; what is missing, too much, moved or altered is refused.

import Cryptography
import Links
import Mail
import Testing

@Suite struct ChunkTests {
    static let chunk = ContentChunks.chunkBytes

    /// A content and its key, taken out of a letter as a recipient does.
    static func lock(_ index: [UInt8], _ message: MessageBytes) throws -> (content: LockedContent, key: ContentKey) {
        try LetterLocker.lockContent(index: index, message: message)
    }

    static func body(_ count: Int) -> MessageBytes {
        // In odd pieces: borders of pieces and of chunks do not meet.
        let piece = MessageBytes(bytes: (0..<70_001).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let pieces = (0..<(count / piece.count + 1)).map { _ in piece }
        return MessageBytes(joining: pieces).slice(0..<count)
    }

    @Test(arguments: [0, 1, chunk - 5, chunk - 4, chunk - 3, 2 * chunk - 4, 2 * chunk - 3, 2 * chunk + 12345])
    func comesBack(count: Int) throws {
        let message = Self.body(count)
        let (content, key) = try Self.lock([], message)
        let plainBytes = count + 4
        #expect(content.plainBytes == plainBytes)
        #expect(content.chunks.count == max(1, (plainBytes + Self.chunk - 1) / Self.chunk))
        #expect(content.chunks.dropLast().allSatisfy { $0.count == Self.chunk + 16 })
        let opened = try LetterOpener.open(try content.chunks.map { try $0.copy() }, key: key)
        #expect(opened.index.isEmpty)
        #expect(opened.message == message)
    }

    @Test func largeIndexSpansChunks() throws {
        let index = [UInt8](repeating: 7, count: Self.chunk + 99)
        let (content, key) = try Self.lock(index, MessageBytes("x"))
        let opened = try LetterOpener.open(try content.chunks.map { try $0.copy() }, key: key)
        #expect(opened.index == index)
        #expect(try opened.message.copy() == [120])
    }

    @Test func missingExtraMovedAndForeignChunksAreRefused() throws {
        let (content, key) = try Self.lock([1], Self.body(3 * Self.chunk))
        let chunks = try content.chunks.map { try $0.copy() }
        #expect(chunks.count == 4)
        #expect(throws: CryptographyError.incomplete) { try LetterOpener.open([], key: key) }
        for kept in 1...3 {
            #expect(throws: CryptographyError.incomplete) {
                try LetterOpener.open(Array(chunks.prefix(kept)), key: key)
            }
        }
        #expect(throws: CryptographyError.incomplete) { try LetterOpener.open(chunks + [chunks[0]], key: key) }
        #expect(throws: CryptographyError.wrongTag("chunk 0")) {
            try LetterOpener.open([chunks[1], chunks[0], chunks[2], chunks[3]], key: key)
        }
        #expect(throws: CryptographyError.wrongTag("chunk 1")) {
            try LetterOpener.open([chunks[0], chunks[0], chunks[2], chunks[3]], key: key)
        }
        let other = try Self.lock([1], Self.body(3 * Self.chunk))
        #expect(throws: CryptographyError.wrongTag("chunk 2")) {
            try LetterOpener.open([chunks[0], chunks[1], other.content.chunks[2].copy(), chunks[3]], key: key)
        }
        #expect(throws: CryptographyError.wrongTag("chunk 0")) { try LetterOpener.open(chunks, key: other.key) }
    }

    @Test func everyAlteredByteIsRefused() throws {
        let (content, key) = try Self.lock([1, 2, 3], MessageBytes("short message"))
        let sealed = try content.chunks[0].copy()
        for place in sealed.indices {
            var altered = sealed
            altered[place] ^= 0x80
            #expect(throws: CryptographyError.wrongTag("chunk 0")) { try LetterOpener.open([altered], key: key) }
        }
        for length in 0..<16 {
            #expect(throws: CryptographyError.malformed("chunk 0")) {
                try LetterOpener.open([Array(sealed.prefix(length))], key: key)
            }
        }
        #expect(throws: CryptographyError.malformed("chunk 0")) {
            try LetterOpener.open([[UInt8](repeating: 0, count: Self.chunk + 17)], key: key)
        }
    }

    @Test func noPlaintextInTheChunks() throws {
        let canary = "CANARY-OF-THE-CHUNKS"
        let (content, _) = try Self.lock(Array(canary.utf8), MessageBytes(String(repeating: canary, count: 1000)))
        for chunk in content.chunks {
            #expect(!String(decoding: try chunk.copy(), as: Unicode.ASCII.self).contains(canary))
        }
    }
}
