// An encrypted file of a message, opened: the file under its own name, octet for octet; or the entity that was sent in
// the form of a file.

import MIME
import Mail

enum OpenedFile {
    /// The part with the file in clear.
    /// - Parameter boundaries: of the multiparts around it.
    /// - Throws: a ``Refusal`` of cause `storage` where bytes cannot be read back.
    static func entity(
        _ part: Part, of bytes: MessageBytes, plain: MessageBytes, boundaries: [String]
    ) throws(Refusal) -> MessageBytes {
        let octets = try plain.copy()
        let name = part.fileName.map(EncryptedFileName.plain)
        let isEncoded = try LineEnds.holdsDelimiter(plain, of: boundaries)
        let leaf = OpenedLeaf(octets, type: nil, isFile: true, isEncoded: isEncoded)
        var fields: [MessageBytes] = []
        for field in part.header.fields {
            let lowered = field.name.lowercased()
            if dropped.contains(lowered) { continue }
            fields.append(bytes.slice(field.range))
        }
        var added = leaf.fields
        if let name {
            added +=
                "Content-Disposition: \(part.disposition == "inline" ? "inline" : "attachment"); \(parameter(name))\r\n"
        } else if let disposition = part.disposition, ["attachment", "inline"].contains(disposition) {
            added += "Content-Disposition: \(disposition)\r\n"
        }
        return MessageBytes(joining: fields + [MessageBytes("\(added)\r\n"), leaf.body])
    }

    /// Fields that speak of the ciphertext.
    private static let dropped: Set<String> = [
        "content-type", "content-transfer-encoding", "content-disposition", "content-md5", "content-length",
    ]

    /// True where the file has no name of a file inside, as programs name the ciphertext of a message.
    static func mayBeEntity(_ part: Part) -> Bool {
        part.fileName.map { !EncryptedFileName.plain($0).contains(".") } ?? true
    }

    /// The `filename` parameter (RFC 2183); other letters than ASCII's as RFC 2231 has them.
    private static func parameter(_ name: String) -> String {
        let isPlain = name.utf8.allSatisfy { $0 >= 32 && $0 < 127 && $0 != 34 && $0 != 92 }
        guard !isPlain else { return "filename=\"\(name)\"" }
        let hex = Array("0123456789ABCDEF")
        let encoded = name.utf8.map { octet in
            let isToken = (48...57).contains(octet) || (65...90).contains(octet) || (97...122).contains(octet)
            return isToken || octet == 46 || octet == 45
                ? String(UnicodeScalar(octet)) : "%\(hex[Int(octet >> 4)])\(hex[Int(octet & 15)])"
        }
        return "filename*=UTF-8''\(encoded.joined())"
    }
}
