// Which parts of a message are its body: the texts that a reader sees first, whose forms are alternatives to each
// other.

extension ParsedMessage {
    /// The text/plain and text/html parts of the body: one, or each form of a multipart/alternative. Nothing inside of
    /// signed or encrypted parts or attached messages, no attachment; empty where the message starts with no text.
    package var bodyParts: [Part] { Self.body(of: root) }

    /// The reader bounds the depth.
    private static func body(of part: Part) -> [Part] {
        switch part.type.essence {
        case "multipart/signed", "multipart/encrypted": return []
        case "multipart/alternative": return part.children.flatMap(body)
        case "multipart/related": return part.children.first.map(body) ?? []
        case "text/plain", "text/html":
            let isReadable = part.contentTypeIsReadable || part.header.first("Content-Type") == nil
            return isReadable && part.disposition != "attachment" && part.fileName == nil ? [part] : []
        default:
            guard part.type.isMultipart else { return [] }
            return part.children.lazy.map(body).first { !$0.isEmpty } ?? []
        }
    }
}
