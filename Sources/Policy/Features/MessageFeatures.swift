// What the features log keeps of one message: enough to judge it again by other rules, and nothing of what it says. One
// value is one JSON line (docs/policy/features-log.md). No bodies, no values that were found, no subject unless it is
// asked for.

import Detection

/// One line of the features log.
package struct MessageFeatures: Sendable, Equatable, Codable {
    /// The version of the format.
    package static let currentVersion = 1

    /// One envelope recipient.
    package struct Recipient: Sendable, Equatable, Codable {
        package var address: String
        /// True where it stands in To or Cc.
        package var visible: Bool
        /// `usable`, `unusable`, `none`, `unknown`.
        package var key: String
        /// True where the message came encrypted to it.
        package var sealedAlready: Bool
        package var verdict: String
        package var method: String?
        /// Ids of the rules that applied.
        package var rules: [String]
        /// Answers of conditions that differ between recipients, by fingerprint.
        package var answers: [String: String]
        /// The ways a link's password could have gone; nil: to the sender only.
        package var passwords: [String]?

        enum CodingKeys: String, CodingKey {
            case address, visible, key, verdict, method, rules, answers, passwords
            case sealedAlready = "sealed-already"
        }
    }

    /// One attachment.
    package struct Attachment: Sendable, Equatable, Codable {
        /// MIME part path.
        package var path: String
        /// As decoded; two where Content-Type and Content-Disposition differ. nil in a salted log.
        package var names: [String]?
        /// What follows the last dot of each name, in lower case.
        package var suffixes: [String]
        /// Declared media type.
        package var type: String
        /// Media type by content, where it was looked into.
        package var realType: String?
        /// Decoded size.
        package var bytes: Int
        package var encrypted: Bool?
        /// Whether there is text in it: false for a scan; nil where that is not known.
        package var text: Bool?
        /// Files inside, where it was looked into.
        package var members: [Member]?
        /// Why it could not be read.
        package var problem: String?

        enum CodingKeys: String, CodingKey {
            case path, names, type, bytes, encrypted, text, members, problem
            case suffixes = "extensions"
            case realType = "real-type"
        }
    }

    /// A file inside of an attachment.
    package struct Member: Sendable, Equatable, Codable {
        package var suffix: String
        package var type: String?
        package var bytes: Int
        package var encrypted: Bool

        enum CodingKeys: String, CodingKey {
            case type, bytes, encrypted
            case suffix = "extension"
        }
    }

    /// One part of the structure.
    package struct Part: Sendable, Equatable, Codable {
        package var path: String
        package var type: String
        package var bytes: Int
    }

    /// What could not be seen, and why.
    package struct Hidden: Sendable, Equatable, Codable {
        package var content: String?
        package var attachments: String?
        package var header: String?
    }

    /// ``currentVersion``.
    package var version = currentVersion
    package var id: String
    /// When it was received, in seconds since 1970.
    package var timeSeconds: Int64
    /// True where addresses are keyed hashes.
    package var salted = false
    package var door: String
    package var user: String?
    package var listener: String
    package var client: String
    /// MAIL FROM; nil is the null sender.
    package var sender: String?
    package var recipients: [Recipient]
    /// `usable`, or why no link can be sent.
    package var link: String
    /// Size of the message as it came.
    package var bytes: Int
    package var parts: [Part]
    /// `none`, `pgp`, `partial`, `smime`.
    package var encryption: String
    /// `none`, `pgp`, `smime`.
    package var signature: String
    /// Names of the header fields, each once, in lower case.
    package var fields: [String]
    /// Decoded texts of the chosen header fields, by name in lower case.
    package var headers: [String: [String]]
    /// Different values per built-in detector, at most 1000 each; those that found nothing too.
    package var detectors: [String: Int]
    package var attachments: [Attachment]
    package var hidden: Hidden
    /// Answers of the policy's conditions that are the same for all recipients, by fingerprint: `yes`, `no`,
    /// `unknown: why`, `temporary: why`.
    package var answers: [String: String]
    /// Fingerprints of content conditions of the policy for which something was found in names beside addresses,
    /// Comments or Keywords, so that these are not seen outside of a sealed message; nil where there are none.
    package var outside: [String]?
    /// What the sender wrote into it for us: `from-sender` for a password, `sms` for a number; nil: nothing.
    package var marks: [String]?
    /// `protected`, `unprotected` or `unknown`; nil where nobody was asked.
    package var conversation: String?

    enum CodingKeys: String, CodingKey {
        case version = "v"
        case id
        case timeSeconds = "time"
        case salted, door, user, listener, client
        case sender = "from"
        case recipients = "to"
        case link
        case bytes = "size"
        case parts, encryption, signature, fields, headers, detectors, attachments, hidden, answers, outside, marks,
            conversation
    }
}

extension Truth {
    /// As the features log writes it.
    var recorded: String {
        switch self {
        case .yes: "yes"
        case .no: "no"
        case .unknown(.permanent(let reason)): "unknown: \(reason)"
        case .unknown(.temporary(let reason)): "temporary: \(reason)"
        }
    }

    /// From what the features log wrote; nil for anything else.
    init?(recorded: String) {
        if recorded == "yes" {
            self = .yes
        } else if recorded == "no" {
            self = .no
        } else if recorded.hasPrefix("unknown: ") {
            self = .unknown(.permanent(UnknownReason(String(recorded.dropFirst(9)))))
        } else if recorded.hasPrefix("temporary: ") {
            self = .unknown(.temporary(UnknownReason(String(recorded.dropFirst(11)))))
        } else {
            return nil
        }
    }
}
