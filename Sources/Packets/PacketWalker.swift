// Walks the packets of a binary OpenPGP message (RFC 4880 section 4.2, RFC 9580 section 4.2) without copying bodies.
// Takes bytes as a rope; gives headers with body ranges; fails with PacketError. Every length is checked against what
// there is, and no sum of lengths can overflow because each is bounded by the byte count first.

import Mail

/// One packet: where it stands, and where its body begins.
struct Packet {
    /// Packet type, 1 to 63.
    let tag: UInt8
    /// The whole packet with its header.
    let range: Range<Int>
    /// The body's first piece: all of the body unless there are partial body lengths, then its first 512 bytes at least.
    let firstPiece: Range<Int>
    /// Length of the body in bytes.
    let bodyBytes: Int
}

/// Reads packet after packet.
struct PacketWalker {
    /// Data packets, the only ones that may have partial body lengths (RFC 4880 section 4.2.2.4).
    private static let dataTags: Set<UInt8> = [8, 9, 11, 18, 20]
    private let bytes: MessageBytes
    private var offset = 0
    private var window: MessageBytes.Window

    init(_ bytes: MessageBytes) {
        self.bytes = bytes
        self.window = MessageBytes.Window(bytes)
    }

    /// The next packet, or nil at the end.
    mutating func next() throws(PacketError) -> Packet? {
        guard offset < bytes.count else { return nil }
        let start = offset
        let first = try octet()
        guard first & 0x80 != 0 else { throw .malformedPacket(offset: start) }
        let isNewFormat = first & 0x40 != 0
        let tag = isNewFormat ? first & 0x3F : (first >> 2) & 0x0F
        guard tag != 0 else { throw .malformedPacket(offset: start) }
        if isNewFormat { return try newFormat(tag, start) }
        let body = try oldFormatBody(first & 3, start)
        return Packet(tag: tag, range: start..<offset, firstPiece: body, bodyBytes: body.count)
    }

    /// Up to `count` bytes from the beginning of a packet's body.
    mutating func head(of packet: Packet, count: Int) throws(PacketError) -> [UInt8] {
        var head: [UInt8] = []
        for place in packet.firstPiece.prefix(count) { head.append(try octet(at: place)) }
        return head
    }

    private mutating func oldFormatBody(_ lengthType: UInt8, _ start: Int) throws(PacketError) -> Range<Int> {
        let length: Int
        switch lengthType {
        case 0: length = try number(octets: 1)
        case 1: length = try number(octets: 2)
        case 2: length = try number(octets: 4)
        // An indeterminate length swallows whatever follows: nobody could tell trailing data from the packet.
        default: throw .malformedPacket(offset: start)
        }
        return try take(length, start)
    }

    /// Partial body lengths are added up piece by piece; only the first piece's place is kept, or a message of one-byte
    /// pieces would cost many times its size.
    private mutating func newFormat(_ tag: UInt8, _ start: Int) throws(PacketError) -> Packet {
        var firstPiece: Range<Int>?
        var total = 0
        while true {
            let first = Int(try octet())
            let isLast: Bool
            let length: Int
            switch first {
            case 0..<192: (length, isLast) = (first, true)
            case 192..<224: (length, isLast) = ((first - 192) * 256 + Int(try octet()) + 192, true)
            case 255: (length, isLast) = (try number(octets: 4), true)
            default:
                (length, isLast) = (1 << (first & 31), false)
                guard Self.dataTags.contains(tag), firstPiece != nil || length >= 512 else {
                    throw .malformedPacket(offset: start)
                }
            }
            let piece = try take(length, start)
            total += piece.count
            let body = firstPiece ?? piece
            firstPiece = body
            if isLast { return Packet(tag: tag, range: start..<offset, firstPiece: body, bodyBytes: total) }
        }
    }

    private mutating func take(_ length: Int, _ start: Int) throws(PacketError) -> Range<Int> {
        guard length <= bytes.count - offset else { throw .malformedPacket(offset: start) }
        let body = offset..<(offset + length)
        offset += length
        return body
    }

    private mutating func number(octets: Int) throws(PacketError) -> Int {
        var value = 0
        for _ in 0..<octets { value = value << 8 | Int(try octet()) }
        return value
    }

    private mutating func octet() throws(PacketError) -> UInt8 {
        let value = try octet(at: offset)
        offset += 1
        return value
    }

    private mutating func octet(at place: Int) throws(PacketError) -> UInt8 {
        let octet: UInt8?
        do { octet = try window.octet(at: place) } catch { throw .storage(error.detail) }
        guard let octet else { throw .malformedPacket(offset: place) }
        return octet
    }
}
