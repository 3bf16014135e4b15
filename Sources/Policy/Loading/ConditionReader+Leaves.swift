// One reader for each key of a condition map.

import Mail
import Yams

extension ConditionReader {
    func sender(_ node: Node, _ place: Place) -> (any Condition)? {
        addresses(node, "'sender'").map {
            SenderCondition(place: place, leaf: context.leaf("sender \($0.question)"), addresses: $0)
        }
    }

    func recipient(_ node: Node, _ place: Place) -> (any Condition)? {
        addresses(node, "'recipient'").map {
            RecipientCondition(place: place, leaf: context.leaf("recipient \($0.question)"), addresses: $0)
        }
    }

    func size(_ node: Node, _ place: Place) -> (any Condition)? {
        sizeTest(node, "'size'").map { SizeCondition(place: place, leaf: context.leaf("size \($0)"), size: $0) }
    }

    func encrypted(_ node: Node, _ place: Place) -> (any Condition)? {
        sealKind(node, "'encrypted'").map {
            EncryptedCondition(
                place: place, leaf: context.leaf("encrypted \($0)"), kind: $0.kind, wanted: $0.wanted)
        }
    }

    func signed(_ node: Node, _ place: Place) -> (any Condition)? {
        sealKind(node, "'signed'").map {
            SignedCondition(place: place, leaf: context.leaf("signed \($0)"), kind: $0.kind, wanted: $0.wanted)
        }
    }

    /// `true`, `false`, or a kind.
    private func sealKind(_ node: Node, _ what: String) -> (kind: SealKind?, wanted: Bool)? {
        if let scalar = node.scalar, scalar.style != .plain || !["true", "false"].contains(scalar.string.lowercased()) {
            return nodes.word(node, what, SealKind.self).map { ($0, true) }
        }
        return nodes.boolean(node, what).map { (nil, $0) }
    }

    /// `in` and `not-in`.
    private func addresses(_ node: Node, _ what: String) -> AddressTest? {
        if let scalar = node.scalar {
            nodes.problems.error(
                nodes.place(node), "\(what) must be a map of keys, and is '\(scalar.string)'",
                hint: "write '{ in: \(scalar.string) }' or '{ not-in: \(scalar.string) }'")
            return nil
        }
        guard let fields = nodes.fields(node, what, known: ["in", "not-in"]) else { return nil }
        guard !fields.isEmpty else {
            nodes.problems.error(fields.place, "\(what) says neither 'in' nor 'not-in'")
            return nil
        }
        var test = AddressTest()
        if let node = fields["in"] {
            guard let set = addressSet(node, "'in' of \(what)") else { return nil }
            test.within = set
        }
        if let node = fields["not-in"] {
            guard let set = addressSet(node, "'not-in' of \(what)") else { return nil }
            test.outside = set
        }
        return test
    }

    /// List names, domains, addresses: one or several.
    private func addressSet(_ node: Node, _ what: String) -> AddressSet? {
        guard let entries = nodes.texts(node, what) else { return nil }
        var lists: [DomainList] = []
        for (entry, place) in entries {
            if entry == "inside" {
                lists.append(context.surroundings.inside)
            } else if let list = context.lists[entry] {
                lists.append(list)
            } else if let problem = ListEntry.problem(entry) {
                if entry.contains("@") || entry.contains(".") {
                    nodes.problems.error(place, "\(what): \(problem)")
                } else {
                    nodes.unknown(entry, place, "list", in: what, known: context.listNames)
                }
            } else {
                if let (message, hint) = ListEntry.doubt(entry) { nodes.problems.warning(place, message, hint: hint) }
                context.name([entry])
                lists.append(DomainList([entry]))
            }
        }
        return lists.count == entries.count ? AddressSet(names: entries.map(\.text), lists: lists) : nil
    }

    /// `over` and `under`.
    func sizeTest(_ node: Node, _ what: String) -> SizeTest? {
        if let scalar = node.scalar {
            nodes.problems.error(
                nodes.place(node), "\(what) must be a map of keys, and is '\(scalar.string)'",
                hint: "write '{ over: \(scalar.string) }' or '{ under: \(scalar.string) }'")
            return nil
        }
        guard let fields = nodes.fields(node, what, known: ["over", "under"]) else { return nil }
        guard !fields.isEmpty else {
            nodes.problems.error(fields.place, "\(what) says neither 'over' nor 'under'")
            return nil
        }
        var test = SizeTest()
        if let node = fields["over"] {
            guard let bytes = bytes(node, "'over' of \(what)") else { return nil }
            test.overBytes = bytes
        }
        if let node = fields["under"] {
            guard let bytes = bytes(node, "'under' of \(what)") else { return nil }
            test.underBytes = bytes
        }
        if let over = test.overBytes, let under = test.underBytes, over >= under {
            nodes.problems.error(
                fields.place, "\(what) can never be true: nothing is over \(over) and under \(under) bytes")
            return nil
        }
        return test
    }

    private static let units: [(name: String, bytes: Int)] = [
        ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("kb", 1000), ("mb", 1_000_000), ("gb", 1_000_000_000),
        ("b", 1),
    ]

    private func bytes(_ node: Node, _ what: String) -> Int? {
        guard let text = nodes.text(node, what) else { return nil }
        let number = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(number.count).drop { $0 == " " }.lowercased()
        let factor = unit.isEmpty ? 1 : Self.units.first { $0.name == unit }?.bytes
        guard let value = Int(number), let factor else {
            nodes.problems.error(
                nodes.place(node), "\(what) must be a size, and is '\(text)'",
                hint: "a whole number with a unit: 500KB, 10MiB; units: B, KB, MB, GB, KiB, MiB, GiB")
            return nil
        }
        let (bytes, overflow) = value.multipliedReportingOverflow(by: factor)
        guard !overflow else {
            nodes.problems.error(nodes.place(node), "\(what) '\(text)' is too large")
            return nil
        }
        return bytes
    }
}
