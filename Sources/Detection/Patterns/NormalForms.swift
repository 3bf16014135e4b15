// What normalising does to single characters and to letters with their marks, remembered: Foundation is asked once for
// each character in the life of the process, and once for each letter with marks in a text, as texts repeat them.
// So text full of emoji, of Hindi or of full-width digits costs little more than any other. Pure but for what is
// remembered; the answers are Foundation's.

import Foundation
import Synchronization

/// What of 256 characters is known, one bit each.
struct CharacterPage: Sendable {
    /// Words of 64 bits: four of those that stay, four of those that join.
    static let words = 8

    /// Bits of the characters, no marks themselves, that normalising leaves as they are where no mark follows; behind
    /// them those of what ``CharacterKinds/joinsFormer(_:)`` holds of.
    let bits: [UInt64]

    /// Finds out about a page.
    /// - Parameter number: the characters' code points divided by 256.
    init(_ number: UInt32) {
        var bits = [UInt64](repeating: 0, count: Self.words)
        for low in 0..<UInt32(256) {
            guard let scalar = Unicode.Scalar(number << 8 | low) else { continue }
            let bit = UInt64(1) << UInt64(low & 63)
            if CharacterKinds.joinsFormer(scalar) {
                bits[4 + Int(low >> 6)] |= bit
                continue
            }
            let text = String(scalar)
            guard !CharacterKinds.isLeftOut(scalar), CharacterKinds.plain(scalar) == nil else { continue }
            if NormalForms.made(of: text).elementsEqual(text.utf8) { bits[Int(low >> 6)] |= bit }
        }
        self.bits = bits
    }
}

/// What is remembered while one text is normalised.
struct NormalForms {
    /// A letter with its marks, of at most 15 bytes, and its normal form.
    private struct Cluster {
        var key: (UInt64, UInt64) = (0, 0)
        var made: [UInt8] = []
    }

    private static let known = Mutex<[UInt32: CharacterPage]>([:])
    private static let pageSlots = 32
    private static let clusterSlots = 1024

    /// Numbers of the pages at hand, and their bits; no page has the number that free places have.
    private var numbers = [UInt32](repeating: .max, count: pageSlots)
    private var bits = [UInt64](repeating: 0, count: pageSlots * CharacterPage.words)
    private var clusters: [Cluster] = []
    /// How often Foundation was asked for a letter with marks.
    private(set) var asked = 0

    /// True for a character that normalising leaves as it is where no mark follows.
    mutating func stays(_ scalar: Unicode.Scalar) -> Bool { holds(scalar, 0) }

    /// As ``CharacterKinds/joinsFormer(_:)``.
    mutating func joins(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= 0x300 && holds(scalar, 4) }

    /// The normal form of a character with its marks.
    mutating func made(of cluster: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        guard cluster.count < 16 else { return ask(cluster) }
        var key: (UInt64, UInt64) = (0, UInt64(cluster.count))
        for (offset, octet) in cluster.enumerated() {
            if offset < 8 {
                key.0 = key.0 << 8 | UInt64(octet)
            } else {
                key.1 = key.1 << 8 | UInt64(octet)
            }
        }
        if clusters.isEmpty { clusters = [Cluster](repeating: Cluster(), count: Self.clusterSlots) }
        let mixed = (key.0 ^ key.1 &* 0x9E37_79B9_7F4A_7C15) &* 0xBF58_476D_1CE4_E5B9
        let slot = Int(mixed >> 54)
        if clusters[slot].key == key { return clusters[slot].made }
        let made = ask(cluster)
        clusters[slot] = Cluster(key: key, made: made)
        return made
    }

    private mutating func ask(_ cluster: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        asked += 1
        return Self.made(of: String(decoding: cluster, as: UTF8.self))
    }

    /// NFKC (UAX #15), and digits of any script as ASCII digits, without the strokes and boxes that are put over them.
    static func made(of text: String) -> [UInt8] {
        var scalars = String.UnicodeScalarView()
        for scalar in text.precomposedStringWithCompatibilityMapping.unicodeScalars {
            if !scalar.isASCII, let value = CharacterKinds.digit(scalar) {
                scalars.append(Unicode.Scalar(UInt8(ascii: "0") + value))
            } else if let last = scalars.last, ("0"..."9").contains(last), CharacterKinds.joinsFormer(scalar) {
                continue
            } else {
                scalars.append(scalar)
            }
        }
        return Array(String(scalars).utf8)
    }

    /// The bit of a character in four words of its page.
    private mutating func holds(_ scalar: Unicode.Scalar, _ word: Int) -> Bool {
        let number = scalar.value >> 8
        let slot = Int(number) % Self.pageSlots
        if numbers[slot] != number { take(number, slot) }
        let word = slot * CharacterPage.words + word + Int(scalar.value >> 6 & 3)
        return bits[word] >> UInt64(scalar.value & 63) & 1 == 1
    }

    private mutating func take(_ number: UInt32, _ slot: Int) {
        let page = Self.known.withLock { known in
            if let page = known[number] { return page }
            let page = CharacterPage(number)
            known[number] = page
            return page
        }
        numbers[slot] = number
        for (place, word) in page.bits.enumerated() { bits[slot * CharacterPage.words + place] = word }
    }
}
