// Mutation testing of rules (DeMillo, Lipton, Sayward: "Hints on test data selection", 1978): each mutant is the
// ruleset with one small mistake in it. A mutant that no case notices is a mistake that could be made tomorrow without
// a case failing. The compiled rules are changed, so no pattern is compiled again. Pure.
//
// Not made, because nothing could tell them apart or because they are mistakes of another kind: changed patterns and
// words (a pattern is tested by its cases, and each change would need the engine anew), reordered rules (order has no
// meaning), the wording of refusals and `about`.

import Detection
package import Policy

/// A ruleset with one deliberate mistake.
package struct Mutant: Sendable {
    /// The rule that was changed; "" for `defaults` and for what is shared.
    package let rule: String
    package let file: String
    /// Line of what was changed, from 1; 0 where it is not known.
    package let line: Int
    /// Column of what was changed, from 1; 0 where the line as a whole is meant.
    package let column: Int
    /// What was done, in one line: `drops the condition 'recipient not-in inside'`.
    package let change: String
    package let ruleset: Ruleset
}

extension Ruleset {
    /// All mutants, in the order of the rules. Two loads of the same files give the same mutants in the same order,
    /// whatever their surroundings.
    package func mutants() -> [Mutant] {
        var all: [Mutant] = []
        for index in compiled.indices { all += mutants(ofRule: index) }
        for one in shared { all += mutants(of: one) }
        return all + mutantsOfDefaults()
    }

    private func mutants(ofRule index: Int) -> [Mutant] {
        let rule = compiled[index]
        let place = Place(file: rule.info.file, line: rule.info.line)
        var all: [Mutant] = []
        func add(_ change: String, at place: Place, _ edit: (inout Ruleset) -> Void) {
            var copy = self
            edit(&copy)
            all.append(
                Mutant(
                    rule: rule.info.id, file: place.file, line: place.line, column: place.column, change: change,
                    ruleset: copy))
        }
        add("drops the rule", at: place) { $0.compiled.remove(at: index) }
        if let when = rule.when {
            add("drops `when`: applies always", at: when.place) { $0.compiled[index].when = nil }
            for edit in ConditionMutator.edits(of: when, newLeaf: leafCount) {
                add(edit.change, at: edit.place) {
                    $0.compiled[index].when = edit.result
                    $0.leafCount += 1
                }
            }
        }
        if let unless = rule.unless {
            add("drops `unless`", at: unless.place) { $0.compiled[index].unless = nil }
            for edit in ConditionMutator.edits(of: unless, newLeaf: leafCount) {
                add("in `unless`: \(edit.change)", at: edit.place) {
                    $0.compiled[index].unless = edit.result
                    $0.leafCount += 1
                }
            }
        }
        for (change, then) in rule.then.mutants() { add(change, at: place) { $0.compiled[index].then = then } }
        switch rule.mode {
        case .act: break
        case .watch: add("acts instead of watching", at: place) { $0.compiled[index].mode = .act }
        }
        return all
    }

    /// Of what stands once: each mistake is in all rules that it holds for.
    private func mutants(of shared: SharedCondition) -> [Mutant] {
        var all: [Mutant] = []
        let concerned = compiled.map(shared.concerns)
        func add(_ change: String, at place: Place, _ edit: (Rule) -> Rule) {
            var copy = self
            copy.leafCount += 1
            copy.compiled = zip(compiled, concerned).map { $1 ? edit($0) : $0 }
            all.append(
                Mutant(
                    rule: "", file: place.file, line: place.line, column: place.column, change: change, ruleset: copy))
        }
        switch shared.kind {
        case .scope: add("drops `scope`: its rules hold everywhere", at: shared.place) { $0.with(\.scope, nil) }
        case .exempt: add("drops `exempt`", at: shared.place) { $0.with(\.exempt, nil) }
        case .named: break
        }
        for edit in ConditionMutator.edits(of: shared.condition, newLeaf: leafCount) {
            add("in `\(shared.word)`: \(edit.change)", at: edit.place) { rule in
                switch shared.kind {
                case .scope: rule.with(\.scope, edit.result)
                case .exempt: rule.with(\.exempt, edit.result)
                case .named(let name): rule.replacing(name, with: edit.result)
                }
            }
        }
        return all
    }

