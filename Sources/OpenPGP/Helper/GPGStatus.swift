// What gpg says while it encrypts (GnuPG doc/DETAILS, "Format of the --status-fd output"), line by line, as it comes in
// pieces. Pure.

/// gpg's status lines.
struct GPGStatus {
    /// A longer line is none of gpg's.
    private static let lineBytes = 4096
    private static let mark = "[GNUPG:] "

    /// True once gpg has written all of its output.
    private(set) var isEncrypted = false
    /// Recipients that gpg does not encrypt to: the number of the reason.
    private(set) var invalidRecipient: String?
    /// The last line that is for people, for our log.
    private(set) var lastWords = ""
    private var rest: [UInt8] = []

    /// Takes the next bytes.
    mutating func take(_ bytes: some Sequence<UInt8>) {
        for octet in bytes {
            if octet == UInt8(ascii: "\n") {
                line(String(decoding: rest, as: UTF8.self))
                rest.removeAll(keepingCapacity: true)
            } else if rest.count < Self.lineBytes {
                rest.append(octet)
            }
        }
    }

    private mutating func line(_ text: String) {
        guard text.hasPrefix(Self.mark) else {
            lastWords = String(text.prefix(200))
            return
        }
        let words = text.dropFirst(Self.mark.count).split(separator: " ")
        switch words.first {
        case "END_ENCRYPTION": isEncrypted = true
        case "INV_RECP": invalidRecipient = words.count > 1 ? String(words[1]) : "0"
        default: break
        }
    }
}
