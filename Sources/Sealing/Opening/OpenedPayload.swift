// What gpg gave as a MIME entity with CRLF lines, whatever it was: an entity with LF lines, a text without any header,
// a file. Nothing of it goes: what is no header is body.

import MIME
import Mail
import SettingValues

/// Makes entities of plaintexts.
enum OpenedPayload {
    /// The plaintext as an entity: itself where it is one.
    /// - Throws: a ``Refusal`` of cause `storage` where bytes cannot be read back.
    static func entity(_ plain: MessageBytes, limits: Limits) throws(Refusal) -> MessageBytes {
        let root = try readStructure(plain, limits: limits)
        guard let headerEnd = try headerEnd(root, plain) else {
            let octets = try plain.copy()
            let leaf = OpenedLeaf(octets, type: nil)
            return MessageBytes(joining: [MessageBytes(leaf.fields + "\r\n"), leaf.body])
        }
        if headerEnd < root.header.range.upperBound {
            // The header ends for some programs where a line is no field: for this one too, so that the line is seen.
            let parts = [plain.slice(0..<headerEnd), MessageBytes("\r\n"), plain.slice(headerEnd..<plain.count)]
            let cut = MessageBytes(joining: parts)
            return try LineEnds.canonical(cut, root: try readStructure(cut, limits: limits))
        }
        return try LineEnds.canonical(plain, root: root)
    }

    /// True where it is an entity that says what it is, every line of its header being a field.
    static func isEntity(_ plain: MessageBytes, limits: Limits) throws(Refusal) -> Bool {
        let root = try readStructure(plain, limits: limits)
        guard root.header.first("Content-Type") != nil, root.contentTypeIsReadable else { return false }
        return try headerEnd(root, plain) == root.header.range.upperBound
    }

    /// Where the header ends; nil where there is none: no field, or none of MIME's before the first line that is no
    /// field. Such a text may begin with a word and a colon and is none the less a text.
    private static func headerEnd(_ root: Part, _ plain: MessageBytes) throws(Refusal) -> Int? {
        var end = root.header.range.lowerBound
        var isMIME = false
        for field in root.header.fields {
            guard field.range.lowerBound == end else { break }
            end = field.range.upperBound
            let name = field.name.lowercased()
            if name.hasPrefix("content-") || name == "mime-version" { isMIME = true }
        }
        if isMIME { return end }
        // An empty line first: an entity without fields.
        let first = try plain.slice(0..<2).copy()
        return first.first == 10 || first == [13, 10] ? end : nil
    }
}

/// Octets as the body of a part, with the fields that it needs.
struct OpenedLeaf {
    /// Content-Type and Content-Transfer-Encoding, each ended by CRLF.
    let fields: String
    let body: MessageBytes

    /// - Parameters:
    ///   - octets: a text or a file.
    ///   - type: the type with its parameters; nil: found by looking.
    ///   - isFile: true where every octet counts; false: lines may be ended anew.
    ///   - isEncoded: true where it must not stand as it is, whatever it looks like.
    init(_ octets: [UInt8], type: String?, isFile: Bool = false, isEncoded: Bool = false) {
        let kind = Kind(octets)
        let essence: String
        switch kind {
        case .utf8: essence = "text/plain; charset=utf-8"
        case .latin: essence = "text/plain; charset=windows-1252"
        case .binary: essence = "application/octet-stream"
        }
        let isHigh = octets.contains { $0 > 127 }
        let line = isHigh ? "Content-Transfer-Encoding: 8bit\r\n" : ""
        if kind != .binary, !isEncoded, !isFile || LineEnds.areCanonical(octets) {
            fields = "Content-Type: \(type ?? essence)\r\n\(line)"
            body = MessageBytes(bytes: LineEnds.canonical(octets))
        } else {
            fields = "Content-Type: \(type ?? essence)\r\nContent-Transfer-Encoding: base64\r\n"
            body = MessageBytes("\(Base64Lines.encode(octets))\r\n")
        }
    }

    /// What octets look like.
    enum Kind {
        case utf8, latin, binary

        init(_ octets: [UInt8]) {
            // Controls beyond those of texts: a file.
            if octets.contains(where: { $0 < 32 && !Self.isLayout($0) }) {
                self = .binary
            } else if String(validating: octets, as: UTF8.self) != nil {
                self = .utf8
            } else {
                let high = octets.reduce(0) { $0 + ($1 > 127 ? 1 : 0) }
                self = high <= octets.count / 3 ? .latin : .binary
            }
        }

        private static func isLayout(_ octet: UInt8) -> Bool { (7...13).contains(octet) || octet == 27 }
    }
}
