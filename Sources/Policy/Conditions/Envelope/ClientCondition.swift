// client: the network of the client.

package import Detection
import Mail

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

extension ConditionReader {
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

extension ConditionKind {
    /// `client`.
    static let client = ConditionKind(
        key: "client", value: .map("client"), about: "The client's address.",
        maps: [
            PolicyGrammar.Map(
                name: "client",
                keys: [
                    PolicyGrammar.key("in", .texts, "In one of these networks, 192.0.2.0/24, or lists of networks."),
                    PolicyGrammar.key("not-in", .texts, "In none of these."),
                ], probe: PolicyGrammar.probe("{ client: { in: 192.0.2.0/24, KEY: 1 } }"))
        ],
        read: { $0.client($1, $2) })
}
