// Undoes base64 and quoted-printable (RFC 2045 sections 6.7 and 6.8) the way the most generous mail program would, and
// says where a stricter one would stop or see something else. Works on ropes, chunk by chunk; linear.

package import Mail
import Packets

/// Transfer decoding.
package enum TransferDecoder {
    /// The decoded octets; `isClean` is false where programs may differ (octets that are no base64, data after padding,
    /// a rest that is no octet).
    package struct Decoded: Sendable {
        package let octets: [UInt8]
        package let isClean: Bool
        /// How many of the octets a program sees that stops at the first oddity (data behind padding, a character that
        /// is no base64); nil where nothing is odd.
        var stoppedAt: Int?
        /// True where octets were lost or where it cannot be told where groups begin, so that nobody knows what others
        /// see.
        var isLossy = false
        /// True where blanks stand in it: plain text has them, base64 hardly ever.
        var hasBlanks = false
    }

    /// Decodes contiguous base64: a header word.
    static func base64(_ octets: [UInt8]) -> Decoded {
        var decoder = Base64Decoder(reserving: octets.count / 4 * 3)
        octets.withUnsafeBytes { decoder.feed($0) }
        return decoder.finish()
    }

    /// Undoes a transfer encoding into one array: for text, never for attachments.
    /// - Throws: what reading the bytes throws.
    package static func decode(_ bytes: MessageBytes, _ encoding: TransferEncoding) throws -> Decoded {
        switch encoding {
        case .base64:
            var decoder = Base64Decoder(reserving: bytes.count / 4 * 3 + 3)
            try bytes.forEachChunk { decoder.feed($0) }
            return decoder.finish()
        case .quotedPrintable:
            var decoder = QuotedPrintableDecoder(reserving: bytes.count)
            try bytes.forEachChunk { decoder.feed($0) }
            return Decoded(octets: decoder.finish(), isClean: true)
        case .unknown where encoding.isUUEncode:
            var decoder = UUDecoder()
            try bytes.forEachChunk { decoder.feed($0) }
            return decoder.finish()
        case .sevenBit, .eightBit, .binary, .unknown:
            return Decoded(octets: try bytes.copy(), isClean: true)
        }
    }

    /// Undoes a transfer encoding of a body of any length, piece by piece.
    /// - Returns: bytes that lie where the encoded ones do, in memory or in a file.
    /// - Throws: what reading the bytes throws; a ``Refusal`` of cause `storage` where the decoded ones cannot be kept.
    static func decodeToRope(_ bytes: MessageBytes, _ encoding: TransferEncoding) throws -> MessageBytes {
        var builder = MessageBytes.Builder(derivedFrom: bytes)
        switch encoding {
        case .base64:
            var decoder = Base64Decoder()
            try bytes.forEachChunk { chunk in
                decoder.feed(chunk)
                decoder.take { builder.append($0) }
            }
            decoder.finish().octets.withUnsafeBytes { builder.append($0) }
        case .quotedPrintable:
            var decoder = QuotedPrintableDecoder()
            try bytes.forEachChunk { chunk in
                decoder.feed(chunk)
                decoder.take { builder.append($0) }
            }
            decoder.finish().withUnsafeBytes { builder.append($0) }
        case .unknown where encoding.isUUEncode:
            var decoder = UUDecoder()
            try bytes.forEachChunk { chunk in
                decoder.feed(chunk)
                decoder.take { builder.append($0) }
            }
            decoder.finish().octets.withUnsafeBytes { builder.append($0) }
        case .sevenBit, .eightBit, .binary, .unknown: return bytes
        }
        return try builder.finish()
    }

    /// The length after decoding, without keeping what is decoded.
    static func decodedBytes(_ bytes: MessageBytes, _ encoding: TransferEncoding) throws -> (count: Int, isClean: Bool)
    {
        switch encoding {
        case .base64:
            var meter = Base64Meter()
            try bytes.forEachChunk { meter.feed($0) }
            return (meter.decodedBytes, meter.isClean)
        case .quotedPrintable:
            var decoder = QuotedPrintableDecoder()
            var count = 0
            try bytes.forEachChunk { chunk in
                decoder.feed(chunk)
                decoder.take { count += $0.count }
            }
            return (count + decoder.finish().count, true)
        case .unknown where encoding.isUUEncode:
            var decoder = UUDecoder()
            var count = 0
            try bytes.forEachChunk { chunk in
                decoder.feed(chunk)
                decoder.take { count += $0.count }
            }
            let rest = decoder.finish()
            return (count + rest.octets.count, rest.isClean)
        case .sevenBit, .eightBit, .binary, .unknown:
            return (bytes.count, true)
        }
    }
}

/// Counts what base64 would give. Every character is looked up once.
struct Base64Meter {
    private static let stepBytes = 64

    private var characters = 0
    private var paddings = 0
    private(set) var isClean = true

    var decodedBytes: Int { characters / 4 * 3 + max(0, characters % 4 - 1) }

    mutating func feed(_ chunk: UnsafeRawBufferPointer) {
        var place = 0
        while place < chunk.count {
            if paddings == 0 {
                place &+= Base64Kernels.count(
                    UnsafeRawBufferPointer(rebasing: chunk[place...]), characters: &characters)
            }
            // One by one past what stopped it, as far as it would go at once.
            for octet in chunk[place...].prefix(Self.stepBytes) { count(Base64Kernels.values[Int(octet)]) }
            place = min(place + Self.stepBytes, chunk.count)
        }
        if paddings > 2 { isClean = false }
    }

    private mutating func count(_ value: UInt8) {
        if value < 64 {
            if paddings > 0 { isClean = false }
            characters &+= 1
        } else if value == Base64Kernels.padding {
            paddings &+= 1
        } else if value == Base64Kernels.invalid {
            isClean = false
        }
    }
}

