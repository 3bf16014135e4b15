// One certificate's verdict as a line of the file of verdicts: the digest of the certificate, the beginning of the
// digest of the rest, the parts, the user ids. A line that was changed or cut short is no verdict. Pure.

import Mail

/// Lines of the file of verdicts.
enum VerdictRecord {
    /// Of a SHA-256 in hexadecimal.
    static let digestLength = 64
    private static let checkLength = 16

    /// The line, without its end.
    static func line(_ key: InspectedKey, digest: String) -> [UInt8] {
        let parts = ([key.primary] + key.subkeys).map(text).joined(separator: ";")
        let rest = "\(parts) \(key.userIDs.map(text).joined(separator: ";"))"
        return Array("\(digest) \(check(digest, rest)) \(rest)".utf8)
    }

    /// The verdict in a line; nil where it is not whole.
    static func key(in line: ArraySlice<UInt8>, digest: String) -> InspectedKey? {
        let words = String(decoding: line, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 4, words[0] == digest, words[1] == check(digest, "\(words[2]) \(words[3])") else {
            return nil
        }
        let parts = words[2].split(separator: ";").map(part)
        let userIDs = words[3].split(separator: ";").map(userID)
        guard let primary = parts.first ?? nil, !userIDs.isEmpty, parts.allSatisfy({ $0 != nil }),
            userIDs.allSatisfy({ $0 != nil })
        else { return nil }
        return InspectedKey(
            primary: primary, subkeys: parts.dropFirst().compactMap { $0 }, userIDs: userIDs.compactMap { $0 })
    }

    private static func check(_ digest: String, _ rest: String) -> String {
        // Without a digest no line is whole.
        let found = try? RecipientFile.digest(Array("\(digest) \(rest)".utf8))
        return String((found ?? "none").prefix(checkLength))
    }

    private static func text(_ part: InspectedKey.Part) -> String {
        let flags = (part.isRevoked ? "r" : "") + (part.isInvalid ? "i" : "") + (part.canEncrypt ? "e" : "")
        let id = String(part.keyID.value, radix: 16)
        return "\(id),\(part.fingerprint),\(part.createdSeconds),\(time(part.expiresSeconds)),\(flags)"
    }

    private static func part(_ text: Substring) -> InspectedKey.Part? {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 5, let id = UInt64(fields[0], radix: 16), let created = Int64(fields[2]),
            let expires = time(fields[3])
        else { return nil }
        return InspectedKey.Part(
            keyID: KeyID(id), fingerprint: String(fields[1]), createdSeconds: created, expiresSeconds: expires.seconds,
            isRevoked: fields[4].contains("r"), isInvalid: fields[4].contains("i"), canEncrypt: fields[4].contains("e"))
    }

    private static func text(_ userID: InspectedKey.UserID) -> String {
        let name = userID.text.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        return "\(name),\(userID.createdSeconds),\(time(userID.expiresSeconds)),\(userID.isRevoked ? "r" : "")"
    }

    private static func userID(_ text: Substring) -> InspectedKey.UserID? {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 4, let name = octets(fields[0]), let created = Int64(fields[1]),
            let expires = time(fields[2])
        else { return nil }
        return InspectedKey.UserID(
            text: String(decoding: name, as: UTF8.self), createdSeconds: created, expiresSeconds: expires.seconds,
            isRevoked: fields[3].contains("r"), isExpired: false)
    }

    private static func octets(_ digits: Substring) -> [UInt8]? {
        var octets: [UInt8] = []
        var half: UInt8?
        for digit in digits.utf8 {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let high = half { octets.append(high << 4 | value) }
            half = half == nil ? value : nil
        }
        return half == nil ? octets : nil
    }

    private static func time(_ seconds: Int64?) -> String { seconds.map(String.init) ?? "-" }

    /// nil where it is no time; never is nil inside.
    private static func time(_ text: Substring) -> (seconds: Int64?, isTime: Bool)? {
        if text == "-" { return (nil, true) }
        return Int64(text).map { ($0, true) }
    }
}
