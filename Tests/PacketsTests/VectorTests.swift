// Vector instructions against the one-by-one ways: the same results for every length, cut and bad octet.

import Mail
import Packets
import Synchronization
import Testing

@Suite struct VectorTests {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func octets(_ count: Int, _ dice: inout SystemRandomNumberGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &dice) }
    }

    private static func characters(_ count: Int, _ dice: inout SystemRandomNumberGenerator) -> [UInt8] {
        (0..<count).map { _ in alphabet.randomElement(using: &dice) ?? 65 }
    }

    private static func decodedGroups(_ text: [UInt8], oneByOne: Bool) -> (groups: Int, octets: [UInt8]) {
        var target = [UInt8](repeating: 0, count: text.count / 4 * 3 + Base64Kernels.slackBytes + 1)
        let groups = text.withUnsafeBytes { source in
            target.withUnsafeMutableBytes { target -> Int in
                guard let base = target.baseAddress else { return -1 }
                return oneByOne
                    ? Base64Kernels.decodeGroupsOneByOne(source, to: base)
                    : Base64Kernels.decodeGroups(source, to: base)
            }
        }
        return (groups, Array(target.prefix(max(groups, 0) * 3)))
    }

    private static func decodedLines(_ text: [UInt8], atMost lines: Int, oneByOne: Bool) -> (
        lines: Int, octets: [UInt8]
    ) {
        let octets = lines * Base64Lines.octetsPerLine + Base64Lines.slackBytes
        var target = [UInt8](repeating: 0, count: octets)
        let done = text.withUnsafeBytes { source in
            target.withUnsafeMutableBytes { target -> Int in
                guard let base = target.baseAddress else { return -1 }
                return Base64Lines.decode(source, atMost: lines, to: base, oneByOne: oneByOne)
            }
        }
        return (done, Array(target.prefix(max(done, 0) * Base64Lines.octetsPerLine)))
    }

    private static func encodedLines(_ lines: Int, _ octets: [UInt8], oneByOne: Bool) -> [UInt8] {
        var target = [UInt8](repeating: 0, count: lines * Base64Lines.charactersPerLine + 1)
        octets.withUnsafeBytes { source in
            target.withUnsafeMutableBytes { target in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                Base64Lines.encode(lines, from: from, to: to, oneByOne: oneByOne)
            }
        }
        return target
    }

    /// The one octet behind the target shows that nothing is written there.
    @Test func linesAreEncodedAlike() {
        var dice = SystemRandomNumberGenerator()
        for lines in 0...40 {
            let octets = Self.octets(lines * Base64Lines.octetsPerLine, &dice)
            let encoded = Self.encodedLines(lines, octets, oneByOne: false)
            #expect(encoded == Self.encodedLines(lines, octets, oneByOne: true))
            let decoded = Self.decodedLines(encoded, atMost: lines, oneByOne: false)
            #expect(decoded.lines == lines)
            #expect(decoded.octets == octets)
            #expect(encoded.last == 0)
        }
    }

    @Test func groupsOfEveryLengthAreDecodedAlike() {
        var dice = SystemRandomNumberGenerator()
        for count in 0...300 {
            let text = Self.characters(count, &dice)
            let fast = Self.decodedGroups(text, oneByOne: false)
            #expect(fast.groups == count / 4)
            #expect(fast == Self.decodedGroups(text, oneByOne: true))
        }
    }

    @Test func everyOctetAtEveryPlaceIsDecodedAlike() {
        var dice = SystemRandomNumberGenerator()
        for place in 0..<100 {
            for octet in UInt8.min...UInt8.max {
                var text = Self.characters(100, &dice)
                text[place] = octet
                let fast = Self.decodedGroups(text, oneByOne: false)
                guard fast != Self.decodedGroups(text, oneByOne: true) else { continue }
                Issue.record("octet \(octet) at \(place): \(fast.groups) groups")
            }
        }
    }

    @Test func everyOctetAtEveryPlaceOfLinesIsDecodedAlike() {
        var dice = SystemRandomNumberGenerator()
        let octets = Self.octets(3 * Base64Lines.octetsPerLine, &dice)
        let good = Array(Self.encodedLines(3, octets, oneByOne: true).dropLast())
        for place in good.indices {
            for octet in UInt8.min...UInt8.max {
                var text = good
                text[place] = octet
                let fast = Self.decodedLines(text, atMost: 3, oneByOne: false)
                guard fast != Self.decodedLines(text, atMost: 3, oneByOne: true) else { continue }
                Issue.record("octet \(octet) at \(place): \(fast.lines) lines")
            }
        }
        for length in good.indices {
            let cut = Array(good.prefix(length))
            #expect(Self.decodedLines(cut, atMost: 3, oneByOne: false).lines == length / Base64Lines.charactersPerLine)
            #expect(Self.decodedLines(good, atMost: length, oneByOne: false).lines == min(length, 3))
        }
    }

    @Test func charactersAreCountedAlike() {
        var dice = SystemRandomNumberGenerator()
        let mixed = Self.alphabet + Self.alphabet + Array(" \t\r\n".utf8)
        for octet in UInt8.min...UInt8.max {
            var text = (0..<200).map { _ in mixed.randomElement(using: &dice) ?? 65 }
            text[Int.random(in: 0..<200, using: &dice)] = octet
            var characters = 0
            let done = text.withUnsafeBytes { Base64Kernels.count($0, characters: &characters) }
            let counted = text.prefix(done)
            #expect(characters == counted.count { Base64Kernels.values[Int($0)] < 64 })
            #expect(counted.allSatisfy { Base64Kernels.values[Int($0)] < 64 || [32, 9, 13, 10].contains($0) })
            #expect(!Base64Lines.isFast || Base64Kernels.values[Int(octet)] > 65 || octet == 61 || done == 192)
        }
    }

    /// RFC 4880 section 6.1, bit by bit.
    private static func checksum(_ octets: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xB704CE
        for octet in octets {
            crc ^= UInt32(octet) << 16
            for _ in 0..<8 {
                crc <<= 1
                if crc & 0x1000000 != 0 { crc ^= 0x1864CFB }
            }
        }
        return crc & 0xFFFFFF
    }

    @Test func theChecksumIsTheSameInEveryCut() {
        var dice = SystemRandomNumberGenerator()
        for count in Array(0...300) + [1000, 4095, 65_536, 70_001] {
            let octets = Self.octets(count, &dice)
            let expected = Self.checksum(octets)
            var (whole, table, pieces) = (CRC24(), CRC24(), CRC24())
            octets.withUnsafeBytes { bytes in
                whole.update(bytes)
                table.updateByTable(bytes)
                var rest = bytes[...]
                while !rest.isEmpty {
                    let piece = rest.prefix(Int.random(in: 1...400, using: &dice))
                    pieces.update(UnsafeRawBufferPointer(rebasing: piece))
                    rest = rest.dropFirst(piece.count)
                }
            }
            #expect([whole.value, table.value, pieces.value] == [expected, expected, expected])
        }
    }

    // MARK: Armor

    /// Lines of 64 characters and CRLF are read at once, all others one by one: what is damaged is the same to both.
    @Test func damagedArmorIsReadAlikeByBothWays() throws {
        var dice = SystemRandomNumberGenerator()
        let data = Self.octets(5 * Base64Lines.octetsPerLine + 20, &dice)
        let good = try Armor.encode(MessageBytes(bytes: data), kind: .message).copy()
        for place in good.indices where good[place] != 13 && good[place] != 10 {
            for octet in [0, 9, 32, 42, 45, 61, 65, 128, 255] as [UInt8] {
                var text = good
                text[place] = octet
                let blank = text.split(separator: 10, omittingEmptySubsequences: false).map { $0.dropLast() }
                let slow = Array(blank.joined(separator: Array(" \r\n".utf8)))
                let results = [text, slow].map { text in try? Armor.decode(MessageBytes(bytes: text)).bytes }
                guard results[0] != results[1] else { continue }
                Issue.record("octet \(octet) at \(place)")
            }
        }
    }

    /// Every line that is written is decoded again: one wrong bit in one line of many, and there is no text.
    @Test(arguments: [0, 1, 991, 992, 2000]) func aLineThatIsNotItsDataIsNoticed(_ wrongLine: Int) throws {
        var dice = SystemRandomNumberGenerator()
        let data = Self.octets(2100 * Base64Lines.octetsPerLine, &dice)
        let written = Mutex(0)
        var writer = Armor.Writer(.message, into: MessageBytes.Builder()) { lines, from, to in
            Base64Lines.encode(lines, from: from, to: to)
            let first = written.withLock { before -> Int in
                defer { before += lines }
                return before
            }
            guard (first..<first + lines).contains(wrongLine) else { return }
            let place = to + (wrongLine - first) * Base64Lines.charactersPerLine + 17
            let was = place.load(as: UInt8.self)
            place.storeBytes(of: was == 65 ? 66 : 65, as: UInt8.self)
        }
        data.withUnsafeBytes { writer.take($0) }
        #expect(writer.failure?.cause == .sealCheck)
        #expect(throws: Refusal.self) { try writer.finish() }
    }
}
