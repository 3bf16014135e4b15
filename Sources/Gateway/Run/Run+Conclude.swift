// The one reply over SMTP, when everything has been tried: 250, a refusal, or 250 and a report to the sender.

import Delivery
import MIME
import Mail
import Policy
import Sealing

extension Run {
    /// Makes the fates of all recipients one reply (returning is 250):
    ///
    /// - a recipient is only put off: 4xx; the ledger keeps who has it and who is refused, the retry is for the others;
    /// - all are refused: the refusal itself, as nothing has been delivered;
    /// - some have it and the others are refused for good: 250, and a report about those whose failure the sender wants
    ///   to hear of. Where the next hop does not take the report, or it cannot be sealed: 451, and the retry sends the
    ///   report.
    ///
    /// A report is sent once: it is remembered before the reply is given.
    /// - Throws: the ``Refusal`` to reply with.
    mutating func conclude() async throws(Refusal) {
        let envelope = received.envelope
        var refused: [(recipient: Mailbox, refusal: Refusal)] = []
        var putOff: Refusal?
        var isPartlyOut = false
        for recipient in envelope.recipients {
            switch fates[recipient] {
            case .delivered?, .reported?, .held?: isPartlyOut = true
            case .refused(let refusal)?: refused.append((recipient, refusal))
            case .deferred(let refusal)?: putOff = putOff ?? refusal
            case nil: throw Fates.none(recipient)
            }
        }
        if let putOff { throw putOff }
        guard let first = refused.first else { return }
        guard isPartlyOut else { throw first.refusal }
        let wanted = refused.filter { envelope.wantsFailureReport(for: $0.recipient) }
        guard !wanted.isEmpty else { return }
        try await report(wanted.map { FailedRecipient($0.recipient, $0.refusal) }, about: wanted.map(\.recipient))
    }

    private mutating func report(_ failed: [FailedRecipient], about recipients: [Mailbox]) async throws(Refusal) {
        do throws(Refusal) {
            let (sealer, plan, received) = (path.sealer, plan, received)
            let report = try await within(deadline) { () async throws(Refusal) in
                try await sealer.report(failed, of: plan, nowSeconds: received.receivedAtSeconds)
            }
            try await path.relay.deliver(
                report: report, about: recipients, sender: received.envelope.sender,
                fingerprint: try fingerprint.make(), deadline: deadline)
            fates.reported = recipients
        } catch {
            throw Refusal(
                .nextHopDeferred(code: 451, enhanced: "4.3.0"), "a non-delivery report could not be sent",
                detail: "sending a non-delivery report: \(error.description)")
        }
    }
}
