// Puts a decrypted entity back where it was: the message as it came to the sealer, field order included, as far as what
// arrived allows. Fields added on the way stay; what header protection kept inside comes back out.

import MIME
import Mail

enum RebuiltMessage {
    /// - Parameters:
    ///   - outer: the sealed message as received.
    ///   - payload: the decrypted entity.
    /// - Throws: a ``Refusal`` of cause `storage` where bytes cannot be read back.
    static func make(_ outer: ParsedMessage, payload: MessageBytes, limits: Limits) throws(Refusal) -> MessageBytes {
        let received = ReceivedMessage(
            envelope: outer.received.envelope, bytes: payload, origin: outer.received.origin,
            receivedAtSeconds: outer.received.receivedAtSeconds)
        let entity = try UnprotectedEntity(try read(received, limits: limits))
        let bytes = outer.received.bytes
        var inner = entity.messageFields[...]
        var pieces: [MessageBytes] = []
        var contentDone = false
        let lastMessageField = outer.root.header.fields.lastIndex { FieldRole.of($0) == .message } ?? -1
        for (number, field) in outer.root.header.fields.enumerated() {
            let raw = bytes.slice(field.range)
            switch FieldRole.of(field) {
            case .structural where field.isNamed("MIME-Version"):
                if raw != MessageBytes(ProtectedEntity.addedVersion) { pieces.append(raw) }
            case .structural:
                guard !contentDone else { continue }
                if entity.isProtected, number > lastMessageField {
                    // Hidden fields with nothing behind them outside most likely stood before the Content-* fields.
                    pieces += inner.map(\.raw)
                    inner = []
                }
                pieces.append(entity.contentFields)
                contentDone = true
            case .message where entity.isProtected:
                guard let match = inner.firstIndex(where: { $0.name == field.name.lowercased() }) else {
                    pieces.append(raw)
                    continue
                }
                // Fields that were hidden altogether stood before this one.
                pieces += inner[inner.startIndex...match].map(\.raw)
                inner = inner[(match + 1)...]
            default: pieces.append(raw)
            }
        }
        let outside = Set(outer.root.header.fields.map { $0.name.lowercased() })
        pieces += inner.filter { entity.isProtected || !outside.contains($0.name) }.map(\.raw)
        if !contentDone { pieces.append(entity.contentFields) }
        return MessageBytes(joining: pieces + [MessageBytes("\r\n"), entity.body])
    }
}
