// The addresses of From and Reply-To: those that a reader of the message sees. They are what the sender's program
// wrote; nothing proves them. A header without a readable address, or with several that give different answers, is
// unknown. Where programs read a field in different ways, each reading gives addresses (MIME/AddressReadings).

import Detection
import MIME
import Mail

/// Addresses of a header field.
enum HeaderAddresses {
    /// All addresses that some reading gives of all fields of the name, never empty.
    case known([Mailbox])
    /// They cannot be said: why.
    case unknown(Truth)

    /// Addresses of From (RFC 5322 section 3.6.2).
    static func from(_ facts: MessageFacts) -> HeaderAddresses {
        read(facts.headerFields("From"), "From", facts)
    }

    /// Where answers go: Reply-To, else From, as mail programs do.
    static func replyTo(_ facts: MessageFacts) -> HeaderAddresses {
        let fields = facts.headerFields("Reply-To")
        return fields.isEmpty ? from(facts) : read(fields, "Reply-To", facts)
    }

    private static func read(_ fields: [HeaderField], _ name: String, _ facts: MessageFacts) -> HeaderAddresses {
        if facts.hiddenHeader != .no { return .unknown(facts.hiddenHeader) }
        guard !fields.isEmpty else { return .unknown(.unknown(.permanent("there is no \(name) field"))) }
        var all: [Mailbox] = []
        for field in fields {
            let readings = field.addressReadings
            guard !readings.mailboxes.isEmpty, !readings.hasUnreadable else {
                let what = readings.mailboxes.isEmpty ? "no address that can be read" : "an address that cannot be read"
                return .unknown(.unknown(.permanent("the \(name) field holds \(what)")))
            }
            all += readings.mailboxes
        }
        return .known(all)
    }

    /// For explain.
    var shown: [String] {
        switch self {
        case .known(let mailboxes): mailboxes.prefix(10).map { Masking.shown($0.description) }
        case .unknown(let why): [why.unknown?.reason ?? "nothing"]
        }
    }
}
