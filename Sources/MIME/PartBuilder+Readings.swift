// What a part holds beside its own text: the message inside message/rfc822 in base64 or quoted-printable, which mail
// programs decode although RFC 2046 section 5.2.1 forbids it, and what some programs show as text because a label is
// written oddly. Bounded: messages decoded inside of each other, and octets read a second time, are few.

import Mail

extension PartBuilder {
    /// Messages that are decoded inside of each other; each may be nearly as large as the one around it.
    private static let openingLimit = 8

    /// The message inside of an encoded message/rfc822; nil for all other parts, and where there is none.
    mutating func openedBody(_ entity: ScannedEntity, _ body: Range<Int>) throws -> Part.OpenedBody? {
        guard entity.content.type.isMessage, !entity.content.isIdentity else { return nil }
        if case .unknown = entity.content.encoding { return nil }
        let left = scanner.partLimit - scanner.entities.count - openedParts
        guard openings < Self.openingLimit, entity.depth < scanner.depthLimit, left > 0 else {
            problems.append(ReadProblem(left > 0 ? .tooDeep : .tooManyParts, path: entity.path))
            return nil
        }
        guard let rope = try messageBytes(entity, body) else {
            problems.append(ReadProblem(.badTransferEncoding, path: entity.path))
            return nil
        }
        var inner = StructureScanner(
            depthLimit: scanner.depthLimit, partLimit: left, headerLimit: scanner.headerLimit,
            path: entity.path.isEmpty ? "1" : "\(entity.path).1", depth: entity.depth + 1)
        try rope.forEachChunk { inner.feed($0) }
        inner.finish()
        var builder = PartBuilder(bytes: rope, scanner: inner)
        builder.openings = openings + 1
        let root = try builder.build()
        openedParts += inner.entities.count + builder.openedParts
        problems += builder.problems
        hasInlinePGP = hasInlinePGP || builder.hasInlinePGP
        work.steps += builder.work.steps + body.count
        return Part.OpenedBody(bytes: rope, parts: [root])
    }

    /// The octets of the message: decoded, or as they stand where they are plainly not encoded as they say.
    private func messageBytes(_ entity: ScannedEntity, _ body: Range<Int>) throws -> MessageBytes? {
        let raw = bytes.slice(body)
        let encoding = entity.content.encoding
        let isClean =
            encoding == .base64
            ? try TransferDecoder.decodedBytes(raw, encoding).isClean : try Self.isQuotedPrintable(raw)
        if isClean { return try TransferDecoder.decodeToRope(raw, encoding) }
        let head = try raw.slice(0..<min(raw.count, 1000)).copy()
        return Self.beginsWithField(head) ? raw : nil
    }

    /// True where every `=` starts an octet or ends a line.
    private static func isQuotedPrintable(_ raw: MessageBytes) throws -> Bool {
        var isGood = true
        // Octets since the last `=`, or 3.
        var since = 3
        try raw.forEachChunk { chunk in
            for octet in chunk {
                if since < 3 {
                    since += 1
                    let isEnd = octet == 13 || octet == 10 || octet == 32 || octet == 9
                    if since == 1, isEnd {
                        since = 3
                    } else if hexValue(octet) == nil {
                        isGood = false
                    }
                    if since == 2 { since = 3 }
                } else if octet == UInt8(ascii: "=") {
                    since = 0
                }
            }
        }
        return isGood
    }

    /// `Name: …` or `From …`: no base64 begins so.
    private static func beginsWithField(_ head: [UInt8]) -> Bool {
        let line = head.drop { $0 == 13 || $0 == 10 }.prefix { $0 != 13 && $0 != 10 }
        if line.starts(with: "From ".utf8) || line.starts(with: ">From ".utf8) { return true }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { return false }
        return line[..<colon].allSatisfy { $0 > 32 && $0 < 127 }
    }

    // MARK: Other readings

    /// What some programs show as text: lines of the header, the body as it stands.
    mutating func otherReadings(_ entity: ScannedEntity, _ body: Range<Int>) throws -> [String] {
        var readings: [String] = []
        let isLabelHidden = entity.linesAsText != nil && !entity.content.isPlain
        if let lines = entity.linesAsText { readings += [reading(Array(lines))].compactMap { $0 } }
        guard entity.content.isReadRaw || isLabelHidden, !body.isEmpty else { return readings }
        guard body.count <= rawAllowance else {
            problems.append(ReadProblem(.missingBoundary, path: entity.path))
            return readings
        }
        rawAllowance -= body.count
        if let text = reading(try bytes.slice(body).copy()) { readings.append(text) }
        return readings
    }

    private mutating func reading(_ octets: [UInt8]) -> String? {
        work.steps += octets.count
        return Charset.decode(octets, declared: nil).map { finished($0.text) }
    }
}
