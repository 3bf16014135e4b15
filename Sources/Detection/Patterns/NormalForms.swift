// What normalising does to single characters and to letters with their marks, remembered: Foundation is asked once for
// each character in the life of the process, and once for each letter with marks in a text, as texts repeat them.
// So text full of emoji, of Hindi or of full-width digits costs little more than any other. Pure but for what is
// remembered; the answers are Foundation's.

import Foundation
import Synchronization

/// What of 256 characters is known, one bit each.
struct CharacterPage: Sendable {
    private typealias Bits = (UInt64, UInt64, UInt64, UInt64)
    private var staying: Bits = (0, 0, 0, 0)
    private var joining: Bits = (0, 0, 0, 0)

    /// Finds out about a page.
    /// - Parameter number: the characters' code points divided by 256.
    init(_ number: UInt32) {
        for low in 0..<UInt32(256) {
            guard let scalar = Unicode.Scalar(number << 8 | low) else { continue }
            if CharacterKinds.joinsFormer(scalar) {
                Self.set(&joining, low)
                continue
            }
            let text = String(scalar)
            guard !CharacterKinds.isLeftOut(scalar), CharacterKinds.plain(scalar) == nil else { continue }
            if NormalForms.made(of: text).elementsEqual(text.utf8) { Self.set(&staying, low) }
        }
    }

    /// True for a character, no mark itself, that normalising leaves as it is where no mark follows.
    func stays(_ scalar: Unicode.Scalar) -> Bool { Self.holds(staying, scalar.value & 0xFF) }
    /// As ``CharacterKinds/joinsFormer(_:)``.
    func joins(_ scalar: Unicode.Scalar) -> Bool { Self.holds(joining, scalar.value & 0xFF) }

    private static func set(_ bits: inout Bits, _ low: UInt32) {
        let bit = UInt64(1) << UInt64(low & 63)
        switch low >> 6 {
        case 0: bits.0 |= bit
        case 1: bits.1 |= bit
        case 2: bits.2 |= bit
        default: bits.3 |= bit
        }
    }

    private static func holds(_ bits: Bits, _ low: UInt32) -> Bool {
        let bit = UInt64(1) << UInt64(low & 63)
        return switch low >> 6 {
        case 0: bits.0 & bit != 0
        case 1: bits.1 & bit != 0
        case 2: bits.2 & bit != 0
        default: bits.3 & bit != 0
        }
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

    private var pages = [(number: UInt32, page: CharacterPage)?](repeating: nil, count: pageSlots)
    private var clusters: [Cluster] = []
    /// How often Foundation was asked for a letter with marks.
    private(set) var asked = 0

    /// True for a character that normalising leaves as it is where no mark follows.
    mutating func stays(_ scalar: Unicode.Scalar) -> Bool { page(scalar).stays(scalar) }

    /// As ``CharacterKinds/joinsFormer(_:)``.
    mutating func joins(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= 0x300 && page(scalar).joins(scalar) }

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

    private mutating func page(_ scalar: Unicode.Scalar) -> CharacterPage {
        let number = scalar.value >> 8
        let slot = Int(number) % Self.pageSlots
        if let (known, page) = pages[slot], known == number { return page }
        let page = Self.known.withLock { known in
            if let page = known[number] { return page }
            let page = CharacterPage(number)
            known[number] = page
            return page
        }
        pages[slot] = (number, page)
        return page
    }
}
