// over, under: limits of a number that is known, or known to lie between two others. Pure.

import Detection
import Mail

/// `over` and `under`, both exclusive.
struct CountTest: Sendable, Equatable {
    var over: Int?
    var under: Int?

    var label: String {
        [over.map { "over \($0)" }, under.map { "under \($0)" }].compactMap { $0 }.joined(separator: ", ")
    }

    /// The answer for a number that is known.
    func answer(_ number: Int) -> Truth { answer(atLeast: number, atMost: number, because: .permanent("")) }

    /// The answer for a number of which only limits are known.
    /// - Parameters:
    ///   - upper: nil where there may be any number.
    ///   - reason: why it is not known.
    func answer(atLeast lower: Int, atMost upper: Int?, because reason: Truth.Unknown) -> Truth {
        var answer = Truth.yes
        if let over { answer = answer.and(Self.isOver(over, lower, upper, reason)) }
        if let under {
            // Not under 5 is over 4.
            answer = answer.and(!Self.isOver(under &- 1, lower, upper, reason))
        }
        return answer
    }

    private static func isOver(_ limit: Int, _ lower: Int, _ upper: Int?, _ reason: Truth.Unknown) -> Truth {
        if lower > limit { return .yes }
        if let upper, upper <= limit { return .no }
        return .unknown(reason)
    }
}

extension SizeTest {
    /// The same limits as plain numbers.
    var asCount: CountTest { CountTest(over: overBytes, under: underBytes) }
}

extension ConditionReader {
    /// `over` and `under` of a number of things.
    func countTest(_ node: ConditionNode, _ what: String) -> CountTest? {
        if let scalar = node.scalar {
            nodes.problems.error(
                nodes.place(node), "\(what) must be a map of keys, and is '\(scalar.string)'",
                hint: "write '{ over: \(scalar.string) }' or '{ under: \(scalar.string) }'")
            return nil
        }
        guard let fields = asked(node, what, known: ["over", "under"]) else { return nil }
        var test = CountTest()
        if let node = fields["over"] {
            guard let number = nodes.integer(node, "over of \(what)", in: 0...1_000_000) else { return nil }
            test.over = number
        }
        if let node = fields["under"] {
            guard let number = nodes.integer(node, "under of \(what)", in: 1...1_000_000) else { return nil }
            test.under = number
        }
        if let over = test.over, let under = test.under, under - over < 2 {
            nodes.problems.error(
                fields.place, "\(what) can never be true: no number is over \(over) and under \(under)",
                code: "never-true")
            return nil
        }
        return test
    }

    private static let durations: [(name: String, seconds: Int64)] = [
        ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800),
    ]

    /// A length of time with its unit, in seconds.
    func duration(_ node: ConditionNode, _ what: String) -> Int64? {
        guard let text = nodes.text(node, what) else { return nil }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        guard let number = Int64(digits), number < 1_000_000_000,
            let factor = Self.durations.first(where: { $0.name == unit })?.seconds
        else {
            nodes.problems.error(
                nodes.place(node), "\(what) must be a length of time, and is '\(text)'",
                hint: "a whole number with a unit: 90s, 30m, 12h, 30d, 2w")
            return nil
        }
        return number * factor
    }

    /// The keys of a map that says something.
    func asked(_ node: ConditionNode, _ what: String, known: [String]) -> NodeReader.Fields? {
        guard let fields = nodes.fields(node, what, known: known) else { return nil }
        guard !fields.isEmpty else {
            nodes.problems.error(
                fields.place, "\(what) asks for nothing", hint: "known: \(known.joined(separator: ", "))")
            return nil
        }
        return fields
    }
}
