// What the sender is told of a message that has gone. Receipts that rules ask for: one mail about everybody whom the next hop
// has taken the message for, said once, and only when it is true. And that a password in his message was not needed.

import Delivery
import MIME
import Mail
import Policy
import Sealing
import Vault

extension MessagePath {
    /// Sends the receipts that are due. Where that fails, the message is put off: the ledger knows who has it, and the retry
    /// sends the receipt.
    ///
    /// The ledger is told after the next hop has taken the receipt; where a crash or a failing disk comes in between, the
    /// sender is told twice, never not at all.
    /// - Throws: a ``Refusal`` for the whole message, unless everybody has an answer of his own (`apart`): then these
    ///   recipients are put off.
    func giveReceipts(
        _ decided: DecidedMessage, _ known: RememberedMessage, _ print: LazyFingerprint,
        _ deadline: ContinuousClock.Instant, _ coherence: Coherence, _ progress: inout Progress
    ) async throws(Refusal) {
        var due: [Mailbox] = []
        for decision in decided.decisions where decision.effects.receipt && !due.contains(decision.recipient) {
            guard progress.results[decision.recipient] == .delivered,
                !known.delivered.contains(LedgerMark.receipt(for: decision.recipient).folded)
            else { continue }
            due.append(decision.recipient)
        }
        guard !due.isEmpty else { return }
        let received = decided.parsed.received
        let recipients = due
        do throws(Refusal) {
            let receipt = try await within(deadline) { [sealer] () async throws(Refusal) in
                try await sealer.receipt(recipients, of: decided, nowSeconds: received.receivedAtSeconds)
            }
            try await relay.deliver(notice: receipt, deadline: deadline)
            Failpoint.reach("receipt.accepted")
            try? await ledger.record(
                sender: received.envelope.sender, recipients: recipients.map(LedgerMark.receipt),
                fingerprint: try print.make())
        } catch {
            let refusal = Refusal(
                .nextHopDeferred(code: 451, enhanced: "4.3.0"), "a delivery receipt could not be sent",
                detail: "sending a delivery receipt: \(error.description)")
            guard coherence == .perRecipient else { throw refusal }
            for recipient in recipients { progress.results[recipient] = .deferred(refusal) }
        }
    }

    /// Tells the sender for whom the password or number in his message was not needed: those who have been served by this try.
    /// It is a piece of news, no part of the message: where it cannot be sent, nothing is put off.
    func tellUnused(
        _ decided: DecidedMessage, _ known: RememberedMessage, _ deadline: ContinuousClock.Instant, _ progress: Progress
    ) async {
        guard links?.tellsSent != false, let sender = decided.parsed.received.envelope.sender,
            !unattended.contains(sender)
        else { return }
        var recipients: [Mailbox] = []
        for decision in decided.decisions where decision.isMarkUnused && !recipients.contains(decision.recipient) {
            guard progress.results[decision.recipient] == .delivered,
                !known.settled.contains(decision.recipient.folded)
            else { continue }
            recipients.append(decision.recipient)
        }
        guard !recipients.isEmpty else { return }
        let unused = recipients
        do throws(Refusal) {
            let notice = try await within(deadline) { [sealer] () async throws(Refusal) in
                try await sealer.unusedMark(
                    unused, of: decided, nowSeconds: decided.parsed.received.receivedAtSeconds)
            }
            try await relay.deliver(notice: notice, deadline: deadline)
        } catch {
            return
        }
    }
}
