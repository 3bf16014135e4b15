// key: what the one look-up found of the recipients' and the sender's certificates.

import Detection
import Mail

/// `key`.
struct KeyCondition: Condition {
    /// Whose key.
    enum Owner: String, CaseIterable, Sendable {
        case recipient, sender
        /// One of the envelope's recipients at least.
        case anyRecipient = "any-recipient"
        /// Every one of them.
        case allRecipients = "all-recipients"
    }
    /// What is known of an address.
    enum State: String, CaseIterable, Sendable {
        /// A certificate that may be used.
        case usable
        /// Certificates, none of which may be used: expired, revoked, or unfit for encryption.
        case expired
        /// None.
        case none
        /// The look-up failed.
        case unknown
    }
    let place: Place
    let leaf: Int
    let owner: Owner
    /// Of which one must fit.
    let states: [State]

    var label: String { "key of \(owner.rawValue) is \(states.map(\.rawValue).joined(separator: ", "))" }
    var dependsOnRecipient: Bool { owner == .recipient }
    var cost: Cost { .envelope }

    func test(_ facts: MessageFacts, _ recipient: Mailbox) -> Truth {
        switch owner {
        case .recipient: facts.remembered(leaf, for: recipient) { answer(facts.known[recipient]) }
        case .sender: facts.remembered(leaf) { answer(facts.sender.map { facts.known[$0] } ?? .none) }
        case .anyRecipient:
            facts.remembered(leaf) {
                facts.received.envelope.recipients.reduce(.no) { $0.or(answer(facts.known[$1])) }
            }
        case .allRecipients:
            facts.remembered(leaf) {
                facts.received.envelope.recipients.reduce(.yes) { $0.and(answer(facts.known[$1])) }
            }
        }
    }

    func saw(_ facts: MessageFacts, _ recipient: Mailbox) -> [String] {
        let addresses =
            switch owner {
            case .recipient: [recipient]
            case .sender: facts.sender.map { [$0] } ?? []
            case .anyRecipient, .allRecipients: Array(facts.received.envelope.recipients.prefix(10))
            }
        guard !addresses.isEmpty else { return ["<> (the null sender)"] }
        return addresses.map { "\($0): \(Self.state(facts.known[$0]).rawValue)" }
    }

    /// Of one address; `unknown` among the states makes an unknown answer true, which the others do not share.
    var topic: Topic {
        guard [.recipient, .sender].contains(owner), !states.contains(.unknown) else { return .other }
        return .choice("key of \(owner.rawValue)", Set(states.map(\.rawValue)))
    }

    private func answer(_ status: KnownKeys.Status) -> Truth {
        if case .unknown(let reason) = status {
            return states.contains(.unknown) ? .yes : .unknown(.temporary("\(reason)"))
        }
        return Truth(states.contains(Self.state(status)))
    }

    private static func state(_ status: KnownKeys.Status) -> State {
        switch status {
        case .usable: .usable
        case .unusable: .expired
        case .none: .none
        case .unknown: .unknown
        }
    }
}
