// Undoes uuencode (POSIX uuencode, historical format): a line `begin 644 name`, lines that begin with their length, a
// line `end`. In pieces and of any length: of a line no more is kept than a line can hold. Pure; linear.

extension TransferEncoding {
    /// True for the names that mail uses for uuencode. It is in no RFC, but programs write and undo it.
    package var isUUEncode: Bool {
        guard case .unknown(let token) = self else { return false }
        return ["x-uuencode", "x-uue", "uuencode", "x-uu", "uue"].contains(token)
    }
}

/// Decodes what stands between `begin` and `end`; all such blocks one after the other.
struct UUDecoder {
    /// A line of 63 octets, its length and a few characters that some programs add.
    private static let lineBytes = 90

    private var out: [UInt8] = []
    private var line: [UInt8] = []
    private var isInside = false
    private var blocks = 0
    /// False where the block cannot be told from other text, or octets were lost.
    private var isClean = true

    /// Hands out what has been decoded, and forgets it.
    mutating func take(_ body: (UnsafeRawBufferPointer) -> Void) {
        out.withUnsafeBytes { body($0) }
        out.removeAll(keepingCapacity: true)
    }

    mutating func feed(_ chunk: UnsafeRawBufferPointer) {
        for octet in chunk {
            if octet == 10 {
                endLine()
            } else if line.count < Self.lineBytes {
                line.append(octet)
            }
        }
    }

    mutating func finish() -> TransferDecoder.Decoded {
        if !line.isEmpty { endLine() }
        if isInside || blocks == 0 { isClean = false }
        return TransferDecoder.Decoded(octets: out, isClean: isClean)
    }

    private mutating func endLine() {
        if line.last == 13 { line.removeLast() }
        defer { line.removeAll(keepingCapacity: true) }
        guard isInside else {
            if Self.isBegin(line[...]) {
                isInside = true
                blocks += 1
            } else if line.contains(where: { $0 > 32 }) {
                isClean = false
            }
            return
        }
        if line.starts(with: "end".utf8), line.dropFirst(3).allSatisfy({ $0 <= 32 }) {
            isInside = false
        } else if !Self.decode(line[...], into: &out) {
            isClean = false
        }
    }

    /// `begin`, three or four octal digits, a name.
    static func isBegin(_ line: ArraySlice<UInt8>) -> Bool {
        guard line.starts(with: "begin ".utf8) else { return false }
        let rest = line.dropFirst(6)
        let digits = rest.prefix { (48...55).contains($0) }.count
        return (3...4).contains(digits) && rest.dropFirst(digits).first == 32
    }

    /// One line. White space that a mail system has cut from its end stands for zeros.
    /// - Returns: false where it holds something else.
    static func decode(_ line: ArraySlice<UInt8>, into out: inout [UInt8]) -> Bool {
        guard let first = line.first, (32...96).contains(first) else { return line.isEmpty }
        var left = Int((first - 32) & 63)
        var place = line.startIndex + 1
        var isClean = true
        func value() -> UInt8 {
            defer { place += 1 }
            guard place < line.endIndex else { return 0 }
            if !(32...96).contains(line[place]) { isClean = false }
            return (line[place] &- 32) & 63
        }
        while left > 0 {
            let (a, b, c, d) = (value(), value(), value(), value())
            let group = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]
            out.append(contentsOf: group.prefix(left))
            left -= 3
        }
        return isClean
    }
}

/// Files that stand uuencoded inside of a text.
enum UUText {
    /// The text with its files decoded in place, as programs show it that undo them; nil where it has none.
    /// - Returns: `isRead` is false where a file is no text or cannot be decoded.
    static func decoded(_ text: String) -> (text: String, isRead: Bool)? {
        guard TextForms.holdsUUEncoded(text) else { return nil }
        var out: [UInt8] = []
        var file: [UInt8]?
        var isBase64 = false
        var isRead = true
        for line in text.utf8.split(separator: 10, omittingEmptySubsequences: false) {
            let octets = ArraySlice(line.last == 13 ? line.dropLast() : line)
            if var inside = file {
                let end = isBase64 ? "====" : "end"
                if octets.starts(with: end.utf8), octets.dropFirst(end.utf8.count).allSatisfy({ $0 <= 32 }) {
                    if isBase64 {
                        let decoded = TransferDecoder.base64(inside)
                        isRead = isRead && decoded.isClean
                        inside = decoded.octets
                    }
                    let readings = CharsetReadings(inside, declared: nil, isFile: true)
                    isRead = isRead && readings.isRead && FileStart.of(inside) == nil
                    out += (readings.texts.first ?? "").utf8.lazy.filter { $0 != 0 } + [10]
                    file = nil
                } else {
                    file = nil
                    if isBase64 {
                        inside += octets + [10]
                    } else {
                        isRead = UUDecoder.decode(octets, into: &inside) && isRead
                    }
                    file = inside
                }
            } else if UUDecoder.isBegin(octets) {
                file = []
                isBase64 = false
            } else if octets.starts(with: "begin-base64 ".utf8) {
                file = []
                isBase64 = true
            } else {
                out += octets + [10]
            }
        }
        if let file {
            // It never ends: what came is shown all the same.
            out += file.lazy.filter { $0 != 0 }
            isRead = false
        }
        return (String(decoding: out, as: UTF8.self), isRead)
    }
}
