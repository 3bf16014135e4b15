// Holding messages back for an officer: the quarantine as the message path uses it.

import Delivery
import Foundation
import MIME
import Mail
import OpenPGP
import POSIX
import Policy
import Sealing
import SettingValues
import Vault

extension Run {
    /// Commits the message for those recipients that the plan holds back, before anything is sent: from then on the
    /// message is partly out. A recipient that an earlier try has held is not held again.
    /// - Throws: where the message hangs together still: then nothing is held. Where each recipient has a fate of its
    ///   own, those that cannot be held are put off.
    mutating func hold() async throws(Refusal) {
        let held = plan.decisions.filter { decision in
            guard case .quarantine = decision.outcome else { return false }
            return fates[decision.recipient] == nil
        }
        guard !held.isEmpty else { return }
        do throws(Refusal) {
            let run = self
            try await within(deadline) { () async throws(Refusal) in try await run.commit(held) }
            Failpoint.reach("quarantine.committed")
            for decision in held { fates[decision.recipient] = .held }
            coherence = errand.coherence(isPartlyOut: true)
        } catch {
            guard !coherence.isWhole else { throw error }
            for decision in held { fates[decision.recipient] = Fate(error) }
        }
    }

    private func commit(_ held: [Decision]) async throws(Refusal) {
        guard case .officer(let officer) = path.quarantine else {
            // unreachable: rules that hold messages do not load without it.
            throw Refusal(
                .internalError, "internal error", detail: "a message is to be held, and there is no quarantine")
        }
        // As it came, where a release, which plans anew, may need the password that its sender wrote into it.
        let received = plan.holdsWishes ? plan.original : received
        let sealed = try await path.sealer.quarantine(received, to: try await officer.key.certificate())
        Failpoint.reach("quarantine.sealed")
        let now = Int64(Date().timeIntervalSince1970)
        let recipients = held.map(\.recipient)
        let entry = QuarantineEntry(
            id: try QuarantineID.make(), sender: received.envelope.sender?.folded ?? "",
            recipients: held.map { decision in
                var reason = ""
                if case .quarantine(let text) = decision.outcome { reason = text }
                return .init(address: decision.recipient.description, rules: decision.rules, reason: reason)
            },
            circumstances: try HeldCircumstances(received, errand, recipients).json(), sealedTo: sealed.sealedTo,
            bytes: sealed.bytes, receivedAtSeconds: received.receivedAtSeconds, heldAtSeconds: now,
            expiresAtSeconds: now + Int64(officer.settings.keepSeconds))
        _ = try await path.ledger.hold(
            entry, sender: received.envelope.sender, recipients: recipients, fingerprint: try fingerprint.make(),
            content: sealed.sealed, notices: officer.notices(to: received.envelope.sender))
    }
}
