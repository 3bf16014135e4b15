// From policy files to a ruleset. All findings of all files come back at once; with any error there is no ruleset,
// because a rule that was left out could have been the one that protects. Reads no file: text in, ruleset out.

import Mail
import Yams

extension Ruleset {
    /// Checks and compiles.
    /// - Parameters:
    ///   - files: in the order in which their rules count (by name, as the caller sorts them).
    ///   - surroundings: what the settings say.
    package static func load(files: [PolicyFile], surroundings: Surroundings) -> RulesetResult {
        load(files: files, surroundings: surroundings, analysedAtSeconds: nil)
    }

    /// As ``load(files:surroundings:)``, with all that can be said of the rules together: for `policy check`.
    /// - Parameter nowSeconds: the time of the check, in seconds since 1970.
    package static func check(
        files: [PolicyFile], surroundings: Surroundings, nowSeconds: Int64
    ) -> RulesetResult {
        load(files: files, surroundings: surroundings, analysedAtSeconds: nowSeconds)
    }

    private static func load(
        files: [PolicyFile], surroundings: Surroundings, analysedAtSeconds: Int64?
    ) -> RulesetResult {
        let problems = Problems()
        var loader = RulesetLoader(problems: problems, surroundings: surroundings)
        loader.analysedAtSeconds = analysedAtSeconds
        let ruleset = loader.load(files)
        let order = Dictionary(files.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: min)
        let sorted = problems.diagnostics.enumerated().sorted { left, right in
            let a = (order[left.element.file] ?? .max, left.element.line, left.element.column, left.offset)
            let b = (order[right.element.file] ?? .max, right.element.line, right.element.column, right.offset)
            return a < b
        }.map(\.element)
        return RulesetResult(ruleset: problems.hasErrors ? nil : ruleset, diagnostics: sorted)
    }
}

/// One load.
struct RulesetLoader {
    private static let fileKeys = ["version", "lists", "detectors", "defaults", "rules"]

    private let problems: Problems
    private let context: RuleContext
    private var defaults = Defaults()
    private var defaultsPlace: Place?
    private var rules: [Rule] = []
    private var ids: [String: Place] = [:]
    private var listPlaces: [String: Place] = [:]
    private var detectorPlaces: [String: Place] = [:]
    /// When the rules are analysed, in seconds since 1970; nil: they are not.
    var analysedAtSeconds: Int64?

    init(problems: Problems, surroundings: Surroundings) {
        self.problems = problems
        context = RuleContext(surroundings: surroundings, problems: problems)
    }

    /// Names first, then rules: a rule may use a list of a later file.
    mutating func load(_ files: [PolicyFile]) -> Ruleset? {
        guard !files.isEmpty else {
            problems.error(
                Place(file: "policy"), "there is no policy file",
                hint: "put a file such as rules.yaml into the policy folder")
            return nil
        }
        for file in files where !file.holdsRules { context.wordFiles[file.name] = file.text }
        // The documents own the anchors of their nodes: they live until all nodes are read.
        let documents = files.filter(\.holdsRules).compactMap { YAMLDocument($0, problems) }
        return withExtendedLifetime(documents) { load(documents) }
    }

    private mutating func load(_ documents: [YAMLDocument]) -> Ruleset? {
        var read: [(NodeReader, NodeReader.Fields)] = []
        for document in documents {
            let nodes = NodeReader(file: document.file, problems: problems)
            guard let fields = nodes.fields(document.root, "the file", known: Self.fileKeys, lenient: true) else {
                continue
            }
            checkVersion(fields, nodes)
            read.append((nodes, fields))
        }
        for (nodes, fields) in read { readNames(fields, nodes) }
        for (nodes, fields) in read { readRules(fields, nodes) }
        let analysis = PolicyAnalysis(
            rules: rules, places: ids, defaults: defaults, defaultsPlace: defaultsPlace,
            surroundings: context.surroundings, patterns: context.patterns,
            names: analysedAtSeconds == nil ? PolicyNames() : PolicyNames(read), nowSeconds: analysedAtSeconds ?? 0)
        Conflicts(analysis: analysis, problems: problems).check()
        if analysedAtSeconds != nil, !problems.hasErrors { analysis.run(problems) }
        return compile()
    }

    private func checkVersion(_ fields: NodeReader.Fields, _ nodes: NodeReader) {
        guard let node = fields["version"] else {
            problems.error(fields.place, "the file has no 'version'", hint: "start it with 'version: 1'")
            return
        }
        guard let scalar = node.scalar, scalar.string == "1" else {
            problems.error(
                nodes.place(node), "version must be 1, and is '\(node.scalar?.string ?? "something else")'",
                hint: "this is the only version there is")
            return
        }
    }

