// What is different where an MTA will send a message on itself: edits instead of a delivery.
//
// An MTA has one body for all recipients of a message. Where they need several, the message is put off, unless the
// listener may split it: then the largest group stays with the MTA, and the others are handed to the next hop before
// the MTA is told to take them out. What was handed on stands in the ledger until the MTA has our last word, so that a
// retry after a failure in between does not send it twice.

import Delivery
import Mail
import Milter
import Policy
import Sealing
import Vault

/// What a milter's MTA sends on itself.
struct EntrustedPart: Sendable {
    /// What the MTA is told; nothing stays with it unless an edit says so.
    var verdict = MilterVerdict.discard
    /// Recipients that stay in its transaction.
    var recipients: [Mailbox] = []
}

extension Run {
    /// Where the listener may not split, the plan must have one form for all.
    func requireOneForm() throws(Refusal) {
        guard plan.needsSplit(without: known.settled, copied: known.copied) else { return }
        throw Refusal(
            .splitNeeded,
            "this message cannot have the same form for all its recipients: send it to each of them separately",
            detail: "a milter has one body for all, and this message needs several; the listener says `split: no`")
    }

    /// Takes the MTA's part out of what we send. Made before anything is handed on: from there on nothing of ours can
    /// fail. Held recipients are taken out of the MTA's transaction by the edits, or all of it is discarded.
    mutating func edit() throws(Refusal) {
        guard let index = outbound.placeForMilter else { return }
        let form = path.sealer.milterForm(of: outbound.transmissions[index], made: received)
        entrusted = EntrustedPart(
            verdict: .accept(try MilterEdits.make(plan.original, into: form)), recipients: form.recipients)
        outbound = outbound.without(index)
    }

    /// A single transmission is not remembered by the relay; here the message is not at its end yet. As there, a
    /// failing disk does not stop it: putting the message off now would send it twice for certain.
    func recordHandedOver(_ results: [Mailbox: Fate]) async throws(Refusal) {
        guard case .milter = errand.origin, errand.released == nil, outbound.transmissions.count == 1 else { return }
        let delivered = results.filter { $0.value == .delivered }.map(\.key)
        try? await path.ledger.record(
            sender: received.envelope.sender, recipients: delivered, fingerprint: try fingerprint.make())
    }

    /// Only what the next hop has taken from us is told before: what the MTA keeps was not delivered then.
    mutating func entrust() {
        for recipient in entrusted.recipients { fates[recipient] = .delivered }
    }
}
