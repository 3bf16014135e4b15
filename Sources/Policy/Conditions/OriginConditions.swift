// user, listener, client: how the message came in. What a door cannot know is unknown.

import Detection
import Mail

/// `user`: who logged in.
struct UserCondition: MessageCondition {
    /// Users by name, and where the name is an address, by lists.
    struct Users: Sendable, Equatable {
        /// As written.
        let names: [String]
        /// Names of users, in lower case.
        let users: Set<String>
        let lists: [DomainList]

        func contains(_ user: String) -> Bool {
            if users.contains(user.lowercased()) { return true }
            guard let mailbox = Mailbox(user) else { return false }
            return lists.contains { $0.contains(mailbox) }
        }
    }
    let place: Place
    let leaf: Int
    var within: Users?
    var outside: Users?
    var authenticated: Bool?

    var cost: Cost { .envelope }
    /// Who has logged in is a sender that nobody can make up.
    var saysWho: Bool { within != nil }
    var label: String {
        "user "
            + [
                within.map { "in \($0.names.joined(separator: ", "))" },
                outside.map { "not-in \($0.names.joined(separator: ", "))" },
                authenticated.map { "authenticated: \($0)" },
            ].compactMap { $0 }.joined(separator: ", ")
    }

    func test(_ facts: MessageFacts) -> Truth {
        let origin = facts.received.origin
        guard let user = origin.user else {
            switch origin.door {
            case .smtp, .milter: return Truth(within == nil && authenticated != true)
            // Nobody logs in there, whoever wrote the message.
            case .lmtp, .commandLine: return .unknown(.permanent("this door does not know who has logged in"))
            }
        }
        if let within, !within.contains(user) { return .no }
        if let outside, outside.contains(user) { return .no }
        return Truth(authenticated != false)
    }

    func saw(_ facts: MessageFacts) -> [String] {
        [facts.received.origin.user.map { "user \(Masking.shown($0))" } ?? "nobody logged in"]
    }
}

/// `listener`: by which of our listeners it came.
struct ListenerCondition: MessageCondition {
    let place: Place
    let leaf: Int
    /// As ``HostPort`` writes them.
    let addresses: [String]

    var cost: Cost { .envelope }
    var label: String { "listener \(addresses.joined(separator: ", "))" }
    var topic: Topic { .choice("listener", Set(addresses)) }

    func test(_ facts: MessageFacts) -> Truth {
        let listener = facts.received.origin.listener
        guard !listener.isEmpty else { return .unknown(.permanent("it came by no listener")) }
        return Truth(addresses.contains(listener))
    }

    func saw(_ facts: MessageFacts) -> [String] {
        [facts.received.origin.listener.isEmpty ? "no listener" : facts.received.origin.listener]
    }
}

/// `client`: the address of the client.
struct ClientCondition: MessageCondition {
    let place: Place
    let leaf: Int
    /// Networks, and how they are written.
    var within: [Network]?
    var outside: [Network]?
    let label: String

    var cost: Cost { .envelope }

    func test(_ facts: MessageFacts) -> Truth {
        let text = facts.received.origin.clientAddress
        guard !text.isEmpty, let address = Network.octets(text) else {
            return .unknown(.permanent("the client's address is not known"))
        }
        if let within, !within.contains(where: { $0.contains(address) }) { return .no }
        return Truth(!(outside ?? []).contains { $0.contains(address) })
    }

    func saw(_ facts: MessageFacts) -> [String] {
        let address = facts.received.origin.clientAddress
        return [address.isEmpty ? "no address" : address]
    }
}