/// Base64 in pieces. Padding ends a group and not the text: what follows is decoded too.
struct Base64Decoder {
    private var out: [UInt8] = []
    private var bits: UInt32 = 0
    private var held = 0
    private var isPadded = false
    private var isClean = true
    private var stoppedAt: Int?
    private var isLossy = false
    private var hasBlanks = false
    /// Characters of the last padded group and its padding; four make it whole.
    private var groupCharacters = 0

    /// - Parameter capacity: bytes that will come out at most, where all of them are wanted in one array.
    init(reserving capacity: Int = 0) { out.reserveCapacity(capacity) }

    /// Hands out what has been decoded, and forgets it.
    mutating func take(_ body: (UnsafeRawBufferPointer) -> Void) {
        out.withUnsafeBytes { body($0) }
        out.removeAll(keepingCapacity: true)
    }

    mutating func feed(_ chunk: UnsafeRawBufferPointer) {
        var place = 0
        while place < chunk.count {
            if held == 0 { place += takeGroups(UnsafeRawBufferPointer(rebasing: chunk[place...])) }
            guard place < chunk.count else { return }
            take(chunk[place])
            place += 1
        }
    }

    private mutating func takeGroups(_ rest: UnsafeRawBufferPointer) -> Int {
        // Lines are short: groups are tried up to a line's length, so that room is never made in vain.
        let window = UnsafeRawBufferPointer(rebasing: rest.prefix(80))
        return withUnsafeTemporaryAllocation(byteCount: 60 + Base64Kernels.slackBytes, alignment: 8) { target in
            guard let base = target.baseAddress else { return 0 }
            let groups = Base64Kernels.decodeGroups(window, to: base)
            if groups > 0 {
                if isPadded { goOn() }
                out.append(contentsOf: UnsafeRawBufferPointer(rebasing: target[..<(groups * 3)]))
            }
            return groups * 4
        }
    }

    private mutating func take(_ octet: UInt8) {
        let value = Base64Kernels.values[Int(octet)]
        switch value {
        case ..<64:
            if isPadded { goOn() }
            bits = bits << 6 | UInt32(value)
            held += 1
            if held == 4 { emit(3) }
        case Base64Kernels.padding:
            if held == 1 {
                isClean = false
                isLossy = true
            }
            if held > 0 {
                groupCharacters = held
                flushHeld()
            }
            groupCharacters += 1
            isPadded = true
        case Base64Kernels.whiteSpace: if octet == 32 || octet == 9 { hasBlanks = true }
        default:
            isClean = false
            if stoppedAt == nil { stoppedAt = out.count + max(0, held - 1) }
        }
    }

    /// Data behind padding. Where the padded group was not whole, programs differ in where the next one begins.
    private mutating func goOn() {
        isClean = false
        if stoppedAt == nil { stoppedAt = out.count }
        if groupCharacters % 4 != 0 { isLossy = true }
        groupCharacters = 0
        isPadded = false
    }

    private mutating func flushHeld() {
        let octets = held - 1
        bits <<= 6 * UInt32(4 - held)
        emit(octets)
    }

    private mutating func emit(_ octets: Int) {
        for shift in [UInt32(16), 8, 0].prefix(max(0, octets)) { out.append(UInt8(truncatingIfNeeded: bits >> shift)) }
        bits = 0
        held = 0
    }

    mutating func finish() -> TransferDecoder.Decoded {
        if held == 1 {
            isClean = false
            isLossy = true
        }
        if held > 0 { flushHeld() }
        return TransferDecoder.Decoded(
            octets: out, isClean: isClean, stoppedAt: stoppedAt, isLossy: isLossy,
            hasBlanks: hasBlanks)
    }
}

/// Quoted-printable in pieces: soft line breaks go, white space at the end of a line goes, an `=` that starts nothing
/// stays as it is.
struct QuotedPrintableDecoder {
    private var out: [UInt8] = []
    private var line: [UInt8] = []

    /// - Parameter capacity: bytes that will come out at most, where all of them are wanted in one array.
    init(reserving capacity: Int = 0) { out.reserveCapacity(capacity) }

    /// Hands out what has been decoded, and forgets it.
    mutating func take(_ body: (UnsafeRawBufferPointer) -> Void) {
        out.withUnsafeBytes { body($0) }
        out.removeAll(keepingCapacity: true)
    }

    mutating func feed(_ chunk: UnsafeRawBufferPointer) {
        var rest = chunk
        while let end = rest.firstIndex(of: 10) {
            line.append(contentsOf: rest[..<end])
            endLine(isLast: false)
            rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
        }
        line.append(contentsOf: rest)
    }

    private mutating func endLine(isLast: Bool) {
        let hasReturn = line.last == 13 && !isLast
        var end = line.count - (hasReturn ? 1 : 0)
        while end > 0, line[end - 1] == 32 || line[end - 1] == 9 { end -= 1 }
        var place = 0
        while place < end {
            let octet = line[place]
            guard octet == UInt8(ascii: "=") else {
                out.append(octet)
                place += 1
                continue
            }
            if place + 1 == end, !isLast {
                line.removeAll(keepingCapacity: true)
                return
            }
            if place + 2 < end, let high = hexValue(line[place + 1]), let low = hexValue(line[place + 2]) {
                out.append(high << 4 | low)
                place += 3
            } else {
                out.append(octet)
                place += 1
            }
        }
        line.removeAll(keepingCapacity: true)
        if isLast { return }
        if hasReturn { out.append(13) }
        out.append(10)
    }

    mutating func finish() -> [UInt8] {
        if !line.isEmpty { endLine(isLast: true) }
        return out
    }
}
