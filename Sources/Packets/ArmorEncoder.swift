// Writes ASCII armor (RFC 4880 section 6.2) fast: gpg's own armor is most of its cost for a large message.
// Takes binary bytes as a rope; gives CRLF lines of 64 characters with CRC-24. No header lines.

package import Mail

/// ASCII armor.
package enum Armor {
    /// What an armored block says it holds.
    package enum Kind: String, Sendable, CaseIterable {
        case message = "MESSAGE"
        case publicKey = "PUBLIC KEY BLOCK"
        case privateKey = "PRIVATE KEY BLOCK"
        case signature = "SIGNATURE"
    }

    /// Armors binary data.
    /// - Parameter spool: what of the text stays in memory; nil where it may lie where the data does.
    /// - Returns: text in CRLF lines.
    /// - Throws: a ``Refusal`` of cause `storage` where the data cannot be read back or the text cannot be kept.
    package static func encode(
        _ bytes: MessageBytes, kind: Kind, spool: SpoolPolicy? = nil
    ) throws(Refusal) -> MessageBytes {
        let body = spool.map { MessageBytes.Builder(spool: $0) } ?? MessageBytes.Builder(derivedFrom: bytes)
        var writer = Writer(kind, into: body)
        try bytes.read { writer.take($0) }
        return try writer.finish()
    }

    /// Armors binary data as it comes.
    package struct Writer: Sendable {
        private let kind: Kind
        private var encoder: ArmorEncoder

        /// - Parameter body: empty; takes the text.
        package init(_ kind: Kind, into body: MessageBytes.Builder) {
            self.kind = kind
            self.encoder = ArmorEncoder(body: body)
        }

        /// Why the text cannot be kept, where it cannot.
        package var failure: Refusal? { encoder.failure }

        /// Takes the next piece of the data.
        package mutating func take(_ chunk: UnsafeRawBufferPointer) { encoder.take(chunk) }

        /// The text, in CRLF lines.
        /// - Throws: a ``Refusal`` of cause `storage` where it could not be kept.
        package mutating func finish() throws(Refusal) -> MessageBytes { try encoder.finish(kind) }
    }
}

/// The running state of one armoring. Whole lines (48 bytes) are encoded from the chunks where they lie; what is left
/// of a chunk waits in `rest`.
private struct ArmorEncoder: Sendable {
    private static let lineBytes = 48
    private static let lineCharacters = 64 + 2
    private static let linesPerBlock = 992

    private var crc = CRC24()
    private var rest: [UInt8] = []
    private var body: MessageBytes.Builder
    private var scratch = [UInt8](repeating: 0, count: lineCharacters * linesPerBlock)

    init(body: MessageBytes.Builder) { self.body = body }

    var failure: Refusal? { body.failure }

    mutating func take(_ chunk: UnsafeRawBufferPointer) {
        crc.update(chunk)
        var chunk = chunk
        if !rest.isEmpty {
            let missing = min(Self.lineBytes - rest.count, chunk.count)
            rest.append(contentsOf: chunk.prefix(missing))
            chunk = UnsafeRawBufferPointer(rebasing: chunk.dropFirst(missing))
            guard rest.count == Self.lineBytes else { return }
            let line = rest
            rest = []
            line.withUnsafeBytes { encodeLines($0) }
        }
        let whole = chunk.count - chunk.count % Self.lineBytes
        encodeLines(UnsafeRawBufferPointer(rebasing: chunk.prefix(whole)))
        rest.append(contentsOf: chunk.dropFirst(whole))
    }

    /// - Parameter source: a multiple of 48 bytes.
    private mutating func encodeLines(_ source: UnsafeRawBufferPointer) {
        guard var from = source.baseAddress else { return }
        var lines = source.count / Self.lineBytes
        while lines > 0 {
            let now = min(lines, Self.linesPerBlock)
            scratch.withUnsafeMutableBytes { target in
                Base64Kernels.pairs.withUnsafeBufferPointer { pairs in
                    // `now` lines of 66 characters fit into the scratch block; both addresses exist.
                    guard let to = target.baseAddress, let pairs = pairs.baseAddress else { return }
                    for line in 0..<now {
                        let place = to + line * Self.lineCharacters
                        Base64Kernels.encode(groups: 16, from: from + line * Self.lineBytes, to: place, pairs: pairs)
                        place.storeBytes(of: UInt16(0x0A0D).littleEndian, toByteOffset: 64, as: UInt16.self)
                    }
                }
                body.append(UnsafeRawBufferPointer(rebasing: target.prefix(now * Self.lineCharacters)))
            }
            from += now * Self.lineBytes
            lines -= now
        }
    }

    mutating func finish(_ kind: Armor.Kind) throws(Refusal) -> MessageBytes {
        if !rest.isEmpty {
            body.append(Self.text(of: rest))
            body.append("\r\n")
        }
        let sum = crc.value
        let checksum = [UInt8(sum >> 16 & 255), UInt8(sum >> 8 & 255), UInt8(sum & 255)]
        body.append("=\(Self.text(of: checksum))\r\n-----END PGP \(kind.rawValue)-----\r\n")
        let head = MessageBytes("-----BEGIN PGP \(kind.rawValue)-----\r\n\r\n")
        return MessageBytes(joining: [head, try body.finish()])
    }

    /// Base64 of fewer than 49 bytes.
    private static func text(of bytes: [UInt8]) -> String {
        let groups = bytes.count / 3
        var characters = [UInt8](repeating: 0, count: groups * 4)
        bytes.withUnsafeBytes { source in
            characters.withUnsafeMutableBytes { target in
                Base64Kernels.pairs.withUnsafeBufferPointer { pairs in
                    guard let from = source.baseAddress, let to = target.baseAddress, let pairs = pairs.baseAddress
                    else { return }
                    Base64Kernels.encode(groups: groups, from: from, to: to, pairs: pairs)
                }
            }
        }
        characters += Base64Kernels.encodeRest(bytes.dropFirst(groups * 3))
        return String(decoding: characters, as: UTF8.self)
    }
}