    private mutating func readNames(_ fields: NodeReader.Fields, _ nodes: NodeReader) {
        for (name, place, node) in fields["lists"].flatMap({ nodes.map($0, "'lists'") }) ?? [] {
            guard isNew(name, place, "list", reserved: ["inside"], in: listPlaces) else { continue }
            listPlaces[name] = place
            context.lists[name] = list(node, name, nodes)
            context.writtenNames["list \(name)"] = WrittenNode(node)
        }
        for (name, place, node) in fields["detectors"].flatMap({ nodes.map($0, "'detectors'") }) ?? [] {
            let builtIn = Detector.allCases.map(\.rawValue)
            guard isNew(name, place, "detector", reserved: builtIn, in: detectorPlaces) else { continue }
            detectorPlaces[name] = place
            let spec = DetectorReader(nodes: nodes, context: context).detector(node, name)
            context.detectors[name] = spec
            // With its words, which may stand in a file of their own.
            context.writtenNames["detector \(name)"] = .list([WrittenNode(node), .text("\(spec.source)")])
        }
        if let node = fields["defaults"] { readDefaults(node, fields.place(of: "defaults"), nodes) }
    }

    private func isNew(
        _ name: String, _ place: Place, _ what: String, reserved: [String], in known: [String: Place]
    ) -> Bool {
        if reserved.contains(name) {
            problems.error(place, "\(what) '\(name)' is built in and cannot be defined again")
            return false
        }
        if let first = known[name] {
            problems.error(
                place, "\(what) '\(name)' is defined twice", hint: "the first is at \(first.file):\(first.line)")
            return false
        }
        return true
    }

    /// An empty list is returned for one with mistakes, so that its uses give no findings of their own.
    private func list(_ node: Node, _ name: String, _ nodes: NodeReader) -> DomainList {
        guard let entries = nodes.texts(node, "list '\(name)'") else { return DomainList([]) }
        for (text, place) in entries {
            if let problem = ListEntry.problem(text) {
                problems.error(
                    place, "\(problem), in list '\(name)'",
                    hint: "entries are like acme.example, .acme.example (its sub-domains) or bob@bank.example")
            } else if let (message, hint) = ListEntry.doubt(text) {
                problems.warning(place, message, hint: hint)
            }
        }
        context.name(entries.map(\.text))
        return DomainList(entries.map(\.text))
    }

    private mutating func readDefaults(_ node: Node, _ place: Place, _ nodes: NodeReader) {
        if let first = defaultsPlace {
            problems.error(place, "'defaults' are set twice", hint: "the first are at \(first.file):\(first.line)")
            return
        }
        defaultsPlace = place
        guard let fields = nodes.fields(node, "'defaults'", known: ["protect", "with"]) else { return }
        if let node = fields["protect"] {
            defaults.protect = nodes.word(node, "protect in 'defaults'", ProtectionWord.self)?.level ?? .none
        }
        if let node = fields["with"] {
            let reader = RuleReader(nodes: nodes, context: context)
            defaults.with = reader.methods(node, "with in 'defaults'") ?? defaults.with
        }
    }

    private mutating func readRules(_ fields: NodeReader.Fields, _ nodes: NodeReader) {
        guard let node = fields["rules"], let list = nodes.list(node, "'rules'") else { return }
        let reader = RuleReader(nodes: nodes, context: context)
        for node in list {
            guard let rule = reader.rule(node) else { continue }
            let place = Place(file: rule.info.file, line: rule.info.line, column: nodes.place(node).column)
            if let first = ids[rule.info.id] {
                problems.error(
                    place, "two rules have the id '\(rule.info.id)'",
                    hint: "the first is at \(first.file):\(first.line)")
                continue
            }
            ids[rule.info.id] = place
            rules.append(rule)
        }
    }

    private func compile() -> Ruleset? {
        let matchers = Matchers(context.patterns, detectors: context.detectorsUsed) { spec, message in
            problems.error(
                spec.place, "the \(spec.label.prefix(300)) is refused: \(message)",
                hint: PatternCheck.hint(for: message), code: PatternCheck.code(for: message))
        }
        if rules.isEmpty, !problems.hasErrors, defaults.protect == .none {
            problems.warning(Place(file: "policy"), "there is no rule: all mail passes in clear", code: "no-rules")
        }
        return Ruleset(
            addressesNamed: context.addresses, compiled: rules, defaults: defaults, matchers: matchers,
            surroundings: context.surroundings, leafCount: context.leafCount, definitions: context.definitions)
    }
}
