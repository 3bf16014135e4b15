// Before anything is done: what earlier tries have left, and what is refused while the message is still whole.

import Delivery
import Mail
import Policy
import Sealing
import Vault

extension Run {
    /// An answer quotes what came sealed: outside, it goes sealed or not at all.
    func check() throws(Refusal) {
        guard let inside = path.links.offer?.answers.inside,
            plan.decisions.allSatisfy({ $0.mayGoAsAnswer(inside: inside) })
        else { throw .unsealedAnswer }
    }

    /// What earlier tries of the errand have left; costs nothing while the ledger is empty.
    mutating func recall() async throws(Refusal) {
        guard !path.ledger.isEmpty else { return }
        let made = try fingerprint.make()
        let sender = received.envelope.sender
        let returnPath = errand.returnPath(received.envelope)
        known = try await path.ledger.remembered(sender: returnPath, fingerprint: made)
        if returnPath != sender {
            // Deliveries of an answer stand under nobody, what is held stands under the reader.
            known.held.formUnion(try await path.ledger.remembered(sender: sender, fingerprint: made).held)
        }
        coherence = errand.coherence(isPartlyOut: fates.recall(plan, known))
    }

    /// While the message is whole, a recipient that the plan refuses refuses it for all.
    func refuse() throws(Refusal) {
        if coherence.isWhole, let refusal = plan.refusal { throw refusal }
    }
}

extension Refusal {
    /// An answer from behind a link that would leave in clear.
    static let unsealedAnswer = Refusal(.policy, "an answer from behind a link goes outside sealed or not at all")
}

extension Decision {
    /// Outside, an answer goes sealed or not at all: it quotes what came sealed.
    func mayGoAsAnswer(inside: DomainList) -> Bool {
        guard !inside.contains(effects.redirect ?? recipient) else { return true }
        return !outcome.goes || outcome.isSeal
    }
}
