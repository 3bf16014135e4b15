// Rules that may apply together are found without comparing each with each, and are the same ones.

import Detection
import Mail
import Policy
import PolicyLanguage
@testable import PolicyAnalysis  // what the findings are made of, and the count of comparisons
import Testing

struct RuleMeetingsTests {
    /// Random conditions of a vocabulary in which much is inside of, or apart from, something else.
    private struct Author {
        var generator: PropertyTests.Random

        mutating func pick(_ words: [String]) -> String { words.randomElement(using: &generator) ?? "" }

        mutating func condition(_ depth: Int = 0) -> String {
            switch Int.random(in: 0..<(depth < 2 ? 13 : 8), using: &generator) {
            case 0, 1, 2: return "{recipient: {\(lists())}}"
            case 3: return "{sender: {\(lists())}}"
            case 4: return "{size: {\(pick(["over: 10", "over: 20", "under: 11", "under: 5"]))}}"
            case 5: return "{encrypted: \(pick(["true", "false", "pgp", "smime"]))}"
            case 6: return "{subject: {words: \(pick(["a", "b", "c"]))}}"
            case 7: return "{key: {is: [\(pick(["usable", "none", "usable, none"]))]}}"
            case 8: return "{not: \(condition(depth + 1))}"
            case 9: return "{any: [\(condition(depth + 1)), \(condition(depth + 1))]}"
            default: return "{all: [\(condition(depth + 1)), \(condition(depth + 1))]}"
            }
        }

        private mutating func lists() -> String {
            let sets = [
                "inside", "many", "some", "a.example", ".a.example", "bob@a.example", "bob+t@a.example", "x.a.example",
                "[b.example, bob@a.example]", "[inside, b.example]", "[.a.example, c.example]", "c.example",
            ]
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: return "in: \(pick(sets)), not-in: \(pick(sets))"
            case 1: return "not-in: \(pick(sets))"
            default: return "in: \(pick(sets))"
            }
        }

