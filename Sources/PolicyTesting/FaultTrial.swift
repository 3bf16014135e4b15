// What must hold of every fault case, whatever else it expects: what the policy protects when all is well is refused or
// put off when something is broken, and nothing of it would leave in clear.

import Gateway
import Mail
import NIOPosix
import Policy

/// One case with something broken.
struct FaultTrial {
    private let prepared: PreparedCases.Prepared
    private let rules: Ruleset

    init(_ prepared: PreparedCases.Prepared, _ rules: Ruleset) {
        self.prepared = prepared
        self.rules = rules
    }

    /// Sentences: what did not hold.
    func failures() async -> [String] {
        var well = prepared.item
        well.faults = []
        let fine = PreparedCases.Prepared(item: well, parsed: prepared.parsed, ruleset: prepared.ruleset, looked: prepared.looked)
        guard let planned = fine.decided(rules), let broken = prepared.decided(rules) else {
            return ["the message could not be read"]
        }
        let protected = planned.decisions.filter { $0.outcome.isSeal }.map(\.recipient)
        guard !protected.isEmpty || prepared.item.faults == [.extractorCrashes] else {
            return ["nobody is protected when all is well, so nothing can be learnt from a fault"]
        }
        var failures: [String] = []
        for (before, after) in zip(planned.decisions, broken.decisions) where before.outcome.rank > after.outcome.rank {
            failures.append("\(before.recipient): \(before.verdict) becomes \(after.verdict) by the fault")
        }
        guard !prepared.item.faults.isDisjoint(with: [.gpgFails, .vaultDown]) else {
            if prepared.item.faults.contains(.keysUnreadable) {
                failures += broken.decisions.filter { protected.contains($0.recipient) && $0.outcome.goes }.map {
                    "\($0.recipient): expected refuse or tempfail, got \($0.verdict)"
                }
            }
            return failures
        }
        return failures + (await walk(broken, protected))
    }

    /// Through the gateway's own path, to the moment before the next hop.
    private func walk(_ broken: DecidedMessage, _ protected: [Mailbox]) async -> [String] {
        let rehearsal = Rehearsal(
            rules: rules, gpgFails: prepared.item.faults.contains(.gpgFails),
            vaultDown: prepared.item.faults.contains(.vaultDown), group: .singletonMultiThreadedEventLoopGroup)
        do throws(Refusal) {
            let leaving = try await rehearsal.leaving(broken)
            return leaving.flatMap { one in
                one.recipients.filter(protected.contains).map {
                    "\($0): would have left \(one.isClear ? "in clear" : "sealed"), though "
                        + prepared.item.faults.map(\.rawValue).sorted().joined(separator: ", ")
                }
            }
        } catch {
            return []
        }
    }
}

extension Decision.Outcome {
    /// How safe it is: what passes in clear is least.
    var rank: Int {
        switch self {
        case .pass: 0
        case .passAlreadySealed, .seal: 1
        case .quarantine, .refuse: 2
        }
    }
}
