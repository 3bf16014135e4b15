// size: bytes of the message as it came.

import Detection
import Mail

/// `over` and `under`, in bytes, both exclusive.
struct SizeTest: Sendable {
    var overBytes: Int?
    var underBytes: Int?

    func holds(for bytes: Int) -> Bool {
        if let overBytes, bytes <= overBytes { return false }
        if let underBytes, bytes >= underBytes { return false }
        return true
    }

    var label: String {
        [overBytes.map { "over \($0.counted("byte"))" }, underBytes.map { "under \($0.counted("byte"))" }].compactMap {
            $0
        }
        .joined(separator: ", ")
    }
}

/// `size`: bytes of the message as it came.
struct SizeCondition: MessageCondition {
    let place: Place
    let leaf: Int
    let size: SizeTest

    var label: String { "size \(size.label)" }
    var cost: Cost { .envelope }

    func test(_ facts: MessageFacts) -> Truth { Truth(size.holds(for: facts.messageBytes)) }
    func saw(_ facts: MessageFacts) -> [String] { [facts.messageBytes.counted("byte")] }
    var topic: Topic { .number("size", size.asCount) }

    /// One byte more and one less.
    func mutants(newLeaf: Int) -> [(change: String, condition: any Condition)] {
        var all: [(String, any Condition)] = []
        for delta in [1, -1] {
            if let over = size.overBytes {
                var changed = size
                changed.overBytes = over &+ delta
                all.append(
                    (
                        "over \((over &+ delta).counted("byte"))",
                        SizeCondition(place: place, leaf: newLeaf, size: changed)
                    ))
            }
            if let under = size.underBytes {
                var changed = size
                changed.underBytes = under &+ delta
                all.append(
                    (
                        "under \((under &+ delta).counted("byte"))",
                        SizeCondition(place: place, leaf: newLeaf, size: changed)
                    ))
            }
        }
        return all
    }
}

extension ConditionReader {
    func size(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        sizeTest(node, "'size'").map { SizeCondition(place: place, leaf: context.leaf("size \($0)"), size: $0) }
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

extension ConditionKind {
    /// `size`.
    static let size = ConditionKind(
        key: "size", value: .map("size"), about: "Bytes of the message as it came.",
        maps: [
            PolicyGrammar.Map(
                name: "size",
                keys: [
                    PolicyGrammar.key(
                        "over", .either([.text, .integer(0...Int.max)]), "More than this: 500KB, 10MiB."),
                    PolicyGrammar.key("under", .either([.text, .integer(0...Int.max)]), "Less than this."),
                ], probe: PolicyGrammar.probe("{ size: { over: 1, KEY: 1 } }"))
        ],
        read: { $0.size($1, $2) },
        replayed: { message, definition, condition in
            guard definition.value.fields(["over", "under"]) != nil, let asked = condition as? SizeCondition else {
                return nil
            }
            return Truth(asked.size.holds(for: message.features.bytes))
        })
}
