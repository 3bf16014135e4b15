// Reader for the key `content`.

package import Detection
import Mail

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

extension NodeReader {
    /// Characters between a value and what stands near it, where nothing is said.
    private static let usualDistance = 80
    private static let largestDistance = 1000

    /// `near: { words: [...], within: 80 }` or with `pattern`.
    package func near(_ node: ConditionNode, _ what: String) -> PatternSpec.Near? {
        let known = ["words", "pattern", "within", "case", "whole-word"]
        guard let fields = fields(node, what, known: known) else { return nil }
        guard fields.contains("words") != fields.contains("pattern") else {
            problems.error(
                fields.place, "\(what) must have either 'words' or 'pattern'",
                hint: "write '{ words: [patient, dossier], within: 80 }'")
            return nil
        }
        var within = Self.usualDistance
        if let node = fields["within"] {
            guard let number = integer(node, "within of \(what)", in: 0...Self.largestDistance) else { return nil }
            within = number
        }
        return spec(fields, key: "pattern", what).map { PatternSpec.Near(spec: $0, within: within) }
    }
}
