// Readers for the keys about how a message came in: user, listener, client.

import Mail
import Yams

extension ConditionReader {
    func user(_ node: Node, _ place: Place) -> (any Condition)? {
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
    private func users(_ node: Node, _ what: String) -> UserCondition.Users? {
        guard let entries = nodes.texts(node, what) else { return nil }
        var users: Set<String> = []
        var lists: [DomainList] = []
        for (entry, _) in entries {
            if entry == "inside" {
                lists.append(context.surroundings.inside)
            } else if let list = context.lists[entry] {
                lists.append(list)
            } else if entry.contains("."), !entry.contains("@"), ListEntry.problem(entry) == nil {
                // `jane.doe` is a user as well as a domain.
                lists.append(DomainList([entry]))
                users.insert(entry.lowercased())
            } else {
                users.insert(entry.lowercased())
            }
        }
        return UserCondition.Users(names: entries.map(\.text), users: users, lists: lists)
    }

    func listener(_ node: Node, _ place: Place) -> (any Condition)? {
        let what = "'listener'"
        guard let entries = nodes.texts(node, what) else { return nil }
        for (text, place) in entries where HostPort(text) == nil {
            nodes.problems.error(
                place, "'\(text)' is not the address of a listener",
                hint: "as the settings write it under 'listen': 127.0.0.1:10025, [::1]:25 or unix:/path")
        }
        let addresses = entries.compactMap { HostPort($0.text)?.description }
        guard addresses.count == entries.count else { return nil }
        return ListenerCondition(place: place, leaf: context.leaf("listener \(addresses)"), addresses: addresses)
    }

    func client(_ node: Node, _ place: Place) -> (any Condition)? {
        let what = "'client'"
        guard let fields = asked(node, what, known: ["in", "not-in"]) else { return nil }
        var says: [String] = []
        var sets: [String: [Network]] = [:]
        for key in ["in", "not-in"] {
            guard let node = fields[key] else { continue }
            guard let (networks, names) = networks(node, "'\(key)' of \(what)") else { return nil }
            sets[key] = networks
            says.append("\(key) \(names.joined(separator: ", "))")
        }
        let label = "client \(says.joined(separator: ", "))"
        return ClientCondition(
            place: place, leaf: context.leaf(label), within: sets["in"], outside: sets["not-in"], label: label)
    }

    private func networks(_ node: Node, _ what: String) -> (networks: [Network], names: [String])? {
        guard let entries = nodes.texts(node, what) else { return nil }
        var networks: [Network] = []
        for (text, place) in entries {
            guard let network = Network(text) else {
                nodes.problems.error(
                    place, "'\(text)' in \(what) is neither an IP address nor a network",
                    hint: "such as 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32")
                continue
            }
            if network.hasHostBits {
                nodes.problems.warning(
                    place, "'\(text)' has bits set behind its prefix of \(network.prefixBits): they do not count",
                    hint: "write the first address of the network, or the address alone", code: "network-host-bits")
            }
            networks.append(network)
        }
        return networks.count == entries.count ? (networks, entries.map(\.text)) : nil
    }
}
