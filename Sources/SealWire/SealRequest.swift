// What the gateway asks of the program letterlock-seal: to have gpg encrypt to certificates in its folder. A packet of
// lines, with three open files beside it: what gpg reads, where it writes, and where it says what it does. The bytes of
// mail go through these and never through letterlock-seal. Pure.
//
//     LLS1
//     home w0                      the GnuPG home, a folder in the folder
//     keybox 3f2a….kbx             in keys/, with the certificates of the fingerprints
//     key 8A7B…                    a recipient by fingerprint
//     file 77c1….pgp               a recipient by a file in keys/ that holds one certificate

/// One encryption.
package struct SealRequest: Sendable, Hashable {
    /// A certificate to encrypt to.
    package enum Recipient: Sendable, Hashable {
        /// Of the primary key, hexadecimal; it lies in one of the keyboxes.
        case fingerprint(String)
        /// Name of a file with exactly one certificate.
        case file(String)
    }

    /// Longest request, in bytes.
    package static let packetBytes = 128 << 10
    /// Most recipients: so many fit into a packet.
    package static let recipientLimit = 1200
    /// gpg takes no more than 40 keyrings (GnuPG g10/keydb.c, MAX_KEYDB_RESOURCES).
    package static let keyboxLimit = 30
    /// Open files beside a request: input, output, status.
    package static let fileCount = 3
    private static let mark = "LLS1"

    /// Name of the GnuPG home.
    package let home: String
    /// Names of keyboxes.
    package let keyboxes: [String]
    /// At least one.
    package let recipients: [Recipient]

    /// A request from its parts.
    package init(home: String, keyboxes: [String], recipients: [Recipient]) {
        self.home = home
        self.keyboxes = keyboxes
        self.recipients = recipients
    }

    /// As it is sent.
    package var packet: [UInt8] {
        var lines = [Self.mark, "home \(home)"]
        lines += keyboxes.map { "keybox \($0)" }
        lines += recipients.map { recipient in
            switch recipient {
            case .fingerprint(let digits): "key \(digits)"
            case .file(let name): "file \(name)"
            }
        }
        return Array(lines.joined(separator: "\n").utf8)
    }

    /// Reads a request.
    /// - Returns: nil where it is none: a word that is not known, a name that leads out of the folder, nobody to
    ///   encrypt to.
    package init?(_ packet: [UInt8]) {
        var lines = packet.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
        guard packet.count <= Self.packetBytes, let first = lines.popFirst(), first.elementsEqual(Self.mark.utf8) else {
            return nil
        }
        var home: String?
        var keyboxes: [String] = []
        var recipients: [Recipient] = []
        for line in lines {
            let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard words.count == 2, let name = Self.name(words[1]) else { return nil }
            switch String(decoding: words[0], as: UTF8.self) {
            case "home" where home == nil: home = name
            case "keybox": keyboxes.append(name)
            case "key": recipients.append(.fingerprint(name))
            case "file": recipients.append(.file(name))
            default: return nil
            }
        }
        guard let home, !recipients.isEmpty, keyboxes.count <= Self.keyboxLimit else { return nil }
        self.init(home: home, keyboxes: keyboxes, recipients: recipients)
    }

    /// Letters, digits and dots, none in front: no path, and nothing that gpg could take for an option.
    private static func name(_ word: ArraySlice<UInt8>) -> String? {
        let isName =
            !word.isEmpty && word.count <= 128 && word.first != UInt8(ascii: ".")
            && word.allSatisfy { octet in
                switch octet {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
        return isName ? String(decoding: word, as: UTF8.self) : nil
    }
}
