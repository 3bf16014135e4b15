// Base64 kernels (RFC 4648 section 4) for armor and for MIME bodies. Pure; work on memory the caller owns.
// By vector instructions where the processor has them (CBase64), else one by one; the tests compare the two.

import CBase64

/// Fast base64 on raw memory.
package enum Base64Kernels {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Two characters for twelve bits, first character in the low byte: one look-up and one store per 1.5 bytes.
    static let pairs: [UInt16] = (0..<4096).map {
        UInt16(alphabet[$0 >> 6]) | (UInt16(alphabet[$0 & 63]) << 8)
    }

    /// Value of a character; 64 is `=`, 65 white space (SP, TAB, CR, LF), 255 anything else.
    package static let values: [UInt8] = (0..<256).map { octet in
        if let value = alphabet.firstIndex(of: UInt8(octet)) { return UInt8(value) }
        switch octet {
        case 61: return padding
        case 32, 9, 13, 10: return whiteSpace
        default: return invalid
        }
    }
    /// `=` in ``values``.
    package static let padding: UInt8 = 64
    /// SP, TAB, CR and LF in ``values``.
    package static let whiteSpace: UInt8 = 65
    /// Any other octet in ``values``.
    package static let invalid: UInt8 = 255

    /// Encodes whole groups of three bytes.
    /// - Parameters:
    ///   - source: `groups` * 3 bytes.
    ///   - target: room for `groups` * 4 bytes.
    @inline(__always)
    static func encode(
        groups: Int, from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, pairs: UnsafePointer<UInt16>
    ) {
        var from = source
        var to = target
        for _ in 0..<groups {
            let a = UInt32(from.load(as: UInt8.self))
            let b = UInt32(from.load(fromByteOffset: 1, as: UInt8.self))
            let c = UInt32(from.load(fromByteOffset: 2, as: UInt8.self))
            let bits = (a << 16) | (b << 8) | c
            // Indices are 12 bits wide, the table has 4096 entries.
            to.storeBytes(of: pairs[Int(bits >> 12)].littleEndian, as: UInt16.self)
            to.storeBytes(of: pairs[Int(bits & 4095)].littleEndian, toByteOffset: 2, as: UInt16.self)
            from += 3
            to += 4
        }
    }

    /// The last one or two bytes of data, with padding; empty for an empty rest.
    static func encodeRest(_ rest: some Collection<UInt8>) -> [UInt8] {
        guard let first = rest.first else { return [] }
        let second = rest.dropFirst().first
        let bits = (UInt32(first) << 16) | (UInt32(second ?? 0) << 8)
        return [
            alphabet[Int(bits >> 18)], alphabet[Int((bits >> 12) & 63)],
            second == nil ? UInt8(ascii: "=") : alphabet[Int((bits >> 6) & 63)], UInt8(ascii: "="),
        ]
    }

    /// Room that ``decodeGroups(_:to:)`` wants behind what it decodes, in bytes.
    package static let slackBytes = 8

    /// Decodes whole groups of four characters of the alphabet, and nothing else.
    /// - Parameters:
    ///   - source: any number of characters; those after the last whole group are not read.
    ///   - target: room for 3 bytes per group and ``slackBytes`` more, which may be written to.
    /// - Returns: the number of groups decoded; it stops before the first group that holds any other character.
    package static func decodeGroups(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) -> Int {
        guard let base = source.baseAddress else { return 0 }
        let done = letterlock_base64_decode(octets(base), source.count, octets(target)) / 4
        let rest = UnsafeRawBufferPointer(rebasing: source[(done &* 4)...])
        return done &+ decodeGroupsOneByOne(rest, to: target + done &* 3)
    }

    /// As ``decodeGroups(_:to:)``, without vector instructions and without room behind: what the other is measured by.
    package static func decodeGroupsOneByOne(
        _ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer
    ) -> Int {
        guard let base = source.baseAddress else { return 0 }
        let groups = source.count / 4
        return values.withUnsafeBufferPointer { values in
            var done = 0
            while done < groups {
                let word = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: done &* 4, as: UInt32.self))
                // Each index is one byte, the table has 256 entries.
                let a = UInt32(values[Int(word & 255)])
                let b = UInt32(values[Int((word >> 8) & 255)])
                let c = UInt32(values[Int((word >> 16) & 255)])
                let d = UInt32(values[Int(word >> 24)])
                guard (a | b | c | d) < 64 else { break }
                let bits = (a << 18) | (b << 12) | (c << 6) | d
                let place = target + done &* 3
                place.storeBytes(of: UInt8(truncatingIfNeeded: bits >> 16), as: UInt8.self)
                place.storeBytes(of: UInt8(truncatingIfNeeded: bits >> 8), toByteOffset: 1, as: UInt8.self)
                place.storeBytes(of: UInt8(truncatingIfNeeded: bits), toByteOffset: 2, as: UInt8.self)
                done &+= 1
            }
            return done
        }
    }

    /// Counts characters of the alphabet; white space is passed over.
    /// - Parameter characters: grows by what was counted.
    /// - Returns: the octets looked at; it stops somewhere before the first octet that is neither, or near the end.
    package static func count(_ source: UnsafeRawBufferPointer, characters: inout Int) -> Int {
        guard let base = source.baseAddress else { return 0 }
        var found = 0
        let done = letterlock_base64_count(octets(base), source.count, &found)
        characters &+= found
        return done
    }

    static func octets(_ memory: UnsafeRawPointer) -> UnsafePointer<UInt8> {
        memory.assumingMemoryBound(to: UInt8.self)
    }

    static func octets(_ memory: UnsafeMutableRawPointer) -> UnsafeMutablePointer<UInt8> {
        memory.assumingMemoryBound(to: UInt8.self)
    }
}
