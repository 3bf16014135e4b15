// The one answer over SMTP, when everything has been tried: 250, a refusal, or 250 and a report to the sender.

import Delivery
import MIME
import Mail
import Policy
import Sealing

extension MessagePath {
    /// Makes the fates of all recipients one answer (returning is 250):
    ///
    /// - somebody is only put off: 4xx; the ledger keeps who has it and who is refused, the retry is for the others;
    /// - everybody is refused: the refusal itself, as nothing has been delivered;
    /// - some have it and the others are refused for good: 250, and a report about those whose failure the sender wants to
    ///   hear of. Where the next hop does not take the report, or it cannot be sealed: 451, and the retry sends the report.
    ///
    /// A report is sent once: it is remembered before the answer is given.
    /// - Throws: the ``Refusal`` to answer with.
    func conclude(
        _ decided: DecidedMessage, _ print: LazyFingerprint, _ deadline: ContinuousClock.Instant,
        _ progress: inout Progress
    ) async throws(Refusal) {
        let received = decided.parsed.received
        var refused: [(recipient: Mailbox, refusal: Refusal)] = []
        var putOff: Refusal?
        var isPartlyOut = false
        for recipient in received.envelope.recipients {
            switch progress.results[recipient] {
            case .delivered?, .reported?, .held?: isPartlyOut = true
            case .refused(let refusal)?: refused.append((recipient, refusal))
            case .deferred(let refusal)?: putOff = putOff ?? refusal
            case nil:
                throw Refusal(.internalError, "internal error", detail: "nothing has become of <\(recipient)>")
            }
        }
        if let putOff { throw putOff }
        guard let first = refused.first else { return }
        guard isPartlyOut else { throw first.refusal }
        let wanted = refused.filter { received.envelope.wantsFailureReport(for: $0.recipient) }
        guard !wanted.isEmpty else { return }
        do throws(Refusal) {
            let failed = wanted.map { FailedRecipient($0.recipient, $0.refusal) }
            let report = try await within(deadline) { [sealer] () async throws(Refusal) in
                try await sealer.report(failed, of: decided, nowSeconds: received.receivedAtSeconds)
            }
            try await relay.deliver(
                report: report, about: wanted.map(\.recipient), sender: received.envelope.sender,
                fingerprint: try print.make(), deadline: deadline)
            progress.reported = wanted.map(\.recipient)
        } catch {
            throw Refusal(
                .nextHopDeferred(code: 451, enhanced: "4.3.0"), "a non-delivery report could not be sent",
                detail: "sending a non-delivery report: \(error.description)")
        }
    }
}
