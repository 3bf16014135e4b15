// The way of a message that an MTA will send on itself: the same steps, and at the end edits instead of a delivery.
//
// An MTA has one body for all recipients of a message. Where they need several, the message is put off, unless the
// listener may split it: then the largest group stays with the MTA, and the others are handed to the next hop before the
// MTA is told to take them out. What was handed on stands in the ledger until the MTA has our last word, so that a retry
// after a failure in between does not send it twice.

import Delivery
package import Listeners
package import Mail
import MIME
import Milter
package import Policy
import Sealing
import Vault

extension MessagePath {
    /// What a milter's MTA is to be told of a message.
    /// - Parameters:
    ///   - splits: true where a message that needs several bodies may be split.
    ///   - deadline: when the answer must be ready; what is under way then is aborted.
    ///   - progress: is told what becomes of whom, also where this throws.
    /// - Throws: the ``Refusal`` to answer with; the MTA's message is as it was. What had been handed on before stands in the
    ///   ledger.
    package func edit(
        _ decided: DecidedMessage, splits: Bool, deadline: ContinuousClock.Instant, _ progress: inout Progress
    ) async throws(Refusal) -> MilterAnswer {
        let print = LazyFingerprint(decided.parsed, ledger)
        let known = try await remembered(of: decided, print)
        _ = progress.begin(decided, known)
        if let refusal = decided.refusal { throw refusal }
        guard splits || !decided.needsSplit(without: known.settled) else {
            throw Refusal(
                .splitNeeded,
                "this message cannot have the same form for all its recipients: send it to each of them separately",
                detail: "a milter has one body for all, and this message needs several; the listener says `split: no`")
        }
        let sealed = try await seal(decided, known, .wholeMessage, deadline, &progress)
        Failpoint.reach("path.sealed")
        try await remember(decided, sealed)
        // Made before anything is handed on: from there on nothing of ours can fail.
        let place = sealed.placeForMilter
        let form = place.map { sealer.milterForm(of: sealed.transmissions[$0], made: decided.parsed.received) }
        var verdict = MilterVerdict.discard
        if let form { verdict = .accept(try MilterEdits.make(decided.original, into: form)) }
        // Who is held is taken out of the MTA's transaction by the edits, or all of it is discarded.
        _ = try await hold(decided, print, .wholeMessage, deadline, &progress)
        let others = place.map(sealed.without) ?? sealed
        if !others.transmissions.isEmpty { try await handOver(others, decided, print, deadline, &progress) }
        // Only what the next hop has taken from us is told: what the MTA keeps is not delivered yet.
        try await giveReceipts(decided, known, print, deadline, .afterFirstAcceptance, &progress)
        for recipient in form?.recipients ?? [] { progress.results[recipient] = .delivered }
        await tellUnused(decided, known, deadline, progress)
        try await conclude(decided, print, deadline, &progress)
        return MilterAnswer(verdict, answerWritten: forget(decided, print, progress))
    }

    /// Hands to the next hop what the MTA does not send itself.
    private func handOver(
        _ others: OutboundMessage, _ decided: DecidedMessage, _ print: LazyFingerprint,
        _ deadline: ContinuousClock.Instant, _ progress: inout Progress
    ) async throws(Refusal) {
        let outbound = try await keep(others, .wholeMessage, &progress)
        let results = try await relay.deliver(
            outbound, .wholeMessage, fingerprint: print.make, deadline: deadline, texts: texts)
        progress.results.merge(results) { $1 }
        progress.delivered()
        // A single transmission is not remembered by the relay; here the message is not at its end yet. As there, a
        // failing disk does not stop it: putting the message off now would send it twice for certain.
        guard outbound.transmissions.count == 1 else { return }
        let delivered = results.filter { $0.value == .delivered }.map(\.key)
        try? await ledger.record(
            sender: decided.parsed.received.envelope.sender, recipients: delivered, fingerprint: try print.make())
    }
}
