// Readers for the keys that look at texts: subject and content, and what they share with header.

import Mail
import Yams

extension ConditionReader {
    static let textKeys = ["is", "matches", "words", "case", "whole-word"]

    func subject(_ node: Node, _ place: Place) -> (any Condition)? {
        guard let (test, label) = textTest(node, "'subject'", .subject) else { return nil }
        return SubjectCondition(
            place: place, leaf: context.leaf("subject \(test)"), text: test, label: "subject \(label)")
    }

    /// A bare text is a pattern; a map says `is`, `matches` or `words`.
    private func textTest(_ node: Node, _ what: String, _ target: PatternTarget) -> (TextTest, String)? {
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

    func content(_ node: Node, _ place: Place) -> (any Condition)? {
        let what = "'content'"
        if node.scalar != nil {
            guard let text = nodes.pattern(node, what) else { return nil }
            return search(PatternSpec(source: .expression(text), place: nodes.place(node)), 1, place)
        }
        let known = ["pattern", "detector", "words", "at-least", "whole-word", "case"]
        guard let fields = nodes.fields(node, what, known: known) else { return nil }
        guard oneOf(fields, ["pattern", "detector", "words"], what) else { return nil }
        var atLeast = 1
        if let node = fields["at-least"] {
            let limits = 1...ContentTexts.valueLimit
            guard let number = nodes.integer(node, "at-least of \(what)", in: limits) else { return nil }
            atLeast = number
        }
        if let node = fields["detector"] { return detector(node, fields, atLeast, place) }
        guard let spec = nodes.spec(fields, key: "pattern", what) else { return nil }
        return search(spec, atLeast, place)
    }

    private func detector(
        _ node: Node, _ fields: NodeReader.Fields, _ atLeast: Int, _ place: Place
    ) -> (any Condition)? {
        for option in ["whole-word", "case"] where fields.contains(option) {
            nodes.problems.error(
                fields.place(of: option), "'\(option)' has no meaning beside 'detector'",
                hint: "a detector of your own says it where it is defined, under 'detectors'")
            return nil
        }
        guard let name = nodes.text(node, "detector of 'content'") else { return nil }
        if let spec = context.detectors[name] { return search(spec, atLeast, place, name: name) }
        guard let detector = Detector(rawValue: name) else {
            nodes.unknown(name, nodes.place(node), "detector", in: "'content'", known: context.detectorNames)
            return nil
        }
        return ContentCondition(
            place: place, leaf: context.leaf("content \(detector) \(atLeast)"), search: .detector(detector),
            atLeast: atLeast,
            label: "content detector \(name), at least \(atLeast)")
    }

    private func search(_ spec: PatternSpec, _ atLeast: Int, _ place: Place, name: String? = nil) -> (any Condition)? {
        var spec = spec
        spec.needsPositions = atLeast > 1
        let number = context.register(spec, for: .content)
        let what = name.map { "detector \($0)" } ?? spec.label
        return ContentCondition(
            place: place, leaf: context.leaf("content \(number) \(atLeast)"), search: .pattern(number),
            atLeast: atLeast,
            label: "content \(what), at least \(atLeast)")
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
