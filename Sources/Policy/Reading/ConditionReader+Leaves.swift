// Readers for keys about the message as a whole: size, encrypted, signed. Those for others are in files of their own.

import Detection
import Mail

extension ConditionReader {
    func size(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        sizeTest(node, "'size'").map { SizeCondition(place: place, leaf: context.leaf("size \($0)"), size: $0) }
    }

    func encrypted(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        sealKind(node, "'encrypted'", SealKind.self).map {
            EncryptedCondition(
                place: place, leaf: context.leaf("encrypted \($0)"), kind: $0.kind, wanted: $0.wanted)
        }
    }

    func signed(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        sealKind(node, "'signed'", SignedKind.self).map {
            SignedCondition(place: place, leaf: context.leaf("signed \($0)"), kind: $0.kind, wanted: $0.wanted)
        }
    }

    /// `true`, `false`, or a kind.
    private func sealKind<Kind: RawRepresentable & CaseIterable>(
        _ node: ConditionNode, _ what: String, _ type: Kind.Type
    ) -> (kind: Kind?, wanted: Bool)? where Kind.RawValue == String {
        if let scalar = node.scalar, !["true", "false", "yes", "no", "on", "off"].contains(scalar.string.lowercased()) {
            return nodes.word(node, what, type).map { ($0, true) }
        }
        return nodes.boolean(node, what).map { (nil, $0) }
    }

    /// `over` and `under`.
    func sizeTest(_ node: ConditionNode, _ what: String) -> SizeTest? {
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
                fields.place, "\(what) can never be true: nothing is over \(over) and under \(under.counted("byte"))")
            return nil
        }
        return test
    }

    private static let units: [(name: String, bytes: Int)] = [
        ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("kb", 1000), ("mb", 1_000_000), ("gb", 1_000_000_000),
        ("b", 1),
    ]

    private func bytes(_ node: ConditionNode, _ what: String) -> Int? {
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
