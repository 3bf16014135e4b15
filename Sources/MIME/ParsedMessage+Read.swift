// The door of this module: bytes in, ParsedMessage out. Broken mail is read as far as it goes; the only error is that
// the bytes cannot be read back.

package import Mail
import Packets

/// Reads a message: structure, decoded headers, texts, names, and how it is encrypted or signed.
/// - Parameters:
///   - message: as it came, in any cut of its bytes; lines end in CRLF or LF.
///   - limits: depth, number of parts and header length that are read; what lies beyond is a ``ReadProblem``.
/// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back, never for what they say.
package func read(_ message: ReceivedMessage, limits: Limits) throws(Refusal) -> ParsedMessage {
    try readCounting(message, limits: limits).parsed
}

/// Reads the structure alone: header fields, types, names and byte ranges. Texts are ``PartText/none`` and sizes those
/// of the bodies as they stand, so that a large message costs no memory. For what has been judged already.
/// - Parameter bytes: a message.
/// - Returns: the message as an entity.
/// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back.
package func readStructure(_ bytes: MessageBytes, limits: Limits) throws(Refusal) -> Part {
    do {
        var builder = PartBuilder(bytes: bytes, scanner: try scan(bytes, limits: limits), readsContents: false)
        return try builder.build()
    } catch {
        throw refusal(error)
    }
}

extension ParsedMessage {
    /// The same message after some changes of its bytes, read for its structure alone: no text is decoded, so that it
    /// costs no memory. How it is encrypted and signed, and its problems, are those that it came with.
    /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back.
    package func replacingBytes(_ bytes: MessageBytes, limits: Limits) throws(Refusal) -> ParsedMessage {
        ParsedMessage(
            received: ReceivedMessage(
                envelope: received.envelope, bytes: bytes, origin: received.origin,
                receivedAtSeconds: received.receivedAtSeconds),
            root: try readStructure(bytes, limits: limits), problems: problems, encryption: encryption,
            signature: signature)
    }
}

/// As `read`, with the number of steps it took: the proof that reading is linear.
package func readCounting(_ message: ReceivedMessage, limits: Limits) throws(Refusal) -> (
    parsed: ParsedMessage, steps: Int
) {
    do {
        var builder = PartBuilder(bytes: message.bytes, scanner: try scan(message.bytes, limits: limits))
        let root = try builder.build()
        let encryption = try ProtectionReader(bytes: message.bytes, root: root, looksInline: builder.hasInlinePGP)
            .encryption()
        let parsed = ParsedMessage(
            received: message, root: root, problems: builder.problems, encryption: encryption,
            signature: ProtectionReader.signature(of: root))
        return (parsed, builder.work.steps)
    } catch {
        throw refusal(error)
    }
}

private func scan(_ bytes: MessageBytes, limits: Limits) throws -> StructureScanner {
    var scanner = StructureScanner(
        depthLimit: limits.mimeDepth, partLimit: limits.mimeParts, headerLimit: limits.headerBytes)
    try bytes.forEachChunk { scanner.feed($0) }
    scanner.finish()
    return scanner
}

private func refusal(_ error: any Error) -> Refusal {
    error as? Refusal
        ?? Refusal(.storage, "temporary fault while reading the message", detail: "reading mime: \(error)")
}
