// What the quarantine tells of a held message: values only, no content.

import Cryptography
package import Mail
import Links

/// Names of held messages.
package enum QuarantineID {
    /// Crockford's base32: can be read out and typed.
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

    /// A new one: 50 random bits as `XXXXX-XXXXX`.
    /// - Throws: a ``Refusal`` of cause `internalError` where there is no randomness.
    package static func make() throws(Refusal) -> String {
        do throws(CryptographyError) {
            // 32 characters: each is equally likely.
            let characters = try Randomness.bytes(10).map { alphabet[Int($0 & 31)] }
            return String(characters[..<5]) + "-" + String(characters[5...])
        } catch {
            throw Refusal(.internalError, "internal error", detail: "making an id: \(error)")
        }
    }

    /// The spelling of an id that somebody typed; nil where it is none.
    package static func normalise(_ typed: String) -> String? {
        let characters = typed.uppercased().filter { $0 != "-" && $0 != " " }.map { character -> Character in
            switch character {
            case "O": "0"
            case "I", "L": "1"
            default: character
            }
        }
        guard characters.count == 10, characters.allSatisfy(alphabet.contains) else { return nil }
        return String(characters[..<5]) + "-" + String(characters[5...])
    }
}

/// One message in the quarantine, or what is remembered of it.
package struct QuarantineEntry: Sendable, Equatable {
    /// What has become of it for one recipient.
    package enum State: String, Sendable, Codable {
        case held, released, dropped, expired
    }

    /// One recipient for whom it was held back.
    package struct Recipient: Sendable, Equatable {
        /// As written.
        package let address: String
        /// Ids of the rules that applied.
        package let rules: [String]
        /// As the rule says.
        package let reason: String
        package let state: State

        package init(address: String, rules: [String], reason: String, state: State = .held) {
            self.address = address
            self.rules = rules
            self.reason = reason
            self.state = state
        }
    }

    /// What was done with it.
    package struct Record: Sendable, Equatable, Encodable {
        package let atSeconds: Int64
        /// A Unix user's name, or `gateway`.
        package let who: String
        /// `held`, `released`, `release failed`, `dropped`, `expired`, `opened`.
        package let action: String
        package let recipients: [String]
        /// What the next hop said, or the officer's reason; may be empty.
        package let said: String
    }

    package let id: String
    /// Folded; "" is the null sender.
    package let sender: String
    package let recipients: [Recipient]
    /// Envelope and origin, as whoever held it wrote them down.
    package let circumstances: String
    /// Fingerprint of the certificate it is sealed to.
    package let sealedTo: String
    /// Of the message as it came.
    package let bytes: Int
    package let receivedAtSeconds: Int64
    package let heldAtSeconds: Int64
    package let expiresAtSeconds: Int64

    package init(
        id: String, sender: String, recipients: [Recipient], circumstances: String, sealedTo: String, bytes: Int,
        receivedAtSeconds: Int64, heldAtSeconds: Int64, expiresAtSeconds: Int64
    ) {
        self.id = id
        self.sender = sender
        self.recipients = recipients
        self.circumstances = circumstances
        self.sealedTo = sealedTo
        self.bytes = bytes
        self.receivedAtSeconds = receivedAtSeconds
        self.heldAtSeconds = heldAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
    }

    /// Recipients for whom it still lies there.
    package var held: [Recipient] { recipients.filter { $0.state == .held } }
}

/// A mail of Letterlock's own that waits to be sent.
package struct QuarantineNotice: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case heldSender = "held-sender"
        case heldOfficer = "held-officer"
        case expiredOfficer = "expired-officer"
    }
    package let number: Int64
    /// The message it is about.
    package let id: String
    package let kind: Kind
    package let madeAtSeconds: Int64
    /// Tries so far, this one not counted.
    package let tries: Int
}
