// The way out of the quarantine: the same sealing, keeping and delivering as for mail that has just come, under a fingerprint
// of its own, because the message's own may still be remembered as held.

import Delivery
import MIME
import Mail
import Policy
import Sealing
import Vault

extension MessagePath {
    /// Seals what the plan says and hands it to the next hop; everybody's fate is his own. Who has been served by an earlier
    /// release that was cut off is not served again.
    /// - Parameters:
    ///   - decided: by ``decide(_:released:)`` with `released`.
    ///   - print: of this release.
    ///   - progress: is told what becomes of whom.
    /// - Throws: a ``Refusal`` where nothing could be tried; then nobody has been served who was not before.
    func release(
        _ decided: DecidedMessage, _ print: LazyFingerprint, deadline: ContinuousClock.Instant,
        _ progress: inout Progress
    ) async throws(Refusal) {
        let known = try await remembered(of: decided, print)
        _ = progress.begin(decided, known)
        let sealed = try await seal(decided, known, .afterFirstAcceptance, deadline, &progress)
        try await remember(decided, sealed)
        var outbound = try await keep(sealed, .afterFirstAcceptance, &progress)
        if decided.parsed.received.origin.isAnswer { outbound = outbound.fromNobody() }
        guard !outbound.transmissions.isEmpty else { return }
        let results = try await relay.deliver(
            outbound, .afterFirstAcceptance, fingerprint: print.make, deadline: deadline, texts: texts)
        progress.results.merge(results) { $1 }
        Failpoint.reach("quarantine.delivered")
        await tellUnused(decided, known, deadline, progress)
    }
}
