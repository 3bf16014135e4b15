// Walks the packets of a binary OpenPGP message (RFC 4880 section 4.2, RFC 9580 section 4.2) without copying bodies.
// Takes bytes as a rope, or in pieces as they are decoded; goes forward only. Gives headers with body lengths; fails
// with PacketError. Every length is checked against what there is, and no sum of lengths can overflow because each is
// bounded by the byte count first.

import Mail

/// One packet: where it stands, and how its body begins.
struct Packet {
    /// Packet type, 1 to 63.
    let tag: UInt8
    /// The whole packet with its header.
    let range: Range<Int>
    /// The beginning of the body: as much of its first ``PacketWalker/headBytes`` as its first piece has (with partial
    /// body lengths that is at least 512 bytes).
    let head: [UInt8]
    /// Length of the body in bytes.
    let bodyBytes: Int
}

/// Reads packet after packet.
struct PacketWalker {
    /// Data packets, the only ones that may have partial body lengths (RFC 4880 section 4.2.2.4).
    private static let dataTags: Set<UInt8> = [8, 9, 11, 18, 20]
    /// Of each body that much is kept: all that any check looks at.
    static let headBytes = 40

    /// Offset behind the last packet.
    private(set) var offset = 0
    private let nextPiece: () throws(PacketError) -> MessageBytes?
    private var window: MessageBytes.Window
    private var pieceStart = 0
    private var pieceEnd: Int

    /// Walks through a rope, of which only what is looked at is read.
    init(_ bytes: MessageBytes) {
        nextPiece = { () throws(PacketError) in nil }
        window = MessageBytes.Window(bytes)
        pieceEnd = bytes.count
    }

    /// Walks through pieces, each of which is forgotten when the next one comes.
    init(pieces: @escaping () throws(PacketError) -> MessageBytes?) {
        nextPiece = pieces
        window = MessageBytes.Window(.empty)
        pieceEnd = 0
    }

    /// The next packet, or nil at the end.
    mutating func next() throws(PacketError) -> Packet? {
        guard try reaches(offset) else { return nil }
        let start = offset
        let first = try octet()
        guard first & 0x80 != 0 else { throw .malformedPacket(offset: start) }
        let isNewFormat = first & 0x40 != 0
        let tag = isNewFormat ? first & 0x3F : (first >> 2) & 0x0F
        guard tag != 0 else { throw .malformedPacket(offset: start) }
        if isNewFormat { return try newFormat(tag, start) }
        let length = try oldFormatLength(first & 3, start)
        let head = try take(length, start)
        return Packet(tag: tag, range: start..<offset, head: head, bodyBytes: length)
    }

    private mutating func oldFormatLength(_ lengthType: UInt8, _ start: Int) throws(PacketError) -> Int {
        switch lengthType {
        case 0: try number(octets: 1)
        case 1: try number(octets: 2)
        case 2: try number(octets: 4)
        // An indeterminate length swallows whatever follows: nobody could tell trailing data from the packet.
        default: throw .malformedPacket(offset: start)
        }
    }

    /// Partial body lengths are added up piece by piece; only the first piece's beginning is kept, or a message of
    /// one-byte pieces would cost many times its size.
    private mutating func newFormat(_ tag: UInt8, _ start: Int) throws(PacketError) -> Packet {
        var head: [UInt8]?
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
                guard Self.dataTags.contains(tag), head != nil || length >= 512 else {
                    throw .malformedPacket(offset: start)
                }
            }
            if head == nil { head = try take(length, start) } else { try skip(length, start) }
            total += length
            if isLast { return Packet(tag: tag, range: start..<offset, head: head ?? [], bodyBytes: total) }
        }
    }

    /// Passes over the first piece of a body.
    /// - Returns: its beginning.
    private mutating func take(_ length: Int, _ start: Int) throws(PacketError) -> [UInt8] {
        let end = offset + length
        var head: [UInt8] = []
        while offset < end, head.count < Self.headBytes {
            guard try reaches(offset) else { throw .malformedPacket(offset: start) }
            head.append(try octet())
        }
        try skip(end - offset, start)
        return head
    }

    private mutating func skip(_ length: Int, _ start: Int) throws(PacketError) {
        guard length > 0 else { return }
        guard try reaches(offset + length - 1) else { throw .malformedPacket(offset: start) }
        offset += length
    }

    private mutating func number(octets: Int) throws(PacketError) -> Int {
        var value = 0
        for _ in 0..<octets { value = value << 8 | Int(try octet()) }
        return value
    }

    private mutating func octet() throws(PacketError) -> UInt8 {
        guard try reaches(offset) else { throw .malformedPacket(offset: offset) }
        let octet: UInt8?
        do { octet = try window.octet(at: offset - pieceStart) } catch { throw .storage(error.detail) }
        guard let octet else { throw .malformedPacket(offset: offset) }
        offset += 1
        return octet
    }

    /// Goes on to the piece that has an offset; false where there is none.
    private mutating func reaches(_ place: Int) throws(PacketError) -> Bool {
        while place >= pieceEnd {
            guard let piece = try nextPiece() else { return false }
            pieceStart = pieceEnd
            pieceEnd += piece.count
            window = MessageBytes.Window(piece)
        }
        return true
    }
}
