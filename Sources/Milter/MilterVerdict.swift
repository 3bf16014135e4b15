// The last word about a message and the edits before it, as frames. Pure; the body is read piece by piece, so that a
// large one is never held twice.

package import Mail
package import NIOCore

/// One change that the MTA is asked to make.
package enum MilterEdit: Sendable, Equatable {
    /// A field at the end of the header. `value` is what stands behind the colon, with its leading space and CRLF
    /// folds.
    case addHeader(name: [UInt8], value: [UInt8])
    /// A field at a place of the header; 0 is the top, above the MTA's own Received field.
    case insertHeader(index: Int, name: [UInt8], value: [UInt8])
    /// Another value for the index-th field of a name (from 1, in any case). Never empty: that would delete it.
    case changeHeader(index: Int, name: [UInt8], value: [UInt8])
    /// The index-th field of a name goes.
    case deleteHeader(index: Int, name: [UInt8])
    /// The whole body is replaced.
    case replaceBody(MessageBytes)
    /// One more recipient.
    case addRecipient(Mailbox)
    /// A recipient is taken out, in every spelling in which it was given.
    case deleteRecipient(Mailbox)
}

/// The verdict on a message.
package enum MilterVerdict: Sendable, Equatable {
    /// It goes on, with these changes.
    case accept([MilterEdit])
    /// It is taken and goes no further here: everyone has been served in another way.
    case discard
    /// It is not taken.
    case refuse(Refusal)
}

/// Writes an answer, batch by batch.
package struct MilterAnswerWriter: Sendable {
    /// A batch is handed out at about this size, in octets.
    private static let batchBytes = 64 * 1024
    /// Longest text of a reply, in octets: one line of SMTP (RFC 5321 section 4.5.3.1.5) with its codes.
    private static let textBytes = 480

    private var edits: ArraySlice<MilterEdit>
    private let final: MilterVerdict
    private let keepsLeadingSpace: Bool
    private let spellings: [Mailbox: [[UInt8]]]
    private var body: MessageBytes.Reader?
    private var rest = ByteBuffer()
    private var isDone = false
    /// Set where the body could not be read back: the answer became a temporary refusal.
    package private(set) var failure: Refusal?

    init(_ verdict: MilterVerdict, keepsLeadingSpace: Bool, spellings: [Mailbox: [[UInt8]]]) {
        if case .accept(let edits) = verdict { self.edits = edits[...] } else { self.edits = [] }
        final = verdict
        self.keepsLeadingSpace = keepsLeadingSpace
        self.spellings = spellings
    }

    /// The next frames, or nil at the end.
    package mutating func next() -> ByteBuffer? {
        guard !isDone else { return nil }
        var batch = ByteBuffer()
        do throws(Refusal) {
            while batch.readableBytes < Self.batchBytes {
                if body != nil {
                    try writeBody(into: &batch)
                } else if let edit = edits.popFirst() {
                    write(edit, into: &batch)
                } else {
                    isDone = true
                    Self.write(final, into: &batch)
                    break
                }
            }
        } catch {
            // The MTA throws away what it was told so far when the last word is a refusal.
            isDone = true
            failure = error
            Self.write(.refuse(error), into: &batch)
        }
        return batch
    }

    /// The last word alone.
    static func frame(_ verdict: MilterVerdict) -> ByteBuffer {
        var bytes = ByteBuffer()
        write(verdict, into: &bytes)
        return bytes
    }

    private static func write(_ verdict: MilterVerdict, into bytes: inout ByteBuffer) {
        switch verdict {
        case .accept: bytes.write(.accept)
        case .discard: bytes.write(.discard)
        case .refuse(let refusal): bytes.write(.replyCode) { $0.writeMilterText(text(refusal)) }
        }
    }

    /// `550 5.7.1 text` in printable ASCII, `%` doubled: Sendmail uses the text as a format.
    private static func text(_ refusal: Refusal) -> [UInt8] {
        // 421 would end the client's session, which is not ours to end.
        let code = refusal.replyCode == 421 ? 451 : refusal.replyCode
        let text = refusal.publicText.unicodeScalars.map { scalar -> UInt8 in
            scalar.value < 32 ? 32 : scalar.value < 127 ? UInt8(truncatingIfNeeded: scalar.value) : UInt8(ascii: "?")
        }
        var line = Array("\(code) \(refusal.enhancedCode) ".utf8)
        for octet in text.prefix(textBytes) {
            line.append(octet)
            if octet == UInt8(ascii: "%") { line.append(octet) }
        }
        return line
    }

    private mutating func write(_ edit: MilterEdit, into bytes: inout ByteBuffer) {
        switch edit {
        case .addHeader(let name, let value):
            bytes.write(.addHeader) { bytes in
                bytes.writeMilterText(name)
                bytes.writeMilterText(wire(value))
            }
        case .insertHeader(let index, let name, let value):
            bytes.write(.insertHeader) { bytes in
                bytes.writeInteger(UInt32(clamping: index))
                bytes.writeMilterText(name)
                bytes.writeMilterText(wire(value))
            }
        case .changeHeader(let index, let name, let value):
            bytes.write(.changeHeader) { bytes in
                bytes.writeInteger(UInt32(clamping: index))
                bytes.writeMilterText(name)
                let value = wire(value)
                // An empty value would delete the field.
                bytes.writeMilterText(value.isEmpty ? [32] : value)
            }
        case .deleteHeader(let index, let name):
            bytes.write(.changeHeader) { bytes in
                bytes.writeInteger(UInt32(clamping: index))
                bytes.writeMilterText(name)
                bytes.writeMilterText([])
            }
        case .replaceBody(let body):
            self.body = body.makeReader()
            // So that an empty body is replaced too.
            if body.isEmpty { bytes.write(.replaceBody) }
        case .addRecipient(let mailbox): bytes.write(.addRecipient) { $0.writeMilterText("<\(mailbox)>".utf8) }
        case .deleteRecipient(let mailbox):
            for spelling in spellings[mailbox] ?? [Array("<\(mailbox)>".utf8)] {
                bytes.write(.deleteRecipient) { $0.writeMilterText(spelling) }
            }
        }
    }

    /// A value as MTAs take it: folds are LF; without agreement on the leading space the MTA writes one of its own.
    private func wire(_ value: [UInt8]) -> [UInt8] {
        var value = value[...]
        if !keepsLeadingSpace, value.first == 32 { value = value.dropFirst() }
        return value.filter { $0 != 13 }
    }

    /// One chunk, or the end of the body.
    private mutating func writeBody(into bytes: inout ByteBuffer) throws(Refusal) {
        if rest.readableBytes == 0 {
            guard let next = try body?.next() else {
                body = nil
                return
            }
            rest = next
        }
        guard let chunk = rest.readSlice(length: min(rest.readableBytes, MilterFrames.chunkBytes)) else { return }
        bytes.write(.replaceBody) { $0.writeImmutableBuffer(chunk) }
    }
}
