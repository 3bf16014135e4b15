// Why bytes are no well-formed OpenPGP data. Touches nothing; the texts hold tag numbers and offsets, never content.

/// What is wrong with armor or packets (RFC 4880 sections 4 and 6, RFC 9580).
package enum PacketError: Error, Sendable, Equatable, CustomStringConvertible {
    /// There are no bytes, or nothing that looks like OpenPGP.
    case notOpenPGP
    /// ASCII armor is broken; what, in words.
    case badArmor(String)
    /// The armor's CRC-24 is not that of the data.
    case badChecksum
    /// A packet is cut off, has an indeterminate or impossible length, or starts without bit 7; where.
    case malformedPacket(offset: Int)
    /// A packet's content is too short or of an unknown version; its tag.
    case badPacketBody(tag: UInt8)
    /// A packet stands where its grammar has no place for it; its tag and where.
    case unexpectedPacket(tag: UInt8, offset: Int)
    /// A secret key stands where only public keys may.
    case secretKey
    /// The bytes could not be read back.
    case storage(String)

    /// In words: lower case, no full stop.
    package var description: String {
        switch self {
        case .notOpenPGP: "no openpgp data found"
        case .badArmor(let what): "broken ascii armor: \(what)"
        case .badChecksum: "broken ascii armor: checksum does not fit the data"
        case .malformedPacket(let offset): "malformed openpgp packet at byte \(offset)"
        case .badPacketBody(let tag): "openpgp packet with tag \(tag) is too short or of an unknown version"
        case .unexpectedPacket(let tag, let offset):
            "openpgp packet with tag \(tag) at byte \(offset) has no place there"
        case .secretKey: "the data holds a secret key; only public keys belong here"
        case .storage(let what): "reading the bytes back: \(what)"
        }
    }
}
