// What must hold of every fault case, whatever else it expects: what the policy protects when all is well leaves sealed
// then (the control run), and is refused or put off when something is broken. Nothing of it would leave in clear.

import Gateway
import MIME
import Mail
import Policy

/// One case with something broken.
struct FaultTrial {
    private let prepared: PreparedCases.Prepared
    private let rules: Ruleset

    init(_ prepared: PreparedCases.Prepared, _ rules: Ruleset) {
        self.prepared = prepared
        self.rules = rules
    }

    private var faults: Set<PolicyCase.Fault> { prepared.item.faults }

    /// Sentences: what did not hold.
    func failures() async -> [String] {
        guard let planned = prepared.without(faults).decided(rules), let broken = prepared.decided(rules) else {
            return ["the message could not be read"]
        }
        let protected = planned.decisions.filter { $0.outcome.isSeal }.map(\.recipient)
        guard !protected.isEmpty || faults == [.extractorCrashes] else {
            return ["nobody is protected when all is well, so nothing can be learnt from a fault"]
        }
        var failures: [String] = []
        for (before, after) in zip(planned.decisions, broken.decisions) where before.outcome.rank > after.outcome.rank {
            failures.append("\(before.recipient): \(before.verdict) becomes \(after.verdict) by the fault")
        }
        if faults.contains(.keysUnreadable) {
            failures += broken.decisions.filter { protected.contains($0.recipient) && $0.outcome.goes }.map {
                "\($0.recipient): expected refuse or tempfail, got \($0.verdict)"
            }
        } else if !faults.isDisjoint(with: [.gpgFails, .vaultDown]) {
            failures += await walk(protected)
        }
        return failures
    }

    /// Through the gateway's own path, to the moment before the next hop; first with all well, then with the fault.
    private func walk(_ protected: [Mailbox]) async -> [String] {
        let stage: DryRun
        do throws(Refusal) { stage = try DryRun() } catch {
            return ["the gateway's path could not be set up: \(error.detail)"]
        }
        var failures: [String]
        do throws(Refusal) {
            guard let decided = await prepared.without([.gpgFails, .vaultDown]).decided(rules, on: stage) else {
                return ["the message could not be read"]
            }
            let control = try await stage.leaving(decided, rules: rules)
            failures = protected.filter { mailbox in
                !control.contains { $0.isForRecipients && !$0.isClear && $0.recipients.contains(mailbox) }
            }.map { "\($0): does not leave sealed when all is well" }
            failures += await leaks(decided, stage, protected)
        } catch {
            failures = ["the control run, with nothing broken, was refused: \(error.detail)"]
        }
        await stage.close()
        return failures
    }

    private func leaks(_ decided: DecidedMessage, _ stage: DryRun, _ protected: [Mailbox]) async -> [String] {
        do throws(Refusal) {
            let leaving = try await stage.leaving(
                decided, rules: rules, gpgFails: faults.contains(.gpgFails), vaultDown: faults.contains(.vaultDown))
            let words = faults.map(\.rawValue).sorted().joined(separator: ", ")
            return leaving.filter(\.isForRecipients).flatMap { one in
                one.recipients.filter(protected.contains).map {
                    "\($0): would have left \(one.isClear ? "in clear" : "sealed"), though \(words)"
                }
            }
        } catch {
            return []
        }
    }
}

extension PreparedCases.Prepared {
    /// The same without some faults.
    func without(_ faults: Set<PolicyCase.Fault>) -> PreparedCases.Prepared {
        var well = item
        well.faults.subtract(faults)
        return PreparedCases.Prepared(item: well, parsed: parsed, ruleset: ruleset, looked: looked)
    }

    /// The plan with keys that gpg can use in place of those that the case makes up.
    func decided(_ rules: Ruleset, on stage: DryRun) async -> DecidedMessage? {
        guard let parsed else { return nil }
        let real = await stage.known(item.keys)
        let made = item.known
        var statuses: [String: KnownKeys.Status] = [:]
        for mailbox in item.recipients + item.keys { statuses[mailbox.folded] = made[mailbox] }
        for mailbox in item.keys { statuses[mailbox.folded] = real[mailbox] }
        return decide(
            parsed, known: KnownKeys(statuses), rules: rules, nowSeconds: item.nowSeconds, extracted: extracted,
            contacts: item.contacts, conversation: item.conversation)
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
