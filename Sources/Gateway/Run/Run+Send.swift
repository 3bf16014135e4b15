// The next hop takes what leaves, and what is to be forgotten once the reply is known. Network and ledger.

import Delivery
import Mail
import POSIX
import Sealing
import Vault

extension Run {
    /// Hands to the next hop what is to leave.
    /// - Throws: the ``Refusal`` of the hop where the message hangs together and nothing of it is out.
    mutating func send() async throws(Refusal) {
        if errand.isAnswer { outbound = outbound.fromNobody() }
        if !outbound.transmissions.isEmpty {
            let results = try await path.relay.deliver(
                outbound, coherence, fingerprint: fingerprint.make, deadline: deadline, texts: path.texts)
            fates.set(results)
            try await recordHandedOver(results)
            if errand.released != nil {
                Failpoint.reach("quarantine.delivered")
            } else if errand.isAnswer {
                Failpoint.reach("answer.delivered")
            }
        }
        times.delivered()
    }

    /// What is to be done once the errand's end has been told to whom it concerns: the ledger forgets what it kept for
    /// a retry. Recipients that were put off stay remembered; so do recipients of other transactions with the same
    /// message, which may still be under way. A row that cannot be forgotten now goes after seven days.
    package var forgetting: @Sendable () async -> Void {
        let isReplied = errand.released == nil && !errand.isAnswer
        guard let fingerprint = fingerprint.known else {
            return { if isReplied { Failpoint.reach("gateway.after-reply") } }
        }
        let envelope = received.envelope
        let recipients = forgotten(of: envelope)
        var senders = [errand.returnPath(envelope)]
        if errand.isAnswer, errand.released == nil { senders.append(envelope.sender) }
        return { [ledger = path.ledger, senders] in
            if isReplied { Failpoint.reach("gateway.after-reply") }
            for sender in senders {
                try? await ledger.forget(sender: sender, recipients: recipients, fingerprint: fingerprint)
            }
            if isReplied { Failpoint.reach("gateway.forgotten") }
        }
    }

    private func forgotten(of envelope: Envelope) -> [Mailbox] {
        // What was refused stays in the quarantine; the next release must know that the hop has refused it.
        guard errand.released == nil else { return envelope.recipients.filter { fates[$0] == .delivered } }
        return envelope.recipients.filter { recipient in
            if case .deferred = fates[recipient] { false } else { true }
        }
    }
}