    private func mutantsOfDefaults() -> [Mutant] {
        var all: [Mutant] = []
        let file = compiled.first?.info.file ?? ""
        func add(_ change: String, _ edit: (inout Defaults) -> Void) {
            var copy = self
            edit(&copy.defaults)
            all.append(Mutant(rule: "", file: file, line: 0, column: 0, change: change, ruleset: copy))
        }
        if let lower = defaults.protect.lower { add("defaults: protect: \(lower.word)") { $0.protect = lower } }
        guard defaults.with.count > 1 else { return all }
        for method in defaults.with {
            add("defaults: with: without \(method.rawValue)") { $0.with.removeAll { $0 == method } }
        }
        add("defaults: with: in reverse order") { $0.with.reverse() }
        return all
    }
}

extension SharedCondition {
    /// What it is called where it stands.
    fileprivate var word: String {
        switch kind {
        case .scope: "scope"
        case .exempt: "exempt"
        case .named(let name): "conditions: \(name)"
        }
    }
}

extension Rule {
    /// The same with one condition changed.
    fileprivate func with(_ path: WritableKeyPath<Rule, (any Condition)?>, _ condition: (any Condition)?) -> Rule {
        var copy = self
        copy[keyPath: path] = condition
        return copy
    }
}

extension ProtectionLevel {
    /// The next weaker level; nil for `none`.
    var lower: ProtectionLevel? {
        switch self {
        case .none: nil
        case .preferred: ProtectionLevel.none
        case .required: .preferred
        case .quarantine, .refuse: .required
        }
    }
}

extension Consequence {
    /// What it asks for with one thing less, or otherwise.
    func mutants() -> [(change: String, result: Consequence)] {
        var all: [(String, Consequence)] = []
        func add(_ change: String, _ edit: (inout Consequence) -> Void) {
            var copy = self
            edit(&copy)
            all.append((change, copy))
        }
        if let lower = level.lower { add("asks for '\(lower.word)' instead of '\(level.word)'") { $0.level = lower } }
        if let with {
            add("drops 'with: \(with.map(\.rawValue).joined(separator: ", "))'") { $0.with = nil }
            for method in MethodName.allCases {
                if !with.contains(method) {
                    add("allows \(method.rawValue) too") { $0.with = with + [method] }
                } else if with.count > 1 {
                    add("does not allow \(method.rawValue)") { $0.with = with.filter { $0 != method } }
                }
            }
        }
        if hidesSubject { add("drops hide-subject") { $0.hidesSubject = false } }
        if !strippedPatterns.isEmpty { add("drops strip-subject-tag") { $0.strippedPatterns = [] } }
        for (index, strip) in strips.enumerated() {
            add("drops strip-attachment \(strip.label)") { $0.strips.remove(at: index) }
        }
        for word in effects.words { add("drops \(word)") { $0.effects = effects.without(word) } }
        return all
    }
}

extension Effects {
    /// The same without what one of ``words`` says.
    func without(_ word: String) -> Effects {
        /// Tries each part alone: the one that says the word goes.
        func says(_ edit: (inout Effects) -> Void) -> Bool {
            var part = Effects()
            edit(&part)
            return part.words == [word]
        }
        var rest = self
        rest.headers.removeAll { change in says { $0.headers = [change] } }
        rest.footers.removeAll { footer in says { $0.footers = [footer] } }
        rest.archives.removeAll { archive in says { $0.archives = [archive] } }
        if signs, says({ $0.signs = true }) { rest.signs = false }
        if receipt, says({ $0.receipt = true }) { rest.receipt = false }
        if says({ $0.redirect = redirect }) { rest.redirect = nil }
        if says({ $0.link.expireSeconds = link.expireSeconds }) { rest.link.expireSeconds = nil }
        if says({ $0.link.passwords = link.passwords }) { rest.link.passwords = nil }
        return rest
    }
}