        mutating func rules(_ count: Int) -> String {
            (0..<count).map { number in
                let unless = Int.random(in: 0..<3, using: &generator) == 0 ? ", unless: \(condition())" : ""
                return "  - {id: r\(number), when: \(condition())\(unless), then: {protect: required}}\n"
            }.joined()
        }
    }

    private static let head = """
        version: 1
        lists:
          some: [a.example, .b.example, bob@c.example]
          many: [\((0..<101).map { "m\($0).example" }.joined(separator: ", ")), a.example]

        """

    private static func analysed(_ ruleset: Ruleset) -> AnalysedPolicy {
        var loaded = LoadedPolicy(surroundings: Surroundings(inside: DomainList(["example.org"]), linksAvailable: true))
        loaded.rules = ruleset.compiled
        return AnalysedPolicy(loaded)
    }

    @Test(arguments: ["", "scope: {recipient: {not-in: inside}}\nexempt: {recipient: {in: c.example}}\n"])
    func theyAreThoseThatEachWithEachFinds(scope: String) throws {
        var author = Author(generator: PropertyTests.Random(state: 20_261_201))
        var (met, apart, alike) = (0, 0, 0)
        for _ in 0..<40 {
            let text = "\(Self.head)\(scope)rules:\n\(author.rules(24))"
            let policy = Self.analysed(try ruleset(text))
            let meetings = RuleMeetings(policy.rules, policy.logic)
            let conjuncts = ConjunctIndex(policy.rules)
            for (number, rule) in policy.rules.enumerated() {
                let slow = (0..<number).filter { !policy.keepApart(rule, policy.rules[$0]) }
                #expect(Array(meetings.earlier(than: number) { _ in true }) == slow, "rule \(rule.id) of\n\(text)")
                met += slow.count
                apart += number - slow.count
                let together = (0..<number).filter {
                    Self.asksForAll(rule, of: policy.rules[$0]) || Self.asksForAll(policy.rules[$0], of: rule)
                }
                #expect(conjuncts.together(with: number).sorted() == together, "rule \(rule.id) of\n\(text)")
                alike += together.count
            }
        }
        // The author writes enough of every kind for the test to mean something.
        #expect(met > 1000 && apart > 1000, "\(met) \(apart)")
        // With an exemption no rule is without an exception.
        #expect(alike > 50 || !scope.isEmpty, "\(alike)")
    }

    private static func asksForAll(_ one: AnalysedRule, of other: AnalysedRule) -> Bool {
        other.unless == nil && other.conjuncts.isSubset(of: one.conjuncts)
    }

    /// What is said of methods and redirects, with the number of rules that it goes for.
    @Test func findingsAreThoseOfEachWithEach() throws {
        var author = Author(generator: PropertyTests.Random(state: 7))
        var counts: [String: Int] = [:]
        for _ in 0..<60 {
            let text = "\(Self.head)rules:\n\(author.rules(12))"
            let plain = Self.analysed(try ruleset(text))
            let thens = plain.rules.map { _ in
                (
                    with: author.pick(["pgp", "link", "pgp, link"]), redirect: author.pick(["", "", "one", "two"])
                )
            }
            var lines = text.split(separator: "\n").map(String.init)
            for (number, then) in thens.enumerated() {
                let index = lines.count - thens.count + number
                var more = "with: [\(then.with)]"
                if !then.redirect.isEmpty { more += ", redirect: \(then.redirect)@example.org" }
                lines[index] = lines[index].replacing("required}}", with: "required, \(more)}}")
            }
            let result = Ruleset.check(
                files: [PolicyFile(name: "rules.yaml", text: lines.joined(separator: "\n") + "\n")],
                surroundings: Surroundings(inside: DomainList(["example.org"]), linksAvailable: true), nowSeconds: 0)
            let said = result.diagnostics.filter {
                ["no-common-method", "may-have-no-common-method", "two-redirects"].contains($0.code)
            }.map {
                let rest = $0.hint?.split(separator: ";").dropFirst().first ?? ""
                return "\($0.code ?? "") \($0.message.prefix { $0 != ":" }) \(rest)"
            }
            let hasErrors = result.diagnostics.contains { $0.severity == .error }
            let expected = Self.expected(plain, thens.map(\.with), hasErrors ? [] : thens.map(\.redirect))
            #expect(Set(said) == Set(expected), "\(lines.joined(separator: "\n"))")
            for finding in result.diagnostics { counts[finding.code ?? "", default: 0] += 1 }
        }
        for code in ["no-common-method", "may-have-no-common-method", "two-redirects"] {
            #expect(counts[code, default: 0] > 10, "\(counts)")
        }
    }

    private static func expected(_ policy: AnalysedPolicy, _ with: [String], _ redirects: [String]) -> [String] {
        var said: [String] = []
        for (number, rule) in policy.rules.enumerated() {
            let others = (0..<number).filter { ["pgp", "link"].contains(with[number]) && with[$0] != with[number] }
                .filter { ["pgp", "link"].contains(with[$0]) }
            let together = others.filter {
                asksForAll(rule, of: policy.rules[$0]) || asksForAll(policy.rules[$0], of: rule)
            }
            let perhaps = others.filter { !together.contains($0) && !policy.keepApart(rule, policy.rules[$0]) }
            func add(_ code: String, _ others: [Int], _ what: String) {
                guard let other = others.first else { return }
                let more = others.count > 1 ? " the same goes for \(others.count - 1) more" : ""
                let rest =
                    code == "two-redirects"
                    ? "" : more.isEmpty ? " give them a method in common, or keep them apart with 'unless'" : more
                said.append("\(code) rules '\(policy.rules[other].id)' and '\(rule.id)' \(what) \(rest)")
            }
            add("no-common-method", together, "match together and their 'with' have no method in common")
            add("may-have-no-common-method", perhaps, "have no method in common")
            guard !redirects.isEmpty, !redirects[number].isEmpty else { continue }
            let elsewhere = (0..<number).filter { !redirects[$0].isEmpty && redirects[$0] != redirects[number] }
            add(
                "two-redirects", elsewhere.filter { !policy.keepApart(rule, policy.rules[$0]) },
                "redirect to different addresses")
        }
        return said
    }

    /// A thousand rules, half of them by `pgp` and half by `link`, each kept apart from each.
    @Test(arguments: ["addresses", "lists", "exceptions", "subjects"])
    func thousandsOfRulesAreComparedWithFew(by kind: String) throws {
        let count = 1000
        let rules = (0..<count).map { number in
            let when: String
            switch kind {
            case "addresses": when = "{recipient: {in: [d\(number).example]}}"
            case "lists":
                when =
                    "{recipient: {in: [d\(number).example, .e\(number).example, bob@f\(number).example]}, "
                    + "subject: {words: w\(number)}}"
            case "exceptions":
                when =
                    number % 2 == 0
                    ? "{subject: {words: w\(number)}, recipient: {in: [p.example]}}" : "{subject: {words: w\(number)}}"
            default: when = "{subject: {words: w\(number)}}"
            }
            let unless = kind == "exceptions" && number % 2 == 1 ? ", unless: {recipient: {in: [p.example]}}" : ""
            let method = number % 2 == 0 ? "pgp" : "link"
            return "  - {id: r\(number), when: \(when)\(unless), then: {protect: required, with: [\(method)]}}\n"
        }
        let policy = Self.analysed(try ruleset("version: 1\nrules:\n\(rules.joined())"))
        let problems = Problems()
        let compared = Conflicts(analysis: policy, problems: problems).check()
        // What different words say is apart in nothing, and that is known without comparing: but for bits that fall
        // together.
        #expect(compared <= (kind == "subjects" ? count * count / 4 / 8 : 2 * count))
        #expect(problems.diagnostics.count == (kind == "subjects" ? count - 1 : 0))
    }
}
