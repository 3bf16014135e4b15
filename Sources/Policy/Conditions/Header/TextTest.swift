// What texts of the header are compared with. What subject and header share.

import Detection
import Mail

/// What a header field's text is compared with.
enum TextTest: Sendable {
    /// Equal but for case and surrounding space, or exactly equal.
    case equals(String, exactCase: Bool)
    /// Matches a pattern, by number in its target.
    case matches(Int)

    /// Compares a text.
    func holds(for text: String, _ target: PatternTarget, _ facts: MessageFacts) -> Truth {
        switch self {
        case .equals(let wanted, let exactCase):
            Truth(exactCase ? text == wanted : text.lowercased() == wanted.lowercased())
        case .matches(let pattern): facts.matches(target, pattern, in: text)
        }
    }

    func label(_ target: PatternTarget, _ matchers: Matchers) -> String {
        switch self {
        case .equals(let wanted, let exactCase): "is '\(wanted)'" + (exactCase ? ", case exact" : "")
        case .matches(let pattern): matchers.spec(target, pattern).label
        }
    }
}

extension ConditionReader {
    /// Keys of a text.
    static let textKeys = ["is", "matches", "words", "case", "whole-word"]

    /// A bare text is a pattern; a map says `is`, `matches` or `words`.
    func textTest(_ node: ConditionNode, _ what: String, _ target: PatternTarget) -> (TextTest, String)? {
        if node.scalar != nil {
            guard let text = nodes.pattern(node, what) else { return nil }
            let spec = PatternSpec(source: .expression(text), place: nodes.place(node))
            return (.matches(context.register(spec, for: target)), spec.label)
        }
        guard let fields = nodes.fields(node, what, known: Self.textKeys) else { return nil }
        guard oneOf(fields, ["is", "matches", "words"], what) else { return nil }
        return textTest(fields, what, target)
    }

    func textTest(
        _ fields: NodeReader.Fields, _ what: String, _ target: PatternTarget
    ) -> (TextTest, String)? {
        guard let node = fields["is"] else {
            guard let spec = nodes.spec(fields, key: "matches", what) else { return nil }
            return (.matches(context.register(spec, for: target)), spec.label)
        }
        if fields.contains("whole-word") {
            nodes.problems.error(fields.place(of: "whole-word"), "'whole-word' has no meaning beside 'is'")
            return nil
        }
        guard let text = nodes.text(node, "is of \(what)") else { return nil }
        var exact = false
        if let node = fields["case"] {
            guard let word = nodes.text(node, "case of \(what)") else { return nil }
            guard ["exact", "any"].contains(word) else {
                nodes.unknown(word, nodes.place(node), "case", in: what, known: ["exact", "any"])
                return nil
            }
            exact = word == "exact"
        }
        return (.equals(text, exactCase: exact), "is '\(text)'" + (exact ? ", case exact" : ""))
    }

    /// A finding unless exactly one of some keys is there.
    func oneOf(_ fields: NodeReader.Fields, _ keys: [String], _ what: String) -> Bool {
        let present = keys.filter(fields.contains)
        if present.count == 1 { return true }
        let all = keys.map { "'\($0)'" }.joined(separator: ", ")
        if let second = present.dropFirst().first {
            nodes.problems.error(
                fields.place(of: second), "\(what) has both '\(present[0])' and '\(second)'",
                hint: "one of \(all); use 'all' or 'any' to combine them")
        } else {
            nodes.problems.error(fields.place, "\(what) says none of \(all)")
        }
        return false
    }
}
