// Runs the cases against every mutant of the rules. A mutant is killed by the first case that comes out otherwise than
// it says; one that none kills has survived.

import Mail
import Policy
import PolicyAnalysis

/// What became of the mutants.
package struct MutationRun: Sendable, Encodable {
    /// One mutant.
    package struct Result: Sendable, Encodable {
        package let rule: String
        package let file: String
        package let line: Int
        package let column: Int
        /// What was done to the rule.
        package let change: String
        /// Name of the case that noticed; nil where none did.
        package let killedBy: String?
    }
    package let results: [Result]

    package var survivors: [Result] { results.filter { $0.killedBy == nil } }
    package var killed: Int { results.count - survivors.count }
    /// Rounded down.
    package var percent: Int { results.isEmpty ? 100 : killed * 100 / results.count }

    /// - Parameters:
    ///   - cases: all of which pass with the rules as they are.
    ///   - jobs: mutants judged at the same time.
    package init(_ cases: PreparedCases, jobs: Int) async {
        let mutants = cases.rulesets.map { $0.mutants() }
        guard let first = mutants.first else {
            results = []
            return
        }
        let names = await Parallel.map(first.count, jobs: jobs) { Self.killer(of: $0, mutants, cases) }
        results = zip(first, names).map { mutant, killer in
            Result(
                rule: mutant.rule, file: mutant.file, line: mutant.line, column: mutant.column, change: mutant.change,
                killedBy: killer)
        }
    }

    private static func killer(of index: Int, _ mutants: [[Mutant]], _ cases: PreparedCases) -> String? {
        for prepared in cases.cases where index < mutants[prepared.ruleset].count {
            let failures = CaseRunner.failures(prepared, mutants[prepared.ruleset][index].ruleset)
            if !failures.isEmpty { return prepared.item.name }
        }
        return nil
    }

    /// A line for each survivor with its place, then the sums.
    package var text: String {
        var lines = survivors.map { survivor in
            let places = [survivor.line, survivor.column].filter { $0 > 0 }.map { ":\($0)" }.joined()
            let whose = survivor.rule.isEmpty ? "" : "rule \(survivor.rule) "
            return "SURVIVED \(survivor.file)\(places): \(whose)\(survivor.change)"
        }
        lines.append(
            "\(Counted.of(results.count, "mutant")), \(killed) killed, \(survivors.count) survived, \(percent) %")
        return lines.joined(separator: "\n")
    }
}
