// The four messages of SCRAM as both sides read and write them (RFC 5802 sections 5.1 and 7). Pure; nil is malformed.

import Cryptography

/// `gs2-header client-first-message-bare`:  n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL
struct ScramClientFirst {
    /// `n,,`, `y,,` or with an authorisation identity, as written: it comes back in the last message.
    let header: String
    /// The identity to act as, or nil.
    let authorisation: String?
    let user: String
    let nonce: String
    /// Without the header.
    let bare: String

    init?(_ bytes: [UInt8]) {
        guard let text = Scram.text(bytes) else { return nil }
        let parts = Scram.fields(text, most: 3)
        // "p=" wants a channel binding, which is not offered; "y" says that the client could have done one.
        guard parts.count == 3, parts[0] == "n" || parts[0] == "y" else { return nil }
        if parts[1].isEmpty {
            authorisation = nil
        } else {
            guard let name = Scram.value("a", of: parts[1]).flatMap(Scram.unescape) else { return nil }
            authorisation = name
        }
        header = "\(parts[0]),\(parts[1]),"
        bare = String(parts[2])
        let fields = Scram.fields(parts[2])
        // "m=" is an extension that must be understood: it stands where the name should, and so it is refused here.
        guard fields.count >= 2, let user = Scram.value("n", of: fields[0]).flatMap(Scram.unescape),
            let nonce = Scram.value("r", of: fields[1]), Scram.isNonce(nonce)
        else { return nil }
        self.user = user
        self.nonce = String(nonce)
    }
}

/// r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096
struct ScramServerFirst {
    let nonce: String
    let salt: [UInt8]
    let iterations: Int

    init?(_ bytes: [UInt8], clientNonce: String) {
        guard let text = Scram.text(bytes) else { return nil }
        let fields = Scram.fields(text)
        guard fields.count >= 3, let nonce = Scram.value("r", of: fields[0]), Scram.isNonce(nonce),
            nonce.utf8.count > clientNonce.utf8.count, nonce.utf8.starts(with: clientNonce.utf8),
            let salt = Scram.value("s", of: fields[1]).flatMap({ Base64.decode($0) }), (1...1024).contains(salt.count),
            let iterations = Scram.value("i", of: fields[2]).flatMap({ Int($0) })
        else { return nil }
        self.nonce = String(nonce)
        self.salt = salt
        self.iterations = iterations
    }
}

/// c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=
struct ScramClientFinal {
    let channelBinding: [UInt8]
    let nonce: String
    let proof: [UInt8]
    /// Everything before `,p=`.
    let withoutProof: String

    init?(_ bytes: [UInt8]) {
        guard let text = Scram.text(bytes) else { return nil }
        let fields = Scram.fields(text)
        guard fields.count >= 3, let last = fields.last,
            let binding = Scram.value("c", of: fields[0]).flatMap({ Base64.decode($0) }),
            let nonce = Scram.value("r", of: fields[1]),
            let proof = Scram.value("p", of: last).flatMap({ Base64.decode($0) }), proof.count == SHA256Digest.byteCount
        else { return nil }
        channelBinding = binding
        self.nonce = String(nonce)
        self.proof = proof
        withoutProof = String(decoding: bytes.dropLast(last.utf8.count + 1), as: UTF8.self)
    }
}

/// Grammar that the messages share.
enum Scram {
    /// Longest message that is read, in octets.
    static let messageBytes = 4096

    static func text(_ bytes: [UInt8]) -> String? {
        guard bytes.count <= messageBytes, !bytes.contains(where: { $0 < 32 || $0 == 127 }) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// What stands between commas. By octets, here and below: a combining mark behind a comma or an equals sign makes
    /// another Character of it.
    static func fields(_ text: some StringProtocol, most: Int = 100) -> [Substring] {
        Substring(text).utf8.split(separator: UInt8(ascii: ","), maxSplits: most - 1, omittingEmptySubsequences: false)
            .map { Substring($0) }
    }

    /// The value of `k=value`; never empty.
    static func value(_ key: Character, of field: Substring) -> Substring? {
        let octets = field.utf8
        guard octets.count > 2, octets.first == key.asciiValue, octets.dropFirst().first == UInt8(ascii: "=") else {
            return nil
        }
        return Substring(octets.dropFirst(2))
    }

    /// Printable ASCII without a comma (RFC 5802 section 7), at least 8 octets: a shorter one is no nonce.
    static func isNonce(_ text: Substring) -> Bool {
        (8...512).contains(text.utf8.count) && text.utf8.allSatisfy { (33...126).contains($0) && $0 != 44 }
    }

    /// `=2C` and `=3D` in a name.
    static func escape(_ name: String) -> String {
        var escaped = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "=": escaped += "=3D"
            case ",": escaped += "=2C"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// nil where another `=` stands in it.
    static func unescape(_ text: Substring) -> String? {
        var name: [UInt8] = []
        var rest = text.utf8
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "=") else {
                name.append(octet)
                continue
            }
            switch (rest.popFirst(), rest.popFirst()) {
            case (UInt8(ascii: "2"), UInt8(ascii: "C")): name.append(UInt8(ascii: ","))
            case (UInt8(ascii: "3"), UInt8(ascii: "D")): name.append(UInt8(ascii: "="))
            default: return nil
            }
        }
        return String(decoding: name, as: UTF8.self)
    }
}
