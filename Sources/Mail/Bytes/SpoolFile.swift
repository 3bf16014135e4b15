// One nameless file of sealed chunks: AES-256-GCM, a random key per file that is never written anywhere and is wiped
// with the file. Takes chunks of plaintext, gives them back by place. Touches its file; fails with a refusal of cause
// `storage`, also where what it reads is not what it wrote.
//
// Chunk n lies at n * slotBytes as ciphertext and tag; its nonce is n. A place is written at most once, so that no
// nonce is used twice with the key. Chunks are whole (64 KiB) but for the last one of each body.

import Cryptography
import Glibc
import NIOCore
import Synchronization

/// Chunks on a disk that only this process can read. Closed when the last value that refers to it goes.
final class SpoolFile: Sendable {
    /// Plaintext of a whole chunk, in bytes: a read costs one system call and one tag for as much as gpg takes at once.
    static let chunkBytes = 64 * 1024
    static let tagBytes = AESGCM.tagBytes
    private static let slotBytes = chunkBytes + tagBytes

    /// For what is made of its bytes.
    let derivedPolicy: SpoolPolicy
    private let store: SpoolStore
    private let descriptor: Int32
    private let key: SpoolKey
    private let isDerived: Bool
    private let state = Mutex(State())

    private struct Slot {
        var bytes: Int32
        var hasHighOctet: Bool
    }

    private struct State {
        var slots: [Slot] = []
        /// The chunk of which a piece was read last: many small reads of it cost one decryption.
        var last: (slot: Int, chunk: ByteBuffer)?
    }

    /// - Parameters:
    ///   - policy: of the body it is for.
    init(_ store: SpoolStore, _ policy: SpoolPolicy) throws(Refusal) {
        key = try SpoolKey()
        descriptor = try store.open()
        self.store = store
        isDerived = policy.isDerived
        derivedPolicy = policy.derived
    }

    deinit {
        if isDerived { store.derived.giveBack(state.withLock { $0.slots.count } * Self.slotBytes) }
        store.close(descriptor)
    }

    /// Seals a chunk where it lies, so that no copy of it is left in memory, and writes it.
    /// - Parameter room: the plaintext, at most ``chunkBytes``, and ``tagBytes`` of room behind it.
    /// - Returns: its place.
    func append(sealing room: UnsafeMutableRawBufferPointer) throws(Refusal) -> Int {
        let count = room.count - Self.tagBytes
        if isDerived, !store.derived.take(Self.slotBytes) {
            throw Refusal(
                .storage, "too much mail is being sealed at the moment, try again later",
                detail: "sealed copies exceed \(store.derived.limitBytes) bytes")
        }
        let hasHighOctet = HighOctets.any(in: UnsafeRawBufferPointer(rebasing: room[..<count]))
        let slot = state.withLock { state in
            state.slots.append(Slot(bytes: Int32(count), hasHighOctet: hasHighOctet))
            return state.slots.count - 1
        }
        guard key.seal(room, number: slot) else {
            throw Refusal(.internalError, "internal error", detail: "aes-256-gcm failed")
        }
        var written = 0
        while written < room.count {
            let result = pwrite(
                descriptor, room.baseAddress.map { $0 + written }, room.count - written,
                off_t(slot * Self.slotBytes + written))
            if result < 0, errno == EINTR { continue }
            if result == 0 { errno = ENOSPC }
            guard result > 0 else { throw SpoolStore.failure("writing a temporary file") }
            written += result
        }
        return slot
    }

    /// The bytes from an offset on, as far as the chunk goes and at most `limit`.
    /// - Parameter offset: counted in plaintext, as if every chunk were whole.
    func read(_ offset: Int, limit: Int) throws(Refusal) -> ByteBuffer {
        let (slot, within) = (offset / Self.chunkBytes, offset % Self.chunkBytes)
        let (known, bytes) = state.withLock { state in
            let known = state.last?.slot == slot ? state.last?.chunk : nil
            return (known, state.slots.indices.contains(slot) ? state.slots[slot].bytes : 0)
        }
        let chunk: ByteBuffer
        if let known { chunk = known } else { chunk = try open(slot, bytes: Int(bytes)) }
        let length = min(limit, chunk.readableBytes - within)
        guard length > 0, let piece = chunk.getSlice(at: chunk.readerIndex + within, length: length) else {
            throw Refusal(.internalError, "internal error", detail: "a place that is not in the file")
        }
        if known == nil, length < chunk.readableBytes { state.withLock { $0.last = (slot, chunk) } }
        return piece
    }

    /// True where an octet of a range is above 127, or where that cannot be told.
    func hasHighOctet(_ range: Range<Int>) -> Bool {
        let slots = state.withLock { $0.slots }
        var place = range.lowerBound
        while place < range.upperBound {
            let slot = place / Self.chunkBytes
            let end = min((slot + 1) * Self.chunkBytes, range.upperBound)
            guard slots.indices.contains(slot) else { return true }
            if slots[slot].hasHighOctet {
                if end - place == slots[slot].bytes { return true }
                guard let piece = try? read(place, limit: end - place) else { return true }
                if piece.withUnsafeReadableBytes({ HighOctets.any(in: $0) }) { return true }
            }
            place = end
        }
        return false
    }

    private func open(_ slot: Int, bytes: Int) throws(Refusal) -> ByteBuffer {
        let wanted = bytes + Self.tagBytes
        var buffer = ByteBufferAllocator().buffer(capacity: wanted)
        let length = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { room -> Int in
            var done = 0
            while done < wanted {
                let result = pread(
                    descriptor, room.baseAddress.map { $0 + done }, wanted - done, off_t(slot * Self.slotBytes + done))
                if result < 0, errno == EINTR { continue }
                guard result > 0 else { break }
                done += result
            }
            guard done == wanted else { return 0 }
            return key.open(UnsafeMutableRawBufferPointer(rebasing: room[..<wanted]), number: slot) ? bytes : 0
        }
        guard length == bytes, bytes > 0 else {
            throw Refusal(
                .storage, "not enough storage at the moment, try again later",
                detail: "a temporary file cannot be read back, or is not what was written")
        }
        return buffer
    }
}

/// The key of one file.
private struct SpoolKey: Sendable {
    private let key: SecretBytes

    init() throws(Refusal) {
        do { key = try Randomness.secret(AESGCM.keyBytes) } catch {
            throw Refusal(.internalError, "internal error", detail: "no randomness")
        }
    }

    /// - Parameter room: plaintext, then room for the tag.
    func seal(_ room: UnsafeMutableRawBufferPointer, number: Int) -> Bool {
        (try? AESGCM.seal(inPlace: room, key: key, nonce: Self.nonce(number))) != nil
    }

    /// - Parameter room: ciphertext and tag; plaintext in the tag's front afterwards, if the tag is right.
    func open(_ room: UnsafeMutableRawBufferPointer, number: Int) -> Bool {
        (try? AESGCM.open(inPlace: room, key: key, nonce: Self.nonce(number))) != nil
    }

    /// 96 bits: 32 of zero, the number of the chunk.
    private static func nonce(_ number: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: 4) + withUnsafeBytes(of: UInt64(number).bigEndian) { Array($0) }
    }
}

/// Octets above 127.
enum HighOctets {
    /// True where there is any. Eight at a time: it runs over every message that passes.
    static func any(in bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        var gathered: UInt64 = 0
        while index + 8 <= bytes.count {
            gathered |= bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < bytes.count {
            gathered |= UInt64(bytes[index])
            index += 1
        }
        return gathered & 0x8080_8080_8080_8080 != 0
    }
}
