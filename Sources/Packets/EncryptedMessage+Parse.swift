// Reads the outer packets of an OpenPGP encrypted message (RFC 4880 sections 5.1, 5.3, 5.7, 5.13 and 11.3; RFC 9580
// sections 5.1, 5.3 and 5.13.2; GnuPG's tag 20). Decrypts nothing. Fails with PacketError, never traps.

package import Mail

extension EncryptedMessage {
    /// Parses a binary (not armored) message to its last byte.
    ///
    /// The grammar is narrower than RFC 4880's: one or more session key packets, exactly one data packet, nothing
    /// before, between or after, for every further packet would be room for something in clear.
    /// - Throws: ``PacketError`` for anything else.
    package static func parse(_ bytes: MessageBytes) throws(PacketError) -> EncryptedMessage {
        guard !bytes.isEmpty else { throw .notOpenPGP }
        return try parse(PacketWalker(bytes))
    }

    /// Parses an armored message, with nothing around it, as it is decoded: the decoded form is kept nowhere.
    /// - Returns: the message, and the armor's header lines.
    /// - Throws: ``PacketError`` as ``parse(_:)-(MessageBytes)``, or as ``Armor/decode(_:)`` for the text.
    package static func parseArmored(
        _ text: MessageBytes
    ) throws(PacketError) -> (message: EncryptedMessage, headers: [String]) {
        let stream = ArmorStream(text)
        let message = try parse(PacketWalker(pieces: stream.next))
        let headers = try stream.end()
        return (message, headers)
    }

    private static func parse(_ start: PacketWalker) throws(PacketError) -> EncryptedMessage {
        var walker = start
        var recipients: [KeyID] = []
        var passwords = 0
        var protection: Protection?
        while let packet = try walker.next() {
            guard protection == nil else { throw .unexpectedPacket(tag: packet.tag, offset: packet.range.lowerBound) }
            switch packet.tag {
            case 1: recipients.append(try recipient(packet))
            case 3:
                try checkPassword(packet)
                passwords += 1
            case 9, 18, 20:
                guard !recipients.isEmpty || passwords > 0 else {
                    throw .unexpectedPacket(tag: packet.tag, offset: packet.range.lowerBound)
                }
                protection = try Self.protection(packet)
            default: throw .unexpectedPacket(tag: packet.tag, offset: packet.range.lowerBound)
            }
        }
        guard let protection else { throw .malformedPacket(offset: walker.offset) }
        return EncryptedMessage(recipients: recipients, passwords: passwords, protection: protection)
    }

    /// Version 3: key id. Version 6: a fingerprint with its version, from which the key id follows.
    private static func recipient(_ packet: Packet) throws(PacketError) -> KeyID {
        let head = packet.head
        switch head.first {
        // Version, key id, algorithm, and at least one octet of encrypted session key.
        case 3 where packet.bodyBytes > 10: return keyID(head[1..<9])
        case 6 where head.count > 2: return try version6Recipient(head)
        default: throw .badPacketBody(tag: packet.tag)
        }
    }

    private static func version6Recipient(_ head: [UInt8]) throws(PacketError) -> KeyID {
        let length = Int(head[1])
        guard length > 0 else { return KeyID(0) }
        // The key id is the tail of a version 4 fingerprint and the head of a version 6 one (RFC 9580 section 5.5.4).
        let fingerprint = head.dropFirst(3).prefix(length - 1)
        switch (head[2], length) {
        case (4, 21) where fingerprint.count == 20: return keyID(fingerprint.suffix(8))
        case (6, 33) where fingerprint.count == 32: return keyID(fingerprint.prefix(8))
        default: throw .badPacketBody(tag: 1)
        }
    }

    private static func keyID(_ octets: ArraySlice<UInt8>) -> KeyID {
        KeyID(octets.reduce(0) { $0 << 8 | UInt64($1) })
    }

    private static func checkPassword(_ packet: Packet) throws(PacketError) {
        let version = packet.head.first
        guard let version, (4...6).contains(version), packet.bodyBytes >= 4 else {
            throw .badPacketBody(tag: packet.tag)
        }
    }

    private static func protection(_ packet: Packet) throws(PacketError) -> Protection {
        let version = packet.head.first
        switch (packet.tag, version) {
        // Prefix of a block and two octets, then at least a packet header; the MDC packet is 22 octets (section 5.14).
        case (9, _) where packet.bodyBytes > 10: return .none
        case (18, 1) where packet.bodyBytes > 1 + 10 + 22: return .seipdV1
        // Cipher, mode, chunk size, salt, then at least one tag.
        case (18, 2) where packet.bodyBytes >= 4 + 32 + 16: return .aead
        case (20, 1) where packet.bodyBytes >= 4 + 15 + 16: return .aead
        default: throw .badPacketBody(tag: packet.tag)
        }
    }
}
