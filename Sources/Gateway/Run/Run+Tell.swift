// What the sender is told of a message that has gone. Receipts that rules ask for: one mail about all recipients for
// which the next hop has taken the message, said once, and only when it is true. And that a password in the message was
// not needed.

import Delivery
import MIME
import Mail
import POSIX
import Policy
import Sealing
import SettingValues
import Vault

extension Run {
    /// Sends the receipts that are due. Where that fails, the message is put off: the ledger knows who has it, and the
    /// retry sends the receipt.
    ///
    /// The ledger is told after the next hop has taken the receipt; where a crash or a failing disk comes in between,
    /// the sender is told twice, never not at all.
    /// - Throws: a ``Refusal`` for the whole message, unless each recipient has a reply of its own: then these
    ///   recipients are put off.
    mutating func giveReceipts() async throws(Refusal) {
        let due = receiptsDue
        guard !due.isEmpty else { return }
        do throws(Refusal) {
            let (sealer, plan, received) = (path.sealer, plan, received)
            let receipt = try await within(deadline) { () async throws(Refusal) in
                try await sealer.receipt(due, of: plan, nowSeconds: received.receivedAtSeconds)
            }
            try await path.relay.deliver(notice: receipt, deadline: deadline)
            Failpoint.reach("receipt.accepted")
            try? await path.ledger.record(
                sender: received.envelope.sender, recipients: [], copied: [], receipted: due, refused: [:],
                fingerprint: try fingerprint.make())
        } catch {
            let refusal = Refusal(
                .nextHopDeferred(code: 451, enhanced: "4.3.0"), "a delivery receipt could not be sent",
                detail: "sending a delivery receipt: \(error.description)")
            guard coherence == .perRecipient else { throw refusal }
            for recipient in due { fates[recipient] = .deferred(refusal) }
        }
    }

    private var receiptsDue: [Mailbox] {
        var due: [Mailbox] = []
        for decision in plan.decisions where decision.effects.receipt && !due.contains(decision.recipient) {
            guard fates[decision.recipient] == .delivered,
                !known.receipted.contains(decision.recipient.folded)
            else { continue }
            due.append(decision.recipient)
        }
        return due
    }

    /// Tells the sender for which recipients the password or number in the message was not needed: those that this try
    /// has served. It is a piece of news, no part of the message: where it cannot be sent, nothing is put off.
    func tellUnused() async {
        guard path.links.offer?.settings.notices.sent != false, let sender = received.envelope.sender,
            !path.terms.unattended.contains(sender)
        else { return }
        var recipients: [Mailbox] = []
        for decision in plan.decisions where decision.isMarkUnused && !recipients.contains(decision.recipient) {
            guard fates[decision.recipient] == .delivered, !known.settled.contains(decision.recipient.folded) else {
                continue
            }
            recipients.append(decision.recipient)
        }
        guard !recipients.isEmpty else { return }
        let (sealer, plan, unused, now) = (path.sealer, plan, recipients, received.receivedAtSeconds)
        do throws(Refusal) {
            let notice = try await within(deadline) { () async throws(Refusal) in
                try await sealer.unusedMark(unused, of: plan, nowSeconds: now)
            }
            try await path.relay.deliver(notice: notice, deadline: deadline)
        } catch {
            return
        }
    }
}
