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

extension ConditionReader {
    func key(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        let what = "'key'"
        guard let fields = asked(node, what, known: ["of", "is"]) else { return nil }
        var owner = KeyCondition.Owner.recipient
        if let node = fields["of"] {
            guard let word = nodes.word(node, "of of \(what)", KeyCondition.Owner.self) else { return nil }
            owner = word
        }
        guard let node = fields["is"] else {
            nodes.problems.error(
                fields.place, "\(what) has no 'is'", hint: "write '{ of: recipient, is: usable }'")
            return nil
        }
        guard let entries = nodes.texts(node, "is of \(what)") else { return nil }
        let known = KeyCondition.State.allCases.map(\.rawValue)
        for (text, place) in entries where KeyCondition.State(rawValue: text) == nil {
            nodes.unknown(text, place, "state", in: what, known: known)
        }
        let states = entries.compactMap { KeyCondition.State(rawValue: $0.text) }
        guard states.count == entries.count else { return nil }
        let question = "key \(owner) \(states)"
        return KeyCondition(place: place, leaf: context.leaf(question), owner: owner, states: states)
    }
}

extension ConditionKind {
    /// `key`.
    static let certificate = ConditionKind(
        key: "key", value: .map("key"), about: "Who has a key.",
        maps: [
            PolicyGrammar.Map(
                name: "key",
                keys: [
                    PolicyGrammar.key("of", .words(KeyCondition.Owner.allCases.map(\.rawValue)), "Whose key."),
                    PolicyGrammar.key(
                        "is",
                        .either([
                            .words(KeyCondition.State.allCases.map(\.rawValue)),
                            .list(.words(KeyCondition.State.allCases.map(\.rawValue))),
                        ]), "What is known of it.", needed: true),
                ], probe: PolicyGrammar.probe("{ key: { is: usable, KEY: 1 } }"))
        ],
        read: { $0.key($1, $2) },
        replayed: { message, definition, _ in message.key(definition.value) })
}

extension RecordedMessage {
    /// The recipient's key; that of the sender is not kept.
    fileprivate func key(_ value: ConditionNode) -> Truth? {
        guard let fields = value.fields(["of", "is"]), let states = fields["is"]?.texts,
            ["recipient", nil].contains(fields["of"]?.text)
        else { return nil }
        switch recipient.key {
        case "usable": return Truth(states.contains("usable"))
        case "unusable": return Truth(states.contains("expired"))
        case "none": return Truth(states.contains("none"))
        default: return states.contains("unknown") ? .yes : .unknown(.temporary("the look-up failed then"))
        }
    }
}
