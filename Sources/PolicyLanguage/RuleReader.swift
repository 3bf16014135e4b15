// From the nodes of one rule to a Rule: its id, its conditions, what it asks for.

import Detection
import Mail
import Policy

/// Reads rules of one file.
struct RuleReader {
    let nodes: NodeReader
    let context: RuleContext
    private var problems: Problems { nodes.problems }

    private static let ruleKeys = ["id", "about", "mode", "until", "when", "unless", "then"]
    /// Keys of the file, and what is meant by them in a rule.
    private static let fileKeys = [
        "scope": "in a rule write 'when'; 'scope' stands at the top of the file and holds for all its rules",
        "exempt": "in a rule write 'unless'; 'exempt' stands at the top of the file and holds for all its rules",
        "conditions": "in a rule write 'when'; 'conditions' stands at the top of a file and gives conditions names",
    ]
    private static let thenKeys =
        ["protect", "with", "refuse", "quarantine", "hide-subject", "strip-subject-tag"] + EffectsReader.keys
    private static let laterMethods = ["smime"]
    private static let longestID = 64

    init(nodes: NodeReader, context: RuleContext) {
        self.nodes = nodes
        self.context = context
    }

    /// One entry of `rules`.
    func rule(_ node: ConditionNode) -> Rule? {
        guard
            let fields = nodes.fields(
                node, "a rule", known: Self.ruleKeys, lenient: true, elsewhere: Self.fileKeys)
        else { return nil }
        let info = info(fields)
        let what = info.map { "rule '\($0.id)'" } ?? "a rule"
        let reader = ConditionReader(nodes: nodes, context: context)
        let when = fields["when"].map { reader.conditions($0, "'when' of \(what)") }
        let unless = fields["unless"].map { reader.conditions($0, "'unless' of \(what)") }
        guard let then = consequence(fields, what, when: when.flatMap { $0 }) else { return nil }
        // A condition that could not be read has left a finding: the rule must not become one without it.
        if let when, when == nil { return nil }
        if let unless, unless == nil { return nil }
        guard let info, let mode = WatchReader(nodes: nodes).mode(fields, what) else { return nil }
        return Rule(info: info, mode: mode, when: when.flatMap { $0 }, unless: unless.flatMap { $0 }, then: then)
    }

