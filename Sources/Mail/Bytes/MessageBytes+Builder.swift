// Collects a message as it comes: in memory up to what the policy allows, the rest in a sealed temporary file, chunk by
// chunk. Small pieces are gathered. A full disk is remembered and told at the end, so that nothing is silently cut.

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
        /// Of what was appended, the bytes in memory buffers of our own.
        private var heldBytes = 0
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

        /// A builder for what is made of other bytes (their ciphertext, their armor): where these are partly in a file,
        /// so will be what is made of them; otherwise all stays in memory.
        package init(derivedFrom source: MessageBytes) { policy = source.derivedPolicy }

        /// Appends the readable bytes of a buffer.
        package mutating func append(_ buffer: ByteBuffer) {
            let bytes = buffer.readableBytes
            if bytes >= Self.gatherBytes, failure == nil, file == nil, policy.keepsInMemory(bytes, held: heldBytes) {
                flush()
                done.append(MessageBytes(buffer))
                heldBytes += bytes
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
            let whole = MessageBytes(joining: done)
            let failure = failure
            self = Builder(spool: policy)
            if let failure { throw failure }
            return whole
        }

        private mutating func gather(_ bytes: UnsafeRawBufferPointer) {
            count += bytes.count
            guard failure == nil, !bytes.isEmpty else { return }
            guard file == nil, policy.keepsInMemory(bytes.count, held: heldBytes) else { return spool(bytes) }
            if tail.capacity == 0 { tail.reserveCapacity(min(Self.gatherBytes, max(bytes.count, 1024))) }
            tail.writeBytes(bytes)
            heldBytes += bytes.count
            if tail.readableBytes >= Self.gatherBytes { flush() }
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
                done.append(MessageBytes(tail))
                tail = ByteBuffer()
                return
            }
            do throws(Refusal) { try writeChunk(file) } catch { fail(error) }
        }

        /// What there is goes at once: nobody will get it.
        private mutating func fail(_ refusal: Refusal) {
            failure = refusal
            done = []
            tail = ByteBuffer()
            run = nil
            file = nil
        }
    }
}
