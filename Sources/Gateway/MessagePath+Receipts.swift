// Receipts that rules ask for: one mail to the sender about everybody whom the next hop has taken the message for. Said
// once, and only when it is true.

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
        _ decided: DecidedMessage, _ known: RememberedMessage, _ print: MessagePrint,
        _ deadline: ContinuousClock.Instant, _ manner: DeliveryManner, _ progress: inout Progress
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
            guard manner == .apart else { throw refusal }
            for recipient in recipients { progress.results[recipient] = .deferred(refusal) }
        }
    }
}
