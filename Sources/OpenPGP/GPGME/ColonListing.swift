// Reads gpg's colon listing (GnuPG doc/DETAILS, "Format of the colon listings") with status lines in between.
// Takes gpg's output, gives certificates in the order of the input; nil where the listing is not whole. Pure.

import Mail

/// One listing of `gpg --with-colons --status-fd 1 --dry-run --import-options import-show --import`.
struct ColonListing {
    /// The certificates gpg found, in the order in which they came in; those it rejects are left out.
    private(set) var keys: [InspectedKey] = []
    /// True where gpg came to its end: anything less says nothing about any certificate.
    private(set) var isComplete = false

    init(_ output: [UInt8]) {
        for line in output.split(separator: UInt8(ascii: "\n")) {
            if line.starts(with: "[GNUPG:] ".utf8) {
                // Written once, after the last certificate.
                if line.dropFirst(9).starts(with: "IMPORT_RES ".utf8) { isComplete = true }
            } else {
                take(line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false))
            }
        }
    }

    private mutating func take(_ fields: [ArraySlice<UInt8>]) {
        func text(_ index: Int) -> String { fields.indices.contains(index) ? Self.unescaped(fields[index]) : "" }
        let last = keys.count - 1
        switch text(0) {
        case "pub": keys.append(InspectedKey(primary: Self.part(text)))
        case "sub" where last >= 0: keys[last].subkeys.append(Self.part(text))
        case "uid" where last >= 0: keys[last].userIDs.append(Self.userID(text))
        case "fpr" where last >= 0:
            if keys[last].subkeys.isEmpty {
                keys[last].primary.fingerprint = text(9)
            } else {
                keys[last].subkeys[keys[last].subkeys.count - 1].fingerprint = text(9)
            }
        default: break
        }
    }

    /// Fields: 2 validity, 5 key id, 6 created, 7 expires, 12 capabilities (lower case: of this very key).
    private static func part(_ text: (Int) -> String) -> InspectedKey.Part {
        let validity = text(1)
        let keyID = UInt64(text(4), radix: 16)
        return InspectedKey.Part(
            keyID: KeyID(keyID ?? 0), createdSeconds: Int64(text(5)) ?? .max, expiresSeconds: Int64(text(6)),
            isRevoked: validity == "r", isInvalid: validity == "i" || keyID == nil || !isTimeOrEmpty(text(6)),
            canEncrypt: text(11).contains("e"))
    }

    private static func userID(_ text: (Int) -> String) -> InspectedKey.UserID {
        InspectedKey.UserID(
            text: text(9), createdSeconds: Int64(text(5)) ?? 0, expiresSeconds: Int64(text(6)),
            isRevoked: text(1) == "r",
            isExpired: text(1) == "e" || !isTimeOrEmpty(text(6)))
    }

    private static func isTimeOrEmpty(_ text: String) -> Bool { text.isEmpty || Int64(text) != nil }

    /// gpg writes `\xHH` for what would break the line.
    private static func unescaped(_ field: ArraySlice<UInt8>) -> String {
        guard field.contains(UInt8(ascii: "\\")) else { return String(decoding: field, as: UTF8.self) }
        var bytes: [UInt8] = []
        var rest = field
        while let first = rest.popFirst() {
            if first == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"),
                let value = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(first)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
