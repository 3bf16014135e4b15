// Reads ASCII armor (RFC 4880 section 6.2, RFC 9580 section 6.2), in one pass over the chunks of a rope.
// Strict where two readers could differ: base64 in whole groups, padding only at the end, nothing after the checksum
// but the tail line. Lines may end in CRLF or LF and have white space at their end, as mail adds it. Fails with
// PacketError.

import Glibc
package import Mail

extension Armor {
    /// One armored block.
    package struct Block: Sendable, Equatable {
        /// What the first line says.
        package let kind: Kind
        /// Header lines (`Version`, `Comment`, …) as written, `Key: value`.
        package let headers: [String]
        /// From the first hyphen of the first line to the end of the tail line, its line end included.
        package let range: Range<Int>
        /// The decoded data.
        package let bytes: MessageBytes
    }

    /// Longest line inside a block, in bytes; RFC 4880 says 76 for the data.
    static let lineBytes = 1000
    /// Header lines of a block; programs write two or three.
    static let headerLines = 100

    /// Decodes a text that is one block and nothing else but white space.
    /// - Throws: ``PacketError`` where there is no block, more than one, anything around it, or a broken one.
    package static func decode(_ text: MessageBytes) throws(PacketError) -> Block {
        let scanned = try scan(text)
        guard let block = scanned.blocks.first else { throw .notOpenPGP }
        guard scanned.blocks.count == 1, !scanned.hasTextOutside else {
            throw .badArmor("there is something beside the block")
        }
        return block
    }

    /// All blocks of a text; other lines around them are passed over.
    /// - Throws: ``PacketError`` where a block is broken or has no end.
    package static func blocks(in text: MessageBytes) throws(PacketError) -> [Block] {
        try scan(text).blocks
    }

    private static func scan(_ text: MessageBytes) throws(PacketError) -> ArmorScanner {
        var scanner = ArmorScanner(derivedFrom: text)
        do {
            try text.forEachChunk { try scanner.feed($0) }
            try scanner.finish()
        } catch let error as PacketError {
            throw error
        } catch {
            throw .storage("\(error)")
        }
        return scanner
    }

    /// The kind that a trimmed line begins (`BEGIN`) or ends (`END`), or nil.
    static func boundaryLine(_ line: UnsafeRawBufferPointer, _ word: StaticString) -> Kind? {
        guard line.first == UInt8(ascii: "-") else { return nil }
        return Kind.allCases.first { line.elementsEqual("-----\(word) PGP \($0.rawValue)-----".utf8) }
    }
}

/// One block that is the whole text, decoded piece by piece. Used by one caller at a time.
final class ArmorStream {
    private var reader: MessageBytes.Reader
    private var scanner = ArmorScanner(derivedFrom: .empty)
    private var hasEnded = false

    init(_ text: MessageBytes) { reader = text.makeReader() }

    /// The next decoded bytes, or nil behind the last ones of the block. What they are may turn out to be worth
    /// nothing: that is known after ``end()``.
    func next() throws(PacketError) -> MessageBytes? {
        while !hasEnded {
            try step()
            let piece = try scanner.takeDecoded()
            if !piece.isEmpty { return piece }
        }
        return nil
    }

    /// Reads to the end.
    /// - Returns: the block's header lines.
    /// - Throws: ``PacketError`` where it was not one block of a message and nothing else.
    func end() throws(PacketError) -> [String] {
        while !hasEnded { try step() }
        guard let block = scanner.blocks.first else { throw .notOpenPGP }
        guard scanner.blocks.count == 1, !scanner.hasTextOutside, block.kind == .message else {
            throw .badArmor("there is something beside the block")
        }
        return block.headers
    }

    private func step() throws(PacketError) {
        do {
            let more = try reader.next { try scanner.feed($0) }
            if !more {
                hasEnded = true
                try scanner.finish()
            }
        } catch let error as PacketError {
            throw error
        } catch {
            throw .storage("\(error)")
        }
    }
}

/// Line by line: outside a block, in its header lines, in its data, behind its checksum.
private struct ArmorScanner {
    private enum State { case outside, headers, data, checked }

    private(set) var blocks: [Armor.Block] = []
    private(set) var hasTextOutside = false
    private var state = State.outside
    private var kind = Armor.Kind.message
    private var headers: [String] = []
    private var start = 0
    private var data: ArmorData
    /// For the next block.
    private let emptyData: ArmorData
    private var offset = 0
    private var carried: [UInt8] = []
    private var carriedBytes = 0

    init(derivedFrom text: MessageBytes) {
        emptyData = ArmorData(derivedFrom: text)
        data = emptyData
    }

