// Collects a message as it comes: in memory up to what the policy allows and the account of all messages has room for,
// the rest in a sealed temporary file, chunk by chunk. Small pieces are gathered. A full disk is remembered and told at
// the end, so that nothing is silently cut.

package import NIOCore

extension MessageBytes {
    /// Collects pieces as they arrive.
    ///
    /// Appending cannot fail; ``finish()`` can. A caller fed by a stranger looks at ``failure`` now and then, to stop
    /// reading in vain.
    package struct Builder: Sendable {
        private static let gatherBytes = 64 * 1024

        private let policy: SpoolPolicy
        private var done: [MessageBytes] = []
        private var tail = ByteBuffer()
        /// Of what was appended, the bytes in memory that the policy grants to each body.
        private var heldBytes = 0
        /// Of what was appended, what is in memory beyond that.
        private var leased = LeasedMemory()
        private var file: SpoolFile?
        /// The chunks in the file that are not in `done` yet.
        private var run: (slot: Int, bytes: Int)?
        /// Bytes appended so far.
        package private(set) var count = 0
        /// Why the bytes are not all there: nothing more is kept, and ``finish()`` throws it.
        package private(set) var failure: Refusal?

        /// An empty builder.
        /// - Parameter spool: what stays in memory, and where the rest goes.
        package init(spool: SpoolPolicy = .memoryOnly) { policy = spool }

        /// A builder for what is made of other bytes (their ciphertext, their armor): where these are too large for
        /// `limits.memory`, so may be what is made of them; otherwise all stays in memory.
        package init(derivedFrom source: MessageBytes) { policy = source.derivedPolicy }

        /// Appends the readable bytes of a buffer.
        package mutating func append(_ buffer: ByteBuffer) {
            let bytes = buffer.readableBytes
            if bytes >= Self.gatherBytes, failure == nil, file == nil, keepsInMemory(bytes) {
                flush()
                done.append(MessageBytes(buffer, lease: leased.lease))
                count += bytes
            } else {
                buffer.withUnsafeReadableBytes { gather($0) }
            }
        }

        /// Appends a copy of raw bytes.
        package mutating func append(_ bytes: UnsafeRawBufferPointer) { gather(bytes) }

        /// Appends a piece without copying it.
        package mutating func append(_ piece: MessageBytes) {
            flush()
            endRun()
            done.append(piece)
            count += piece.count
        }

        /// Appends the UTF-8 bytes of a text.
        package mutating func append(_ text: String) {
            var text = text
            text.withUTF8 { gather(UnsafeRawBufferPointer($0)) }
        }

        /// All that was appended; the builder is empty afterwards.
        /// - Throws: a ``Refusal`` of cause `storage` where a part of it could not be kept.
        package mutating func finish() throws(Refusal) -> MessageBytes {
            flush()
            endRun()
            leased.settle()
            let whole = MessageBytes(joining: done)
            let failure = failure
            self = Builder(spool: policy)
            if let failure { throw failure }
            return whole
        }

        private mutating func gather(_ bytes: UnsafeRawBufferPointer) {
            let before = count
            count += bytes.count
            guard failure == nil, !bytes.isEmpty else { return }
            guard file == nil, keepsInMemory(bytes.count) else { return spool(bytes) }
            var rest = bytes
            while !rest.isEmpty {
                // A large body is cut into buffers that are full: one that grows by doubling would be half empty.
                if tail.capacity == 0 {
                    let isLarge = before >= Self.gatherBytes
                    tail.reserveCapacity(isLarge ? Self.gatherBytes : min(max(rest.count, 1024), Self.gatherBytes))
                }
                let take = min(rest.count, Self.gatherBytes - tail.readableBytes)
                tail.writeBytes(UnsafeRawBufferPointer(rebasing: rest[..<take]))
                rest = UnsafeRawBufferPointer(rebasing: rest[take...])
                if tail.readableBytes >= Self.gatherBytes { flush() }
            }
        }

        /// True where `bytes` more may stay in memory: of the body's own allowance, or of the account of all messages.
        private mutating func keepsInMemory(_ bytes: Int) -> Bool {
            if policy.keepsInMemory(bytes, held: heldBytes) {
                heldBytes += bytes
                return true
            }
            return leased.take(bytes, policy)
        }

        // MARK: In the file

        private mutating func spool(_ bytes: UnsafeRawBufferPointer) {
            do throws(Refusal) {
                let file = try openFile()
                var rest = bytes
                while !rest.isEmpty {
                    if tail.capacity < SpoolFile.chunkBytes + SpoolFile.tagBytes {
                        tail.reserveCapacity(SpoolFile.chunkBytes + SpoolFile.tagBytes)
                    }
                    let take = min(rest.count, SpoolFile.chunkBytes - tail.readableBytes)
                    tail.writeBytes(UnsafeRawBufferPointer(rebasing: rest[..<take]))
                    rest = UnsafeRawBufferPointer(rebasing: rest[take...])
                    if tail.readableBytes == SpoolFile.chunkBytes { try writeChunk(file) }
                }
            } catch {
                fail(error)
            }
        }

        private mutating func openFile() throws(Refusal) -> SpoolFile {
            if let file { return file }
            flush()
            let made = try policy.file()
            file = made
            return made
        }

        private mutating func writeChunk(_ file: SpoolFile) throws(Refusal) {
            let bytes = tail.readableBytes
            tail.writeRepeatingByte(0, count: SpoolFile.tagBytes)
            let written = tail.withUnsafeMutableReadableBytes { room -> Result<Int, Refusal> in
                do throws(Refusal) { return .success(try file.append(sealing: room)) } catch { return .failure(error) }
            }
            tail.clear()
            let slot = try written.get()
            if let run, run.bytes % SpoolFile.chunkBytes == 0, slot == run.slot + run.bytes / SpoolFile.chunkBytes {
                self.run?.bytes += bytes
            } else {
                endRun()
                run = (slot, bytes)
            }
        }

        private mutating func endRun() {
            guard let run, let file else { return }
            done.append(MessageBytes(file, offset: run.slot * SpoolFile.chunkBytes, length: run.bytes))
            self.run = nil
        }

        /// Puts what was gathered behind the rest.
        private mutating func flush() {
            guard tail.readableBytes > 0 else { return }
            guard let file else {
                done.append(MessageBytes(tail, lease: leased.lease))
                tail = ByteBuffer()
                return
            }
            do throws(Refusal) { try writeChunk(file) } catch { fail(error) }
        }

        /// What there is goes at once: nobody will get it.
        private mutating func fail(_ refusal: Refusal) {
            failure = refusal
            leased = LeasedMemory()
            done = []
            tail = ByteBuffer()
            run = nil
            file = nil
        }
    }
}
