// Invariants over all cases and over messages that are made up of them.

import Gateway
import MIME
import Mail
package import Policy
import SettingValues

/// One run of the invariants.
package struct InvariantTrial: Sendable {
    /// Made-up messages that go through the gateway's own sealing, for the invariants about what leaves.
    private static let walkedLimit = 25

    private let invariants: [Invariant]
    private let cases: PreparedCases
    private let files: [PolicyFile]
    private let seed: UInt64
    private let count: Int

    /// - Parameters:
    ///   - files: the rules.
    ///   - count: messages to make up.
    package init(_ invariants: [Invariant], _ cases: PreparedCases, files: [PolicyFile], seed: UInt64, count: Int) {
        self.invariants = invariants
        self.cases = cases
        self.files = files
        self.seed = seed
        self.count = count
    }

    /// One result for each invariant, with the first message that breaks it.
    package func results() async -> [CaseResult] {
        guard
            let all = PreparedCases(cases, files: files + [Invariant.policyFile(invariants)])
        else {
            return invariants.map {
                result($0, ["its `when` cannot be read: look at `letterlock policy check` for the words"])
            }
        }
        var trial = Walk(broken: [[String]](repeating: [], count: invariants.count))
        if invariants.contains(where: { $0.property.isAboutLeaving }) {
            trial.stage = try? DryRun()
        }
        for prepared in all.cases where prepared.item.faults.isEmpty {
            await look(prepared, all, "case \"\(prepared.item.name)\"", walks: true, &trial)
        }
        for index in all.rulesets.indices {
            var maker = MessageMaker(all.cases.filter { $0.ruleset == index }, seed: seed)
            for number in 0..<count {
                guard let (item, yaml) = maker.next(number),
                    let parsed = try? read(item.received, limits: Limits())
                else { break }
                let prepared = PreparedCases.Prepared(item: item, parsed: parsed, ruleset: index)
                await look(prepared, all, "this message:\n\(yaml)", walks: number < Self.walkedLimit, &trial)
            }
        }
        await trial.stage?.close()
        for index in invariants.indices where invariants[index].property.isAboutLeaving && trial.walked == 0 {
            trial.broken[index].append("no message could be walked to its end, so nothing was tried")
        }
        return zip(invariants, trial.broken).map(result)
    }

    /// What one run gathers.
    private struct Walk {
        var broken: [[String]]
        /// nil where no invariant is about what leaves.
        var stage: DryRun?
        /// Messages that went to the moment before the next hop.
        var walked = 0
    }

    private func result(_ invariant: Invariant, _ failures: [String]) -> CaseResult {
        CaseResult(
            name: "invariant: \(invariant.name)", file: invariant.file, line: invariant.line,
            failures: Array(failures.prefix(1)))
    }

    private func look(
        _ prepared: PreparedCases.Prepared, _ all: PreparedCases, _ what: String, walks: Bool, _ trial: inout Walk
    ) async {
        let rules = all.rulesets[prepared.ruleset]
        guard let decided = prepared.decided(rules) else { return }
        for (index, invariant) in invariants.enumerated() where trial.broken[index].isEmpty {
            for decision in decided.decisions where decision.watched.contains(Invariant.id(index)) {
                guard let breach = Self.breach(of: invariant.property, decision) else { continue }
                trial.broken[index].append("\(decision.recipient): \(breach), by \(what)")
                break
            }
        }
        let about = invariants.indices.filter {
            invariants[$0].property.isAboutLeaving && trial.broken[$0].isEmpty
        }
        // What is refused does not leave; what is held back or sent elsewhere is not there to be counted.
        guard walks, !about.isEmpty, let stage = trial.stage,
            decided.decisions.allSatisfy({ $0.outcome.goes && $0.effects.redirect == nil }),
            let real = await prepared.decided(rules, on: stage), real.refusal == nil
        else { return }
        do throws(Refusal) {
            let leaving = try await stage.leaving(real, rules: rules)
            trial.walked += 1
            for index in about {
                let breach =
                    invariants[index].property == .recipientsKept
                    ? Self.lost(real, leaving) : Self.exposed(real, leaving)
                if let breach { trial.broken[index].append("\(breach), by \(what)") }
            }
        } catch {
            for index in about { trial.broken[index].append("could not be sealed: \(error.detail), by \(what)") }
        }
    }

    private static func breach(of property: Invariant.Property, _ decision: Decision) -> String? {
        switch property {
        case .protected: decision.outcome == .pass ? "leaves in clear" : nil
        case .stays: decision.outcome.goes ? "leaves (\(decision.verdict))" : nil
        case .notByLink: decision.method == .link ? "goes behind a link" : nil
        case .subjectHidden: decision.outcome.isSeal && !decision.hidesSubject ? "leaves with its subject" : nil
        case .recipientsKept, .bccHidden: nil
        }
    }

    private static func lost(_ decided: DecidedMessage, _ leaving: [DryRun.Leaving]) -> String? {
        for decision in decided.decisions {
            let times = leaving.count { $0.isForRecipients && $0.recipients.contains(decision.recipient) }
            if times != 1 { return "\(decision.recipient): gets it \(times) times" }
        }
        return nil
    }

    private static func exposed(_ decided: DecidedMessage, _ leaving: [DryRun.Leaving]) -> String? {
        for blind in decided.decisions where !blind.isVisible {
            for one in leaving where !one.recipients.contains(blind.recipient) && one.isForRecipients {
                if one.headerText.lowercased().contains(blind.recipient.folded) {
                    return "\(blind.recipient) is named to \(one.recipients.map(\.description).joined(separator: ", "))"
                }
            }
            for one in leaving where one.hasBccField {
                return "a Bcc field leaves for \(one.recipients.map(\.description).joined(separator: ", "))"
            }
        }
        return nil
    }
}
