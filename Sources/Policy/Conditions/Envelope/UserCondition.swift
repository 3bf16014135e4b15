// user: who logged in. Unknown at doors without log-in.

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
            // Nobody logs in there.
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

extension ConditionReader {
    func user(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        let what = "'user'"
        guard let fields = asked(node, what, known: ["in", "not-in", "authenticated"]) else { return nil }
        var condition = UserCondition(place: place, leaf: 0)
        if let node = fields["in"] {
            guard let users = users(node, "'in' of \(what)") else { return nil }
            condition.within = users
        }
        if let node = fields["not-in"] {
            guard let users = users(node, "'not-in' of \(what)") else { return nil }
            condition.outside = users
        }
        if let node = fields["authenticated"] {
            guard let wanted = nodes.boolean(node, "authenticated of \(what)") else { return nil }
            condition.authenticated = wanted
        }
        if condition.authenticated == false, condition.within != nil {
            nodes.problems.error(
                fields.place(of: "authenticated"), "\(what) can never be true: who is 'in' has logged in",
                code: "never-true")
            return nil
        }
        return UserCondition(
            place: place, leaf: context.leaf(condition.label), within: condition.within, outside: condition.outside,
            authenticated: condition.authenticated)
    }

    /// Names of lists, domains, and names of users as they log in.
    private func users(_ node: ConditionNode, _ what: String) -> UserCondition.Users? {
        guard let entries = nodes.texts(node, what) else { return nil }
        var users: Set<String> = []
        var lists: [DomainList] = []
        for (entry, place) in entries {
            if entry == "inside" {
                lists.append(context.surroundings.inside)
            } else if let list = context.lists[entry] {
                lists.append(list)
            } else if context.networkLists[entry] != nil {
                nodes.problems.error(
                    place, "list '\(entry)' is of networks, and \(what) asks for users",
                    hint: "write 'client: { in: \(entry) }'")
            } else if entry.contains("."), !entry.contains("@"), ListEntry.problem(entry) == nil {
                // `jane.doe` is a user as well as a domain.
                lists.append(DomainList([entry]))
                users.insert(entry.lowercased())
            } else {
                if let (message, hint) = ListEntry.trap(entry) {
                    nodes.problems.warning(place, message, hint: hint, code: "wildcard-entry")
                }
                users.insert(entry.lowercased())
            }
        }
        return UserCondition.Users(names: entries.map(\.text), users: users, lists: lists)
    }
}

extension ConditionKind {
    /// `user`.
    static let user = ConditionKind(
        key: "user", value: .map("user"), about: "Who logged in.",
        maps: [
            PolicyGrammar.Map(
                name: "user",
                keys: [
                    PolicyGrammar.key("in", .texts, "One of these users, or in one of these lists."),
                    PolicyGrammar.key("not-in", .texts, "None of these."),
                    PolicyGrammar.key("authenticated", .boolean, "Whether anybody logged in."),
                ], probe: PolicyGrammar.probe("{ user: { in: x, KEY: 1 } }"))
        ],
        read: { $0.user($1, $2) })
}
