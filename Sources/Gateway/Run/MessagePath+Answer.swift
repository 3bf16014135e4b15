// The way of an answer from behind a link: the same judging, sealing, holding and delivering as for mail that has just come,
// with nobody to send a bounce to, and under a fingerprint of its errand, so that each try is the same message.

import Delivery
import MIME
import Mail
import Policy
import Sealing
import Vault

extension MessagePath {
    /// Seals what the plan says and hands it to the next hop. Who has been served by an earlier try is not served again.
    /// - Parameters:
    ///   - decided: of a message whose origin ``Mail/ReceivedMessage/Origin/isAnswer``.
    ///   - progress: is told what becomes of whom.
    /// - Throws: the ``Refusal`` where nothing of it is out.
    func answer(
        _ decided: DecidedMessage, _ print: LazyFingerprint, deadline: ContinuousClock.Instant,
        _ progress: inout Progress
    ) async throws(Refusal) {
        let known = try await answered(decided, print)
        var coherence = progress.begin(decided, known)
        if coherence == .wholeMessage, let refusal = decided.refusal { throw refusal }
        let sealed = try await seal(decided, known, coherence, deadline, &progress)
        try await remember(decided, sealed)
        if try await hold(decided, print, coherence, deadline, &progress), coherence == .wholeMessage {
            coherence = .afterFirstAcceptance
        }
        let outbound = try await keep(sealed, coherence, &progress).fromNobody()
        guard !outbound.transmissions.isEmpty else { return }
        let results = try await relay.deliver(outbound, coherence, fingerprint: print.make, deadline: deadline)
        progress.results.merge(results) { $1 }
        Failpoint.reach("answer.delivered")
    }

    /// What earlier tries have left: deliveries stand under nobody, what is held under the reader.
    private func answered(_ decided: DecidedMessage, _ print: LazyFingerprint) async throws(Refusal)
        -> RememberedMessage
    {
        if ledger.isEmpty { return RememberedMessage() }
        let fingerprint = try print.make()
        var known = try await ledger.remembered(sender: nil, fingerprint: fingerprint)
        let held = try await ledger.remembered(
            sender: decided.parsed.received.envelope.sender, fingerprint: fingerprint)
        known.held.formUnion(held.held)
        return known
    }

    /// Forgets an answer that is done with. A row that cannot be forgotten now goes after seven days.
    func forgetAnswer(_ received: ReceivedMessage, _ print: LazyFingerprint) async {
        guard !ledger.isEmpty, let fingerprint = try? print.make() else { return }
        let recipients = received.envelope.recipients
        for sender in [nil, received.envelope.sender] {
            try? await ledger.forget(sender: sender, recipients: recipients, fingerprint: fingerprint)
        }
    }
}
