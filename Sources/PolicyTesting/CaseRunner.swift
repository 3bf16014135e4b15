// Runs cases through the very `decide` that judges in production.

import Gateway
import MIME
package import Mail
package import Policy

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
    package var failed: Int { results.count { !$0.passed } }
    package var passed: Int { results.count - failed }
}

/// Runs the cases of a folder.
package enum CaseRunner {
    /// As ``run(_:files:filter:limits:)``, with the rules read from a folder.
    package static func run(_ cases: [PolicyCase], policyFolder: String, filter: String?) -> CaseRun? {
        guard let files = try? PolicyFolder.files(in: policyFolder) else { return nil }
        return run(cases, files: files, filter: filter)
    }

    /// - Parameters:
    ///   - cases: of that folder.
    ///   - files: the rules.
    ///   - filter: part of a name; nil runs all.
    /// - Returns: nil where the rules do not load.
    package static func run(
        _ cases: [PolicyCase], files: [PolicyFile], filter: String? = nil, limits: Limits = Limits()
    ) -> CaseRun? {
        var rulesets: [(CaseSurroundings, Ruleset)] = []
        var results: [CaseResult] = []
        for one in cases where filter.map({ one.name.localizedLowercaseContains($0) }) ?? true {
            var rules = rulesets.first { $0.0 == one.surroundings }?.1
            if rules == nil {
                guard let loaded = Ruleset.load(files: files, surroundings: one.surroundings.surroundings).ruleset
                else { return nil }
                rulesets.append((one.surroundings, loaded))
                rules = loaded
            }
            guard let rules else { return nil }  // unreachable
            results.append(
                CaseResult(name: one.name, file: one.file, line: one.line, failures: failures(one, rules, limits)))
        }
        return CaseRun(results: results)
    }

    private static func failures(_ one: PolicyCase, _ rules: Ruleset, _ limits: Limits) -> [String] {
        let received = ReceivedMessage(
            envelope: Envelope(sender: one.sender, recipients: one.recipients), bytes: one.message,
            origin: .init(id: "case"), receivedAtSeconds: 0)
        guard let parsed = try? read(received, limits: limits) else { return ["the message could not be read"] }
        let decided = decide(parsed, known: one.known, rules: rules, nowSeconds: 0)
        return one.expectations.flatMap { expectation -> [String] in
            guard let decision = decided.decisions.first(where: { $0.recipient.folded == expectation.recipient.folded })
            else {
                return ["\(expectation.recipient): there is no verdict"]
            }
            return differences(expectation, decision, parsed.subject)
        }
    }

    private static func differences(_ wanted: PolicyCase.Expectation, _ got: Decision, _ subject: String?) -> [String] {
        var all: [String] = []
        let who = "\(wanted.recipient)"
        let why = got.notes.isEmpty ? "" : " (\(got.notes.joined(separator: "; ")))"
        if let verdict = wanted.verdict, verdict != got.verdict {
            let reason = got.outcome.refusal.map { ": \($0.detail)" } ?? why
            all.append("\(who): expected verdict \(verdict), got \(got.verdict)\(reason)")
        }
        if let method = wanted.method, method != got.method {
            all.append("\(who): expected method \(method), got \(got.method ?? "none")\(why)")
        }
        if let rules = wanted.rules, Set(rules) != Set(got.rules) {
            let missing = Set(rules).subtracting(got.rules).sorted()
            let extra = Set(got.rules).subtracting(rules).sorted()
            var parts: [String] = []
            if !missing.isEmpty { parts.append("did not apply: \(missing.joined(separator: ", "))") }
            if !extra.isEmpty { parts.append("applied too: \(extra.joined(separator: ", "))") }
            all.append("\(who): rules: \(parts.joined(separator: "; "))")
        }
        let seen = got.hidesSubject ? "[...]" : got.rewrittenSubject ?? subject ?? ""
        if let expected = wanted.subject, expected != seen {
            all.append("\(who): expected subject \"\(expected)\", got \"\(seen)\"")
        }
        return all
    }
}

extension String {
    func localizedLowercaseContains(_ part: String) -> Bool { lowercased().contains(part.lowercased()) }
}
