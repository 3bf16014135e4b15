// Readers for the keys about how a message came in: user, listener, client.

package import Detection
import Mail

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

    func listener(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
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

    func client(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
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

    /// Networks, and names of lists of them.
    private func networks(_ node: ConditionNode, _ what: String) -> (networks: [Network], names: [String])? {
        guard let entries = nodes.texts(node, what) else { return nil }
        return networks(entries, what).map { ($0, entries.map(\.text)) }
    }

    /// - Parameter namesLists: true where entries may be names of lists.
    /// - Returns: nil, with findings, where an entry is none of these.
    package func networks(
        _ entries: [(text: String, place: Place)], _ what: String, namesLists: Bool = true
    ) -> [Network]? {
        var networks: [Network] = []
        var isWhole = true
        for (text, place) in entries {
            if namesLists, let list = context.networkLists[text] {
                networks += list
                continue
            }
            guard let network = Network(text) else {
                refuse(text, place, what)
                isWhole = false
                continue
            }
            if network.hasHostBits {
                nodes.problems.warning(
                    place, "'\(text)' has bits set behind its prefix of \(network.prefixBits): they do not count",
                    hint: "write the first address of the network, or the address alone", code: "network-host-bits")
            }
            networks.append(network)
        }
        return isWhole ? networks : nil
    }

    private func refuse(_ text: String, _ place: Place, _ what: String) {
        if text == "inside" || context.lists[text] != nil {
            nodes.problems.error(
                place, "list '\(text)' is of mail addresses, and \(what) asks for networks",
                hint: "make a list of networks, such as [10.0.0.0/8, '2001:db8::/32']")
            return
        }
        let names = context.networkLists.keys.sorted()
        let ends = text.split(separator: "-", maxSplits: 1).map { $0.filter { $0 != " " } }
        let hint =
            if ends.count == 2, Network(ends[0]) != nil {
                "a range is written as networks: 10.0.0.0/27 is 10.0.0.0 to 10.0.0.31"
            } else if let slash = text.firstIndex(of: "/"), text[slash...].contains(".") {
                "behind '/' write the number of bits: 10.0.0.0/8 for the mask 255.0.0.0"
            } else if text.contains("*") {
                "write 192.0.2.0/24 for what begins with 192.0.2, 10.0.0.0/8 for what begins with 10"
            } else if let name = Diagnostic.nearest(to: text, among: names) {
                "did you mean the list '\(name)'?"
            } else {
                "such as 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32"
                    + (names.isEmpty ? "" : "; lists of networks: \(names.joined(separator: ", "))")
            }
        nodes.problems.error(place, "'\(text)' in \(what) is neither an IP address nor a network", hint: hint)
    }
}
