// From policy files to a ruleset. All findings of all files come back at once; with any error there is no ruleset,
// because a rule that was left out could have been the one that protects. Reads no file: text in, ruleset out.

import Detection
import Mail
package import Policy
import PolicyAnalysis

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
    private static let fileKeys = [
        "version", "scope", "exempt", "lists", "detectors", "conditions", "defaults", "rules",
    ]

    /// Keys of a rule, and what is meant by them at the top of a file.
    private static let ruleKeys = [
        "when": "for all rules of the file write 'scope'; 'when' stands in a rule",
        "unless": "for all rules of the file write 'exempt'; 'unless' stands in a rule",
        "condition": "give it a name under 'conditions'",
    ]

    private let problems: Problems
    private let context: RuleContext
    private var defaults = Defaults()
    private var defaultsPlace: Place?
    private var rules: [Rule] = []
    private var ids: [String: Place] = [:]
    private var listPlaces: [String: Place] = [:]
    private var detectorPlaces: [String: Place] = [:]
    /// `scope` and `exempt` of the files.
    private var shared: [SharedCondition] = []
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
        return load(files.filter(\.holdsRules).compactMap { YAMLDocument($0, problems) })
    }

    private mutating func load(_ documents: [YAMLDocument]) -> Ruleset? {
        var read: [(NodeReader, NodeReader.Fields)] = []
        for document in documents {
            let nodes = NodeReader(file: document.file, problems: problems)
            guard
                let fields = nodes.fields(
                    document.root, "the file", known: Self.fileKeys, lenient: true, elsewhere: Self.ruleKeys)
            else { continue }
            checkVersion(fields, nodes)
            read.append((nodes, fields))
        }
        for (nodes, fields) in read { readNames(fields, nodes) }
        for (nodes, fields) in read { readConditions(fields, nodes) }
        for (nodes, fields) in read { readRules(fields, nodes) }
        analyse(PolicyNames(analysedAtSeconds == nil ? [] : read))
        return compile()
    }

    private func analyse(_ names: PolicyNames) {
        var loaded = LoadedPolicy(surroundings: context.surroundings)
        loaded.rules = rules
        loaded.shared = shared + namedConditions()
        loaded.places = ids
        loaded.defaults = defaults
        loaded.defaultsPlace = defaultsPlace
        loaded.patterns = context.patterns
        let policy = AnalysedPolicy(loaded, names: names, nowSeconds: analysedAtSeconds ?? 0)
        policy.checkConflicts(problems)
        if analysedAtSeconds != nil, !problems.hasErrors { policy.run(problems) }
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
            ListReader(nodes: nodes, context: context).read(node, name)
            context.writtenNames["list \(name)"] = node
        }
        for (name, place, node) in fields["detectors"].flatMap({ nodes.map($0, "'detectors'") }) ?? [] {
            let builtIn = Detector.allCases.map(\.rawValue)
            guard isNew(name, place, "detector", reserved: builtIn, in: detectorPlaces) else { continue }
            detectorPlaces[name] = place
            let spec = DetectorReader(nodes: nodes, context: context).detector(node, name)
            context.detectors[name] = spec
            // With its words, which may stand in a file of their own.
            context.writtenNames["detector \(name)"] = ConditionNode(
                .sequence([node, ConditionNode(text: "\(spec.source)", place)]), place)
        }
        for (name, place, node) in fields["conditions"].flatMap({ nodes.map($0, "'conditions'") }) ?? [] {
            guard isNew(name, place, "condition", reserved: [], in: context.conditions.mapValues(\.place)) else {
                continue
            }
            context.conditions[name] = NamedDefinition(place: place, node: node, nodes: nodes)
        }
        if let node = fields["defaults"] { readDefaults(node, fields.place(of: "defaults"), nodes) }
    }

    private func isNew(
        _ name: String, _ place: Place, _ what: String, reserved: [String], in known: [String: Place]
    ) -> Bool {
        guard !name.isEmpty, name.unicodeScalars.allSatisfy({ $0.value > 32 && !$0.properties.isWhitespace }) else {
            problems.error(
                place, "\(what) '\(name)' cannot be named so: the name is empty or has white space in it",
                hint: "write it with hyphens, such as 'to-partners'")
            return false
        }
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

    private mutating func readDefaults(_ node: ConditionNode, _ place: Place, _ nodes: NodeReader) {
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

    /// Named ones of a file, used or not, then what holds for its rules.
    private mutating func readConditions(_ fields: NodeReader.Fields, _ nodes: NodeReader) {
        let reader = ConditionReader(nodes: nodes, context: context)
        for (name, place, _) in fields["conditions"].flatMap({ nodes.map($0, "'conditions'") }) ?? [] {
            _ = reader.definition(name, usedAt: place)
        }
        for (key, kind) in [("scope", SharedCondition.Kind.scope), ("exempt", .exempt)] {
            guard let node = fields[key], let condition = reader.conditions(node, "'\(key)' of the file") else {
                continue
            }
            shared.append(
                SharedCondition(kind: kind, file: nodes.file, place: fields.place(of: key), condition: condition))
        }
    }

    /// All named conditions that could be read, in the order in which they stand.
    private func namedConditions() -> [SharedCondition] {
        let all = context.conditions.compactMap { name, written -> SharedCondition? in
            guard case .read(let condition?) = written.state else { return nil }
            return SharedCondition(
                kind: .named(name), file: written.place.file, place: written.place, condition: condition)
        }
        return all.sorted {
            ($0.place.file, $0.place.line, $0.place.column) < ($1.place.file, $1.place.line, $1.place.column)
        }
    }

    private mutating func readRules(_ fields: NodeReader.Fields, _ nodes: NodeReader) {
        guard let node = fields["rules"], let list = nodes.list(node, "'rules'") else { return }
        let scope = shared.first { $0.kind == .scope && $0.file == nodes.file }?.condition
        let exempt = shared.first { $0.kind == .exempt && $0.file == nodes.file }?.condition
        let reader = RuleReader(nodes: nodes, context: context)
        for node in list {
            guard var rule = reader.rule(node) else { continue }
            if scope != nil { rule.scope = scope }
            if exempt != nil { rule.exempt = exempt }
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
        return Ruleset(rules, defaults: defaults, shared: sharedInUse(), context: context, matchers: matchers)
    }

    /// What concerns no rule can make no difference.
    private func sharedInUse() -> [SharedCondition] {
        let files = Set(rules.map(\.info.file))
        let names = rules.reduce(into: Set<String>()) { $0.formUnion($1.names) }
        return shared.filter { files.contains($0.file) }
            + namedConditions().filter { if case .named(let name) = $0.kind { names.contains(name) } else { false } }
    }
}
