// Mail that came encrypted, built packet by packet (RFC 4880 section 4).

import Mail
import Packets

enum SealedMail {
    /// Key id of ``bobsCertificate``.
    static let bob: UInt64 = 0x8B09_BA81_54EC_CBEE

    /// The packets: session keys for these key ids, then the data packet of a tag.
    static func packets(to ids: [UInt64], password: Bool = false, dataTag: UInt8 = 18) -> [UInt8] {
        var bytes: [UInt8] = []
        for id in ids {
            bytes += [0xC1, 13, 3] + (0..<8).map { UInt8(truncatingIfNeeded: id >> (56 - 8 * $0)) } + [1, 0, 8, 0xFF]
        }
        if password { bytes += [0xC3, 4, 4, 9, 0, 2] }
        bytes += [0xC0 | dataTag, 40, 1] + Array(repeating: 0xAA, count: 39)
        return bytes
    }

    static func armored(_ packets: [UInt8]) throws -> String {
        let text = try Armor.encode(MessageBytes(bytes: packets), kind: .message)
        return String(decoding: try text.copy(), as: UTF8.self).replacing("\r\n", with: "\n")
    }

    /// Armor that is well-formed, for `bob`.
    static var armor: String { (try? armored(packets(to: [bob]))) ?? "" }

    /// RFC 3156's two parts.
    static func pgp(_ armor: String? = nil, subject: String = "x", extraPart: String = "") -> String {
        "From: a@example.org\nTo: bob@friend.example\nSubject: \(subject)\nMIME-Version: 1.0\n"
            + "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\n\n"
            + "--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n--b\n"
            + "Content-Type: application/octet-stream\n\n"
            + "\(armor ?? self.armor)\n\(extraPart)--b--\n"
    }
}