    mutating func feed(_ chunk: UnsafeRawBufferPointer) throws {
        var rest = chunk
        while true {
            if case .data = state, carriedBytes == 0 {
                let wholeBytes = data.takeLines(rest)
                offset += wholeBytes
                rest = UnsafeRawBufferPointer(rebasing: rest[wholeBytes...])
            }
            guard let end = Self.lineFeed(in: rest) else { break }
            let piece = UnsafeRawBufferPointer(rebasing: rest[...end])
            rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
            if carriedBytes == 0 {
                try take(piece, bytes: piece.count)
            } else {
                carry(piece)
                try takeCarried()
            }
        }
        if !rest.isEmpty { carry(rest) }
    }

    private static func lineFeed(in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress, let found = memchr(base, 10, bytes.count) else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// What has been decoded since the last call, of the block that is being read or was read last.
    mutating func takeDecoded() throws(PacketError) -> MessageBytes {
        if case .outside = state, let last = blocks.popLast() {
            blocks.append(Armor.Block(kind: last.kind, headers: last.headers, range: last.range, bytes: .empty))
            return last.bytes
        }
        return try data.takeDecoded()
    }

    mutating func finish() throws {
        if carriedBytes > 0 { try takeCarried() }
        guard case .outside = state else { throw PacketError.badArmor("the block has no end") }
    }

    /// Keeps the beginning of a line that goes on in the next chunk; of an over-long one, enough to see that it is one.
    private mutating func carry(_ piece: UnsafeRawBufferPointer) {
        carriedBytes += piece.count
        let room = Armor.lineBytes + 3 - carried.count
        if room > 0 { carried.append(contentsOf: piece.prefix(room)) }
    }

    private mutating func takeCarried() throws {
        let line = carried
        let bytes = carriedBytes
        carried.removeAll(keepingCapacity: true)
        carriedBytes = 0
        try line.withUnsafeBytes { try take($0, bytes: bytes) }
    }

    /// - Parameters:
    ///   - line: the line with its end, at least as much of it as `Armor.lineBytes` + 2.
    ///   - bytes: its whole length.
    private mutating func take(_ line: UnsafeRawBufferPointer, bytes: Int) throws(PacketError) {
        let lineStart = offset
        offset += bytes
        let text = trimmed(line)
        if case .outside = state {
            takeOutside(text, lineStart, isShort: bytes <= Armor.lineBytes + 2)
            return
        }
        guard bytes <= Armor.lineBytes + 2 else { throw .badArmor("a line is longer than \(Armor.lineBytes) bytes") }
        switch state {
        case .outside: break  // unreachable
        case .headers: try takeHeader(text)
        case .data: try takeData(text)
        case .checked: try takeTail(text)
        }
    }

    private mutating func takeOutside(_ text: UnsafeRawBufferPointer, _ lineStart: Int, isShort: Bool) {
        if isShort, let begun = Armor.boundaryLine(text, "BEGIN") {
            kind = begun
            headers = []
            start = lineStart
            data = emptyData
            state = .headers
        } else if !text.isEmpty {
            hasTextOutside = true
        }
    }

    private mutating func takeHeader(_ text: UnsafeRawBufferPointer) throws(PacketError) {
        if text.isEmpty {
            state = .data
            return
        }
        let line = String(decoding: text, as: UTF8.self)
        // No header lines and no empty line is common damage, but also a way to hide data from one of two readers.
        guard line.contains(": ") || line.hasSuffix(":") else {
            throw .badArmor("no empty line after the header lines")
        }
        guard headers.count < Armor.headerLines else { throw .badArmor("more than \(Armor.headerLines) header lines") }
        headers.append(line)
    }

    private mutating func takeData(_ text: UnsafeRawBufferPointer) throws(PacketError) {
        if text.isEmpty { return }
        if text.first == UInt8(ascii: "-") { return try takeTail(text) }
        if text.first == UInt8(ascii: "="), text.count == 5 {
            try data.check(UnsafeRawBufferPointer(rebasing: text.dropFirst()))
            state = .checked
        } else {
            try data.take(text)
        }
    }

    private mutating func takeTail(_ text: UnsafeRawBufferPointer) throws(PacketError) {
        if text.isEmpty { return }
        guard Armor.boundaryLine(text, "END") == kind else { throw .badArmor("the data does not end in its tail line") }
        blocks.append(
            Armor.Block(kind: kind, headers: headers, range: start..<offset, bytes: try data.finish()))
        state = .outside
    }

    private func trimmed(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var count = line.count
        // SP, TAB, CR, LF.
        while count > 0, line[count - 1] == 10 || line[count - 1] == 13 || line[count - 1] == 32 || line[count - 1] == 9
        {
            count -= 1
        }
        return UnsafeRawBufferPointer(rebasing: line[..<count])
    }
}

/// The base64 data of one block.
private struct ArmorData {
    private static let flushBytes = 48 * 1024

