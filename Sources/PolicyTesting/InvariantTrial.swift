// Invariants over all cases and over messages that are made up of them.

import Gateway
import MIME
import Mail
import NIOPosix
package import Policy

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
            return invariants.map { result($0, ["its `when` cannot be read: look at `letterlock policy check` for the words"]) }
        }
        var broken = [[String]](repeating: [], count: invariants.count)
        for prepared in all.cases where prepared.item.faults.isEmpty {
            await look(prepared, all, "case \"\(prepared.item.name)\"", walks: true, &broken)
        }
        for index in all.rulesets.indices {
            var maker = MessageMaker(all.cases.filter { $0.ruleset == index }, seed: seed)
            for number in 0..<count {
                guard let (item, yaml) = maker.next(number),
                    let parsed = try? read(item.received, limits: Limits())
                else { break }
                let prepared = PreparedCases.Prepared(item: item, parsed: parsed, ruleset: index)
                await look(prepared, all, "this message:\n\(yaml)", walks: number < Self.walkedLimit, &broken)
            }
        }
        return zip(invariants, broken).map(result)
    }

    private func result(_ invariant: Invariant, _ failures: [String]) -> CaseResult {
        CaseResult(
            name: "invariant: \(invariant.name)", file: invariant.file, line: invariant.line,
            failures: Array(failures.prefix(1)))
    }

    private func look(
        _ prepared: PreparedCases.Prepared, _ all: PreparedCases, _ what: String, walks: Bool,
        _ broken: inout [[String]]
    ) async {
        guard let decided = prepared.decided(all.rulesets[prepared.ruleset]) else { return }
        for (index, invariant) in invariants.enumerated() where broken[index].isEmpty {
            for decision in decided.decisions where decision.watched.contains(Invariant.id(index)) {
                guard let breach = Self.breach(of: invariant.property, decision) else { continue }
                broken[index].append("\(decision.recipient): \(breach), by \(what)")
                break
            }
        }
        let about = invariants.indices.filter {
            [.recipientsKept, .bccHidden].contains(invariants[$0].property) && broken[$0].isEmpty
        }
        // Made-up keys open nothing, so gpg is left out of the walk: what is sealed for them has tests of its own.
        guard walks, !about.isEmpty, decided.refusal == nil,
            !decided.decisions.contains(where: { $0.method == "pgp" || !$0.effects.isEmpty || $0.verdict == "quarantine" })
        else { return }
        let rehearsal = Rehearsal(
            rules: all.rulesets[prepared.ruleset], gpgFails: false, vaultDown: false,
            group: .singletonMultiThreadedEventLoopGroup)
        guard let leaving = try? await rehearsal.leaving(decided) else { return }
        for index in about {
            let breach =
                invariants[index].property == .recipientsKept
                ? Self.lost(decided, leaving) : Self.exposed(decided, leaving)
            if let breach { broken[index].append("\(breach), by \(what)") }
        }
    }

    private static func breach(of property: Invariant.Property, _ decision: Decision) -> String? {
        switch property {
        case .protected: decision.outcome == .pass ? "leaves in clear" : nil
        case .stays: decision.outcome.goes ? "leaves (\(decision.verdict))" : nil
        case .notByLink: decision.method == "link" ? "goes behind a link" : nil
        case .subjectHidden: decision.outcome.isSeal && !decision.hidesSubject ? "leaves with its subject" : nil
        case .recipientsKept, .bccHidden: nil
        }
    }

    private static func lost(_ decided: DecidedMessage, _ leaving: [Rehearsal.Leaving]) -> String? {
        for decision in decided.decisions {
            let times = leaving.count { $0.isForRecipients && $0.recipients.contains(decision.recipient) }
            if times != 1 { return "\(decision.recipient): gets it \(times) times" }
        }
        return nil
    }

    private static func exposed(_ decided: DecidedMessage, _ leaving: [Rehearsal.Leaving]) -> String? {
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
