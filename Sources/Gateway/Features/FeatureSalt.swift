// The key under which the features log hides who writes to whom: the same address is the same hash as long as the file is
// kept, and without it nobody can try addresses until one fits. Touches its file (0600); fails with a Refusal of cause
// `storage`.

import Cryptography
import Foundation
import Logs
package import Mail
package import Policy

/// A salt of 32 bytes.
package struct FeatureSalt: Sendable {
    private let key: [UInt8]

    /// - Parameter key: 32 random bytes.
    package init(key: [UInt8]) { self.key = key }

    /// The salt of a file, made where there is none.
    package init(path: String) throws(Refusal) { key = try Self.file(path).readOrMake() }

    /// The salt of a file, or nil where there is no such file.
    package init?(existing path: String) throws(Refusal) {
        guard let known = try Self.file(path).read() else { return nil }
        key = known
    }

    /// The administrator names it, so it may be a link.
    private static func file(_ path: String) -> SecretFile { SecretFile(path: path, what: "salt", followsLinks: true) }

    /// A short name for a text: 64 bits of HMAC-SHA-256, in hexadecimal.
    package func fingerprint(_ text: String) -> String {
        guard let code = try? HMACSHA256.authenticate(MessageBytes(text), key: key) else { return "none" }
        return Self.hexadecimal(code)
    }

    /// The same without a salt: 64 bits of SHA-256.
    package static let plainFingerprint: @Sendable (String) -> String = { text in
        guard let code = try? SHA256Digest.of(Array(text.utf8)) else { return "none" }
        return hexadecimal(code)
    }

    /// The features with everybody hidden: of our own people the domain is left, of the others it is hidden too unless
    /// `keepsDomains`. File names and what the user and client are called go the same way; texts of header fields lose
    /// every address.
    package func hiding(_ features: MessageFeatures, inside: DomainList, keepsDomains: Bool) -> MessageFeatures {
        var hidden = features
        hidden.salted = true
        func address(_ text: String) -> String {
            guard let mailbox = Mailbox(text) else { return "h-\(fingerprint(text))@salted.invalid" }
            let local = "h-\(fingerprint(mailbox.folded))"
            if keepsDomains || inside.contains(mailbox) { return "\(local)@\(mailbox.foldedDomain)" }
            return "\(local)@h-\(fingerprint(mailbox.foldedDomain)).salted.invalid"
        }
        hidden.sender = features.sender.map(address)
        hidden.user = features.user.map { "h-\(fingerprint($0.lowercased()))" }
        hidden.client = features.client.isEmpty ? "" : "h-\(fingerprint(features.client))"
        for index in hidden.recipients.indices {
            hidden.recipients[index].address = address(features.recipients[index].address)
        }
        for index in hidden.attachments.indices { hidden.attachments[index].names = nil }
        let mask = AddressMask(key: key)
        hidden.headers = features.headers.mapValues { $0.map(mask.applied) }
        return hidden
    }

    private static func hexadecimal(_ code: [UInt8]) -> String {
        code.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
