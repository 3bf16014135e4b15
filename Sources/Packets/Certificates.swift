// Takes a file of certificates apart (RFC 4880 section 11.1: transferable public keys). Pure; fails with PacketError.

package import Mail

/// Files of OpenPGP certificates.
package enum Certificates {
    /// The certificates of a file: one or several armored blocks with any text around them, or binary packets.
    /// - Returns: the packets of each certificate, binary, in file order; never empty. Trust and marker packets, which
    ///   are a local matter, are left out.
    /// - Throws: ``PacketError/secretKey`` where there is a secret key anywhere in the file; another ``PacketError``
    ///   where there is none, or anything else than certificates.
    package static func split(_ file: MessageBytes) throws(PacketError) -> [MessageBytes] {
        var found: [MessageBytes] = []
        for data in try contents(of: file) { found += try splitPackets(data) }
        guard !found.isEmpty else { throw .notOpenPGP }
        return found
    }

    private static func contents(of file: MessageBytes) throws(PacketError) -> [MessageBytes] {
        let first: UInt8?
        do { first = try file.slice(0..<1).copy().first } catch { throw .storage(error.detail) }
        guard let first else { throw .notOpenPGP }
        // Bit 7 is set in the first byte of every packet and of no ASCII text.
        let hasMark = try startsWithByteOrderMark(file)
        if first & 0x80 != 0, !hasMark { return [file] }
        let blocks = try Armor.blocks(in: hasMark ? file.slice(3..<file.count) : file)
        if blocks.contains(where: { $0.kind == .privateKey }) { throw .secretKey }
        guard blocks.allSatisfy({ $0.kind == .publicKey }) else {
            throw .badArmor("a block that is no public key")
        }
        return blocks.map(\.bytes)
    }

    /// Windows editors put one before the text; as a packet it would be of an unassigned type.
    private static func startsWithByteOrderMark(_ file: MessageBytes) throws(PacketError) -> Bool {
        do { return try file.slice(0..<3).copy() == [0xEF, 0xBB, 0xBF] } catch { throw .storage(error.detail) }
    }

    private static func splitPackets(_ data: MessageBytes) throws(PacketError) -> [MessageBytes] {
        var walker = PacketWalker(data)
        var found: [MessageBytes] = []
        var current: [MessageBytes] = []
        while let packet = try walker.next() {
            switch packet.tag {
            case 5, 7: throw .secretKey
            case 6:
                try checkKey(packet)
                if !current.isEmpty { found.append(MessageBytes(joining: current)) }
                current = [data.slice(packet.range)]
            case 10, 12: break
            // Signature, user ID, subkey, user attribute, padding; and what RFC 9580 section 4.3 says to pass over.
            case 2, 13, 14, 17, 21, 40...63:
                guard !current.isEmpty else {
                    throw .unexpectedPacket(tag: packet.tag, offset: packet.range.lowerBound)
                }
                current.append(data.slice(packet.range))
            default: throw .unexpectedPacket(tag: packet.tag, offset: packet.range.lowerBound)
            }
        }
        if !current.isEmpty { found.append(MessageBytes(joining: current)) }
        return found
    }

    /// Version, creation time and algorithm at least; the engine reads the rest.
    private static func checkKey(_ packet: Packet) throws(PacketError) {
        let version = packet.head.first
        guard let version, (2...6).contains(version), packet.bodyBytes > 6 else { throw .badPacketBody(tag: 6) }
    }

    /// The certificate without some of its user ids and what was signed about them (RFC 4880 section 11.1).
    /// - Parameters:
    ///   - certificate: one of ``split(_:)``.
    ///   - isKept: is asked about each user id's text.
    /// - Returns: the primary key with the signatures on it, the user ids that are kept with theirs, the subkeys with
    ///   theirs; nothing else (no user attributes, which are pictures).
    package static func keepingUserIDs(
        of certificate: MessageBytes, where isKept: (String) -> Bool
    ) throws(PacketError) -> MessageBytes {
        var walker = PacketWalker(certificate)
        var pieces: [MessageBytes] = []
        var isWanted = true
        while let packet = try walker.next() {
            switch packet.tag {
            case 6, 14: isWanted = true
            case 13:
                let text: [UInt8]
                let body = max(packet.range.lowerBound, packet.range.upperBound - packet.bodyBytes)
                do { text = try certificate.slice(body..<packet.range.upperBound).copy() } catch {
                    throw .storage("reading a user id")
                }
                isWanted = isKept(String(decoding: text, as: UTF8.self))
            case 2: break
            default: isWanted = false
            }
            if isWanted { pieces.append(certificate.slice(packet.range)) }
        }
        return MessageBytes(joining: pieces)
    }
}