    private func info(_ fields: NodeReader.Fields) -> RuleInfo? {
        guard let idNode = fields["id"] else {
            problems.error(fields.place, "a rule has no 'id'", hint: "tests and logs quote it: 'id: card-numbers'")
            return nil
        }
        guard let id = nodes.text(idNode, "id of a rule") else { return nil }
        let isWord = id.utf8.allSatisfy { octet in
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isWord, id.utf8.count <= Self.longestID else {
            problems.error(
                nodes.place(idNode), "'\(id)' cannot be the id of a rule",
                hint: "letters, digits, '-', '_' and '.', at most \(Self.longestID)")
            return nil
        }
        guard id != SenderMark.id else {
            problems.error(
                nodes.place(idNode), "'\(id)' is the id of a built-in rule", hint: "give the rule another id")
            return nil
        }
        var about = ""
        if let node = fields["about"] { about = nodes.text(node, "about of rule '\(id)'") ?? "" }
        let place = fields.place(of: "id")
        return RuleInfo(id: id, about: about, file: place.file, line: place.line)
    }

    private func consequence(
        _ fields: NodeReader.Fields, _ what: String, when: (any Condition)?
    ) -> Consequence? {
        guard let node = fields["then"] else {
            problems.error(fields.place, "\(what) has no 'then'", hint: "such as 'then: { protect: required }'")
            return nil
        }
        let context = "'then' of \(what)"
        guard let then = nodes.fields(node, context, known: Self.thenKeys) else { return nil }
        guard !then.isEmpty else {
            problems.error(
                then.place, "\(context) asks for nothing", hint: "known: \(Self.thenKeys.joined(separator: ", "))")
            return nil
        }
        if then.contains("refuse") { return stop(then, "refuse", .refuse, context) }
        if then.contains("quarantine") { return quarantine(then, context) }
        return protection(then, context, when)
    }

    private func quarantine(_ then: NodeReader.Fields, _ context: String) -> Consequence? {
        guard self.context.surroundings.quarantineAvailable else {
            problems.error(
                then.place(of: "quarantine"), "'quarantine' in \(context), and the settings set up none",
                hint: "set `quarantine.key` and `quarantine.officer` in the settings, or use 'refuse'")
            return nil
        }
        return stop(then, "quarantine", .quarantine, context)
    }

    /// `refuse` and `quarantine`: a reason, and nothing beside it, because nothing is sent.
    private func stop(
        _ then: NodeReader.Fields, _ word: String, _ level: ProtectionLevel, _ context: String
    ) -> Consequence? {
        for key in Self.thenKeys where key != word && then.contains(key) {
            problems.error(then.place(of: key), "'\(key)' has no meaning beside '\(word)' in \(context)")
            return nil
        }
        guard let node = then[word], let text = nodes.text(node, "\(word) in \(context)") else { return nil }
        let line = PublicText.line(text)
        guard text.count <= 200 else {
            problems.error(nodes.place(node), "the reason to \(word) has \(text.count) characters, limit 200")
            return nil
        }
        if line.contains("?"), !text.contains("?") {
            problems.warning(
                nodes.place(node), "mail replies are ASCII: the sender will read '\(line)'",
                hint: "write the reason in letters that have an ASCII form")
        }
        return Consequence(level: level, refusalText: line)
    }

    private func protection(
        _ then: NodeReader.Fields, _ context: String, _ when: (any Condition)?
    ) -> Consequence? {
        var consequence = Consequence()
        if let node = then["protect"] {
            guard let level = nodes.word(node, "protect in \(context)", ProtectionWord.self) else { return nil }
            consequence.level = level.level
        }
        if let node = then["with"] {
            guard let methods = methods(node, "with in \(context)") else { return nil }
            consequence.with = methods
            guard consequence.level != .none else {
                problems.error(
                    then.place(of: "with"), "'with' has no meaning without protection in \(context)",
                    hint: "add 'protect: required' or 'protect: preferred'")
                return nil
            }
        }
        if let node = then["hide-subject"] {
            guard let wanted = nodes.boolean(node, "hide-subject in \(context)") else { return nil }
            consequence.hidesSubject = wanted
        }
        if let node = then["strip-subject-tag"] {
            guard let wanted = nodes.boolean(node, "strip-subject-tag in \(context)") else { return nil }
            if wanted, !strip(&consequence, then, context, when) { return nil }
        }
        let effects = EffectsReader(nodes: nodes, context: self.context)
        guard effects.read(then, context, into: &consequence) else { return nil }
        return consequence
    }

    private func strip(
        _ consequence: inout Consequence, _ then: NodeReader.Fields, _ context: String, _ when: (any Condition)?
    ) -> Bool {
        consequence.strippedPatterns = when?.subjectPatterns ?? []
        guard !consequence.strippedPatterns.isEmpty else {
            problems.error(
                then.place(of: "strip-subject-tag"),
                "'strip-subject-tag' needs a 'subject' pattern in the rule's 'when'",
                hint: "it takes out of the subject what that pattern matched")
            return false
        }
        for pattern in consequence.strippedPatterns { self.context.wantPositions(pattern, of: .subject) }
        return true
    }

    /// A list of methods, not empty.
    func methods(_ node: ConditionNode, _ what: String) -> [MethodName]? {
        if node.sequence?.isEmpty == true {
            problems.error(
                nodes.place(node), "\(what) names no method: nothing could ever be sent",
                hint: "known: \(MethodName.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        guard let entries = nodes.texts(node, what) else { return nil }
        var methods: [MethodName] = []
        for (text, place) in entries {
            if let method = MethodName(rawValue: text) {
                if methods.contains(method) {
                    problems.error(place, "method '\(text)' stands twice in \(what)")
                    return nil
                }
                methods.append(method)
            } else if Self.laterMethods.contains(text) {
                problems.error(
                    place, "method '\(text)' does not exist yet",
                    hint: "known: \(MethodName.allCases.map(\.rawValue).joined(separator: ", "))")
            } else {
                nodes.unknown(text, place, "method", in: what, known: MethodName.allCases.map(\.rawValue))
            }
        }
        return methods.count == entries.count ? methods : nil
    }
}
