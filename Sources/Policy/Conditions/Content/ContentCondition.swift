// content: the text of the message (its subject, all parts that are text, attached ones too, and what was found inside
// of attachments). Sees it normalised (``Normalised``). Unknown where too little was found and something could not be
// read.

import Detection
import Mail

/// `content`: a pattern, words or a detector, at least so many times, perhaps near something else.
struct ContentCondition: MessageCondition {
    let place: Place
    let leaf: Int
    let asked: ContentSearch
    let label: String

    var cost: Cost { .content }
    var looksInside: Bool { true }

    func test(_ facts: MessageFacts) -> Truth { facts.texts.answer(asked) }

    /// One more and one less of what must be there.
    func mutants(newLeaf: Int) -> [(change: String, condition: any Condition)] {
        [1, -1].map { asked.atLeast + $0 }.filter { $0 > 0 }.map { number in
            var changed = asked
            changed.atLeast = number
            let label = label.replacing("at least \(asked.atLeast)", with: "at least \(number)")
            return (
                "at least \(number)",
                ContentCondition(place: place, leaf: newLeaf, asked: changed, label: label)
            )
        }
    }

    func saw(_ facts: MessageFacts) -> [String] { facts.texts.samples(asked) }
}

extension ConditionReader {
    private static let contentKeys = [
        "pattern", "detector", "words", "at-least", "near", "quoted", "whole-word", "case",
    ]

    func content(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        let what = "'content'"
        var search = Written(place: place)
        if node.scalar != nil {
            guard let text = nodes.pattern(node, what) else { return nil }
            return condition(PatternSpec(source: .expression(text), place: nodes.place(node)), search)
        }
        guard let fields = nodes.fields(node, what, known: Self.contentKeys) else { return nil }
        guard oneOf(fields, ["pattern", "detector", "words"], what) else { return nil }
        if let node = fields["at-least"] {
            let limits = 1...ContentTexts.valueLimit
            guard let number = nodes.integer(node, "at-least of \(what)", in: limits) else { return nil }
            search.atLeast = number
        }
        if let node = fields["quoted"] {
            // YAML's older words for it, as the reference writes it.
            let word = node.scalar?.isPlain == true ? node.scalar?.string : nil
            guard let wanted = word == "no" ? false : word == "yes" ? true : nodes.boolean(node, "quoted of \(what)")
            else { return nil }
            search.looksAtQuoted = wanted
        }
        if let node = fields["near"] {
            guard let near = nodes.near(node, "near of \(what)") else { return nil }
            search.nears.append(near)
        }
        if let node = fields["detector"] { return detector(node, fields, search) }
        guard let spec = nodes.spec(fields, key: "pattern", what) else { return nil }
        return condition(spec, search)
    }

    /// What stands beside `pattern`, `words` or `detector`.
    private struct Written {
        let place: Place
        var atLeast = 1
        var looksAtQuoted = true
        var nears: [PatternSpec.Near] = []
    }

    private func detector(
        _ node: ConditionNode, _ fields: NodeReader.Fields, _ search: Written
    ) -> (any Condition)? {
        for option in ["whole-word", "case"] where fields.contains(option) {
            nodes.problems.error(
                fields.place(of: option), "'\(option)' has no meaning beside 'detector'",
                hint: "a detector of your own says it where it is defined, under 'detectors'")
            return nil
        }
        guard let name = nodes.text(node, "detector of 'content'") else { return nil }
        if let spec = context.detectors[name] { return condition(spec, search, name: name) }
        guard let detector = Detector(rawValue: name) else {
            nodes.unknown(name, nodes.place(node), "detector", in: "'content'", known: context.detectorNames)
            return nil
        }
        context.detectorsUsed.insert(detector)
        return condition(.detector(detector), "detector \(name)", search)
    }

    private func condition(_ spec: PatternSpec, _ search: Written, name: String? = nil) -> (any Condition)? {
        var spec = spec
        var search = search
        search.nears += spec.near
        spec.near = []
        spec.needsPositions = search.atLeast > 1 || !search.nears.isEmpty || spec.checksum != nil
        let number = context.register(spec, for: .content)
        return condition(.pattern(number), name.map { "detector \($0)" } ?? spec.label, search)
    }

    private func condition(
        _ what: ContentSearch.Sought, _ label: String, _ search: Written
    ) -> (any Condition)? {
        var label = "content \(label), at least \(search.atLeast)"
        var question = "content \(what) \(search.atLeast)"
        var nears: [ContentSearch.Near] = []
        for near in search.nears {
            var spec = near.spec
            spec.needsPositions = true
            let number = context.register(spec, for: .content)
            nears.append(ContentSearch.Near(patterns: [number], within: near.within))
            label += ", near \(near.spec.label) within \(near.within)"
            question += " near \(number) \(near.within)"
        }
        if !search.looksAtQuoted {
            label += ", not in quoted text"
            question += " unquoted"
        }
        return ContentCondition(
            place: search.place, leaf: context.leaf(question),
            asked: ContentSearch(
                what, atLeast: search.atLeast, nears: nears, looksAtQuoted: search.looksAtQuoted), label: label)
    }
}

extension ConditionKind {
    /// `content`.
    static let content = ConditionKind(
        key: "content", value: .either([.text, .map("content")]),
        about: "The text of the message and of its attachments.",
        maps: [
            PolicyGrammar.Map(
                name: "content",
                keys: [
                    PolicyGrammar.key("pattern", .text, "A regular expression."),
                    PolicyGrammar.key("detector", .text, "A built-in detector, or one of `detectors`."),
                    PolicyGrammar.key("words", .texts, "One of these words."),
                    PolicyGrammar.key(
                        "at-least", .integer(1...ContentTexts.valueLimit), "So many places, or different values."),
                    PolicyGrammar.key("near", .map("near"), "What must stand near."),
                    PolicyGrammar.key(
                        "quoted", .either([.boolean, .words(["yes", "no"])]), "Whether quoted text counts."),
                    PolicyGrammar.key("whole-word", .boolean, "The pattern matches whole words only."),
                    PolicyGrammar.key("case", .words(["exact", "any"]), "Whether upper and lower case differ."),
                ], probe: PolicyGrammar.probe("{ content: { pattern: x, KEY: 1 } }"))
        ],
        read: { $0.content($1, $2) },
        replayed: { message, definition, _ in message.content(definition.value) })
}

extension RecordedMessage {
    /// Built-in detectors by their counts.
    fileprivate func content(_ value: ConditionNode) -> Truth? {
        guard let fields = value.fields(["detector", "at-least"]), let name = fields["detector"]?.text,
            Detector(rawValue: name) != nil, let count = features.detectors[name]
        else { return nil }
        let wanted = fields["at-least"].map { $0.text.flatMap { Int($0) } } ?? 1
        guard let wanted else { return nil }
        return Truth(count >= wanted).or(features.hidden.content.map { .unknown(.permanent(UnknownReason($0))) } ?? .no)
    }
}