    /// Room that is made once, at the first line, and its filled part.
    private var out: [UInt8] = []
    private var used = 0
    private var decoded: MessageBytes.Builder
    private var crc = CRC24()
    private var pending: [UInt8] = []
    private var isPadded = false

    init(derivedFrom text: MessageBytes) { decoded = MessageBytes.Builder(derivedFrom: text) }

    /// One trimmed line of at most `Armor.lineBytes` characters.
    mutating func take(_ line: UnsafeRawBufferPointer) throws(PacketError) {
        guard !isPadded else { throw .badArmor("data after the padding") }
        makeRoom()
        if pending.isEmpty {
            let groups = appendGroups(line)
            try takeSlowly(UnsafeRawBufferPointer(rebasing: line.dropFirst(groups * 4)))
        } else {
            try takeSlowly(line)
        }
        if used >= Self.flushBytes { flush() }
    }

    /// Takes whole lines of 64 characters and CRLF, as most armor has them, at once.
    /// - Parameter text: begins with a line.
    /// - Returns: the bytes taken; what is left begins with a line that is anything else, or not whole.
    mutating func takeLines(_ text: UnsafeRawBufferPointer) -> Int {
        guard !isPadded, pending.isEmpty else { return 0 }
        makeRoom()
        var takenBytes = 0
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: text[takenBytes...])
            let room = (out.count - used - Base64Lines.slackBytes) / Base64Lines.octetsPerLine
            let lines = out.withUnsafeMutableBytes { target in
                target.baseAddress.map { Base64Lines.decode(rest, atMost: room, to: $0 + used) } ?? 0
            }
            guard lines > 0 else { return takenBytes }
            takenBytes += lines * Base64Lines.charactersPerLine
            used += lines * Base64Lines.octetsPerLine
            if used >= Self.flushBytes { flush() }
        }
    }

    private mutating func makeRoom() {
        if out.isEmpty { out = [UInt8](repeating: 0, count: Self.flushBytes + Armor.lineBytes + 3) }
    }

    private mutating func appendGroups(_ line: UnsafeRawBufferPointer) -> Int {
        // There is room for a whole line behind `flushBytes`: three octets for each four characters.
        let groups = out.withUnsafeMutableBytes { target in
            target.baseAddress.map { Base64Kernels.decodeGroups(line, to: $0 + used) } ?? 0
        }
        used += groups * 3
        return groups
    }

    private mutating func takeSlowly(_ line: UnsafeRawBufferPointer) throws(PacketError) {
        for character in line {
            guard !isPadded else { throw .badArmor("data after the padding") }
            let value = Base64Kernels.values[Int(character)]
            guard value <= Base64Kernels.padding else { throw .badArmor("a character that is not base64") }
            pending.append(value)
            if pending.count == 4 { try takeGroup() }
        }
    }

    private mutating func takeGroup() throws(PacketError) {
        let count = pending.firstIndex(of: Base64Kernels.padding) ?? 4
        guard count >= 2, pending[count...].allSatisfy({ $0 == Base64Kernels.padding }) else {
            throw .badArmor("padding in the wrong place")
        }
        isPadded = count < 4
        let bits = pending.reduce(UInt32(0)) { $0 << 6 | UInt32($1 & 63) }
        for place in 0..<count - 1 {
            out[used] = UInt8(bits >> (16 - 8 * UInt32(place)) & 255)
            used += 1
        }
        pending.removeAll(keepingCapacity: true)
    }

    mutating func check(_ characters: UnsafeRawBufferPointer) throws(PacketError) {
        flush()
        var sum: UInt32 = 0
        for character in characters {
            let value = Base64Kernels.values[Int(character)]
            guard value < 64 else { throw .badChecksum }
            sum = sum << 6 | UInt32(value)
        }
        guard sum == crc.value else { throw .badChecksum }
    }

    mutating func takeDecoded() throws(PacketError) -> MessageBytes {
        do { return try decoded.finish() } catch { throw .storage(error.detail) }
    }

    mutating func finish() throws(PacketError) -> MessageBytes {
        guard pending.isEmpty else { throw .badArmor("the data ends inside a group of four characters") }
        flush()
        do { return try decoded.finish() } catch { throw .storage(error.detail) }
    }

    private mutating func flush() {
        out.withUnsafeBytes { all in
            let filled = UnsafeRawBufferPointer(rebasing: all[..<used])
            crc.update(filled)
            decoded.append(filled)
        }
        used = 0
    }
}
