// Runs cases through the very `decide` that judges in production.

import Gateway
import MIME
import Mail
import Policy
import SettingValues

/// What came of one case.
package struct CaseResult: Sendable, Encodable {
    package let name: String
    package let file: String
    package let line: Int
    /// Empty where it passed; each a sentence: what was expected, what came.
    package let failures: [String]

    /// True where everything was as expected.
    package var passed: Bool { failures.isEmpty }
}

/// All cases of one run.
package struct CaseRun: Sendable, Encodable {
    package let results: [CaseResult]

    package init(results: [CaseResult]) { self.results = results }

    package var failed: Int { results.count { !$0.passed } }
    package var passed: Int { results.count - failed }
}

/// Runs the cases of a folder.
package enum CaseRunner {
    /// Judges all cases.
    /// - Parameter jobs: cases judged at the same time; the results are in the order of the cases.
    package static func run(_ cases: PreparedCases, jobs: Int = 1) async -> CaseRun {
        let failures = await Parallel.map(cases.cases.count, jobs: jobs) { index in
            let prepared = cases.cases[index]
            let rules = cases.rulesets[prepared.ruleset]
            let found = Self.failures(prepared, rules)
            return prepared.item.faults.isEmpty ? found : found + (await FaultTrial(prepared, rules).failures())
        }
        return CaseRun(
            results: zip(cases.cases, failures).map { prepared, failures in
                CaseResult(
                    name: prepared.item.name, file: prepared.item.file, line: prepared.item.line, failures: failures)
            })
    }

    /// What of a case does not hold under some rules; what needs more than a judgement (faults of gpg and databases) is
    /// not tried.
    static func failures(_ prepared: PreparedCases.Prepared, _ rules: Ruleset) -> [String] {
        guard let decided = prepared.decided(rules) else { return ["the message could not be read"] }
        return prepared.item.expectations.flatMap { expectation -> [String] in
            guard let decision = decided.decisions.first(where: { $0.recipient.folded == expectation.recipient.folded })
            else {
                return ["\(expectation.recipient): there is no verdict"]
            }
            return Comparison(expectation, decision, decided.parsed.subject).differences()
        }
    }
}

/// One expectation against what came.
private struct Comparison {
    let wanted: PolicyCase.Expectation
    let got: Decision
    let subject: String?

    init(_ wanted: PolicyCase.Expectation, _ got: Decision, _ subject: String?) {
        self.wanted = wanted
        self.got = got
        self.subject = subject
    }

    func differences() -> [String] { (outcome() + names()).map { "\(wanted.recipient): \($0)" } }

    private func outcome() -> [String] {
        var all: [String] = []
        let why = got.notes.isEmpty ? "" : " (\(got.notes.joined(separator: "; ")))"
        let refusal = got.outcome.refusal
        if let verdict = wanted.verdict, verdict != got.verdict {
            all.append("expected verdict \(verdict), got \(got.verdict)\(refusal.map { ": \($0.detail)" } ?? why)")
        }
        if let password = wanted.password, password != got.password?.mode.rawValue {
            all.append("expected password \(password), got \(got.password?.mode.rawValue ?? "none")\(why)")
        }
        if let method = wanted.method, method != got.method?.rawValue {
            all.append("expected method \(method), got \(got.method?.rawValue ?? "none")\(why)")
        }
        let text = refusal?.publicText ?? ""
        if let part = wanted.refusal, !text.lowercased().contains(part.lowercased()) {
            all.append("expected a refusal with \"\(part)\", got \(refusal == nil ? "none" : "\"\(text)\"")")
        }
        let code = refusal.map { String($0.replyCode) } ?? "250"
        if let reply = wanted.reply, !code.hasPrefix(reply) { all.append("expected reply \(reply), got \(code)") }
        let seen = got.hidesSubject ? "[...]" : got.rewrittenSubject ?? subject ?? ""
        if let expected = wanted.subject, expected != seen {
            all.append("expected subject \"\(expected)\", got \"\(seen)\"")
        }
        return all
    }

    private func names() -> [String] {
        var all: [String] = []
        if let rules = wanted.rules, let difference = Self.difference(rules, got.rules) {
            all.append("rules: \(difference)")
        }
        let unwanted = got.rules.filter(wanted.notRules.contains)
        if !unwanted.isEmpty { all.append("rules that must not apply did: \(unwanted.joined(separator: ", "))") }
        if let watched = wanted.watched, let difference = Self.difference(watched, got.watched) {
            all.append("watched: \(difference)")
        }
        if let effects = wanted.effects, let difference = Self.difference(effects, got.effects.words) {
            all.append("effects: \(difference)")
        }
        if let fingerprints = wanted.fingerprints {
            var sealed: [String] = []
            if case .seal(.pgp(let certificates)) = got.outcome { sealed = certificates.map(\.fingerprint) }
            if let difference = Self.difference(fingerprints, sealed) { all.append("fingerprints: \(difference)") }
        }
        return all
    }

    private static func difference(_ wanted: [String], _ got: [String]) -> String? {
        let missing = Set(wanted).subtracting(got).sorted()
        let extra = Set(got).subtracting(wanted).sorted()
        var parts: [String] = []
        if !missing.isEmpty { parts.append("did not apply: \(missing.joined(separator: ", "))") }
        if !extra.isEmpty { parts.append("applied too: \(extra.joined(separator: ", "))") }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}
