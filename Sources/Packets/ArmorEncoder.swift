// Writes ASCII armor (RFC 4880 section 6.2) fast: gpg's own armor is most of its cost for a large message.
// Takes binary bytes as a rope; gives CRLF lines of 64 characters with CRC-24. No header lines. Every line is decoded
// again as it is written, and compared with what it was made of.

import Glibc
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

    /// Writes lines: how many, from where, to where (``Base64Lines/encode(_:from:to:oneByOne:)``).
    package typealias LineEncoder = @Sendable (Int, UnsafeRawPointer, UnsafeMutableRawPointer) -> Void

    /// Armors binary data as it comes.
    package struct Writer: Sendable {
        private let kind: Kind
        private var encoder: ArmorEncoder

        /// - Parameters:
        ///   - body: empty; takes the text.
        ///   - lines: another way of writing lines only in tests.
        package init(
            _ kind: Kind, into body: MessageBytes.Builder,
            lines: @escaping LineEncoder = { Base64Lines.encode($0, from: $1, to: $2) }
        ) {
            self.kind = kind
            self.encoder = ArmorEncoder(body: body, encode: lines)
        }

        /// Why there will be no text: it cannot be kept, or a line of it is not what it was made of.
        package var failure: Refusal? { encoder.failure }

        /// Takes the next piece of the data.
        package mutating func take(_ chunk: UnsafeRawBufferPointer) { encoder.take(chunk) }

        /// The text, in CRLF lines.
        /// - Throws: a ``Refusal`` of cause `storage` where it could not be kept, of `sealCheck` where it does not
        ///   decode to the data.
        package mutating func finish() throws(Refusal) -> MessageBytes { try encoder.finish(kind) }
    }
}

/// The running state of one armoring. Whole lines (48 bytes) are encoded from the chunks where they lie; what is left
/// of a chunk waits in `rest`.
private struct ArmorEncoder: Sendable {
    private static let lineBytes = Base64Lines.octetsPerLine
    private static let lineCharacters = Base64Lines.charactersPerLine
    private static let linesPerBlock = 992

    private let encode: Armor.LineEncoder
    private var crc = CRC24()
    private var rest: [UInt8] = []
    private var body: MessageBytes.Builder
    private var scratch = [UInt8](repeating: 0, count: lineCharacters * linesPerBlock)
    private var decoded = [UInt8](repeating: 0, count: lineBytes * linesPerBlock + Base64Lines.slackBytes)
    private var isOff = false

    init(body: MessageBytes.Builder, encode: @escaping Armor.LineEncoder) {
        self.body = body
        self.encode = encode
    }

    var failure: Refusal? { isOff ? Self.off : body.failure }

    private static var off: Refusal {
        Refusal(
            .sealCheck, "temporary fault while protecting the message",
            detail: "seal check: armor does not decode to what it was made of")
    }

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
        while lines > 0, !isOff {
            let now = min(lines, Self.linesPerBlock)
            scratch.withUnsafeMutableBytes { target in
                decoded.withUnsafeMutableBytes { decoded in
                    // `now` lines of 66 characters fit into the scratch block; both addresses exist.
                    guard let to = target.baseAddress, let again = decoded.baseAddress else { return }
                    encode(now, from, to)
                    let text = UnsafeRawBufferPointer(rebasing: target.prefix(now * Self.lineCharacters))
                    let isSame =
                        Base64Lines.decode(text, atMost: now, to: again) == now
                        && memcmp(again, from, now * Self.lineBytes) == 0
                    guard isSame else { return isOff = true }
                    body.append(text)
                }
            }
            from += now * Self.lineBytes
            lines -= now
        }
    }

    mutating func finish(_ kind: Armor.Kind) throws(Refusal) -> MessageBytes {
        guard !isOff else { throw Self.off }
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
