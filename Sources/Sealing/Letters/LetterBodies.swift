// Which texts of a message a reader is shown, in order: mail programs put files between them (Apple Mail writes text,
// PDF, text), and offer the whole in two forms. Pure.

import MIME

/// The texts of a letter in its two forms. Each is a list of leaves of the message, top to bottom.
struct LetterBodies {
    /// As plain text; where a part comes as HTML only, that.
    let texts: [MIME.Part]
    /// As HTML, with what comes as plain text only in its place; empty where the letter has no HTML.
    let htmls: [MIME.Part]

    /// - Parameter root: the message; what bounds its depth is the reader of its structure.
    init(_ root: MIME.Part) {
        texts = Self.shown(root, asHTML: false)
        let formatted = Self.shown(root, asHTML: true)
        htmls = formatted.contains(where: Self.isHTML) ? formatted : []
    }

    /// True for a text that is shown rather than offered as a file.
    static func isBody(_ part: MIME.Part) -> Bool { part.type.isText && !part.isAttachment }
    static func isHTML(_ part: MIME.Part) -> Bool { part.type.essence == "text/html" }
    private static func isPlain(_ part: MIME.Part) -> Bool { part.type.essence == "text/plain" }

    private static func shown(_ part: MIME.Part, asHTML: Bool) -> [MIME.Part] {
        guard let first = part.children.first, !part.type.isMessage else {
            return isBody(part) && (isHTML(part) || isPlain(part)) ? [part] : []
        }
        switch part.type.essence {
        case "multipart/alternative":
            // The last one is the richest (RFC 2046 section 5.1.4).
            let forms = part.children.map { shown($0, asHTML: asHTML) }.filter { !$0.isEmpty }
            let wanted =
                asHTML ? forms.last { $0.contains(where: isHTML) } : forms.first { $0.contains(where: isPlain) }
            return wanted ?? (asHTML ? forms.last : forms.first) ?? []
        case "multipart/related":
            let root = shown(relatedRoot(part) ?? first, asHTML: asHTML)
            return root.isEmpty ? part.children.flatMap { shown($0, asHTML: asHTML) } : root
        case "multipart/signed", "multipart/encrypted":
            return shown(first, asHTML: asHTML)
        default:
            return part.children.flatMap { shown($0, asHTML: asHTML) }
        }
    }

    /// The part that `start` names (RFC 2387 section 3.2).
    private static func relatedRoot(_ part: MIME.Part) -> MIME.Part? {
        guard let start = part.type.parameters["start"] else { return nil }
        return part.children.first { $0.header.first("Content-ID")?.unfolded.trimmedID == start.trimmedID }
    }
}

extension String {
    /// Without blanks and angle brackets.
    fileprivate var trimmedID: String { filter { !"<> \t".contains($0) } }
}
