// The head of an answer (docs/inside/links-protocol.md, section 8): JSON from a stranger who has opened the letter.
// Every number, length and text is checked here; what is no head is nil, never half of one. Pure.

import Cryptography
import Foundation
import Links
import Mail
import Vault

/// What an answer says of itself.
struct AnswerHead: Sendable {
    enum Kind: Sendable {
        case answer(to: [String], subject: String, text: String)
        case special(SpecialAnswer.Kind, stretched: SecretBytes?)
    }
    struct File: Sendable, Decodable {
        let name: String
        let type: String
        let bytes: Int
    }
    let kind: Kind
    let languageCode: String
    let linkSecret: String?
    let files: [File]

    /// Largest head that is read, in bytes: a long text, and nothing else that is large.
    static let mostBytes = 2 * 1024 * 1024
    /// Largest certificate.
    static let mostKeyBytes = 65_536
    private static let mostDepth = 8
    private static let mostAddresses = 200

    private struct Wire: Decodable {
        let version: Int
        let kind: String
        let language: String?
        let linkSecret: String?
        let to: [String]?
        let subject: String?
        let text: String?
        let files: [File]?
        let stretched: String?
    }

    /// - Returns: nil for anything else than a head of version 1.
    init?(json: [UInt8], most files: Int) {
        guard json.count <= Self.mostBytes, Self.depth(json) <= Self.mostDepth,
            let wire = try? JSONDecoder().decode(Wire.self, from: Data(json)), wire.version == 1
        else { return nil }
        self.files = wire.files ?? []
        guard self.files.count <= files, self.files.allSatisfy({ $0.bytes >= 0 && $0.name.utf8.count <= 4096 }) else {
            return nil
        }
        languageCode = wire.language.flatMap { $0.utf8.count == 2 ? $0 : nil } ?? "en"
        if let secret = wire.linkSecret {
            guard Base64URL.decode(secret)?.count == 16 else { return nil }
        }
        linkSecret = wire.linkSecret
        if wire.kind == "answer" {
            guard let to = wire.to, !to.isEmpty, to.count <= Self.mostAddresses,
                to.allSatisfy({ $0.utf8.count <= Mailbox.localPartBytes + 1 + Mailbox.domainBytes })
            else { return nil }
            kind = .answer(to: to, subject: wire.subject ?? "", text: wire.text ?? "")
            return
        }
        guard let special = SpecialAnswer.Kind(rawValue: wire.kind) else { return nil }
        var stretched: SecretBytes?
        switch special {
        case .key: guard self.files.count == 1, self.files[0].bytes <= Self.mostKeyBytes else { return nil }
        case .keepPassword:
            guard self.files.isEmpty, let raw = wire.stretched.flatMap({ Base64URL.decode($0) }), raw.count == 32 else {
                return nil
            }
            stretched = raw.withUnsafeBytes { SecretBytes(copying: $0) }
        case .forgetPassword: guard self.files.isEmpty else { return nil }
        }
        kind = .special(special, stretched: stretched)
    }

    /// Nesting of arrays and objects, counted before anything is built of them.
    static func depth(_ json: [UInt8]) -> Int {
        var (depth, most) = (0, 0)
        var (isText, isEscaped) = (false, false)
        for octet in json {
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if octet == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if octet == UInt8(ascii: "\"") {
                    isText = false
                }
                continue
            }
            switch octet {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                most = max(most, depth)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
        }
        return most
    }
}
