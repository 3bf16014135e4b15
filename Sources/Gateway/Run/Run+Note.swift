// What is remembered of a protected message before it leaves, so that what answers it is protected, too. Notes it in
// the gateway's database.

import Delivery
import MIME
import Mail
import Policy
import Sealing
import Vault

extension Run {
    /// Remembers a message to which `protect: required` applies for a recipient that gets it, and the mails that tell
    /// readers of it, which they may answer instead. Every answer from behind a link is remembered.
    ///
    /// A message that comes to nothing after all is remembered in vain, which makes nothing weaker.
    /// - Throws: a ``Refusal`` of cause `storage` where a rule asks for it: what came back would be answered in clear.
    func noteProtected() async throws(Refusal) {
        guard errand.isAnswer || plan.decisions.contains(where: \.isProtected) else { return }
        var names = NamedMessages(plan.parsed.root.header).own
        for transmission in outbound.transmissions {
            guard case .notification = transmission.role,
                let root = try? readStructure(transmission.content, limits: path.judge.limits)
            else { continue }
            names += NamedMessages(root.header).own
        }
        do throws(Refusal) {
            try await path.ledger.rememberProtected(names, nowSeconds: received.receivedAtSeconds)
        } catch {
            // Where no rule asks, a database that fails is no reason to hold anything up.
            guard !path.judge.rules.asksConversation else { throw error }
        }
    }
}
