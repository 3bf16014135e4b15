// One walk of one decided message: what it has, and what has become of it so far. Each step is an extension in a file
// of its own. A value.

import Delivery
import MIME
package import Mail
package import Policy
import Sealing
import Vault

/// A message under way.
package struct Run: Sendable {
    let path: MessagePath
    /// What is to happen to each recipient.
    package let plan: DecidedMessage
    let errand: Errand
    /// When the reply must be ready.
    let deadline: ContinuousClock.Instant
    let fingerprint: LazyFingerprint
    /// What earlier tries have left.
    var known = RememberedMessage()
    var coherence: Coherence
    /// What is to leave.
    var outbound = OutboundMessage.nothing
    /// The fate of each recipient.
    package var fates = Fates()
    /// How long the steps took.
    package var times: StepTimes
    /// What a milter's MTA sends on itself.
    var entrusted = EntrustedPart()
    /// Why the message is not taken; nil: it is (250), or each recipient has a fate of its own.
    package private(set) var refusal: Refusal?

    init(
        _ path: MessagePath, _ plan: DecidedMessage, _ errand: Errand, deadline: ContinuousClock.Instant,
        times: StepTimes
    ) {
        self.path = path
        self.plan = plan
        self.errand = errand
        self.deadline = deadline
        self.times = times
        fingerprint = LazyFingerprint(plan.parsed, errand, path.ledger)
        coherence = errand.coherence(isPartlyOut: false)
    }

    /// The message as it is judged: without what its sender wrote for us alone.
    var received: ReceivedMessage { plan.parsed.received }

    /// Takes one step.
    /// - Throws: the ``Refusal`` that ends the walk.
    mutating func take(_ step: Step) async throws(Refusal) {
        switch step {
        case .check: try check()
        case .recall: try await recall()
        case .refuse: try refuse()
        case .oneForm: try requireOneForm()
        case .seal: try await seal()
        case .note: try await noteProtected()
        case .edit: try edit()
        case .hold: try await hold()
        case .keep: try await keep()
        case .send: try await send()
        case .receipts: try await giveReceipts()
        case .entrust: entrust()
        case .unused: await tellUnused()
        case .conclude: try await conclude()
        }
    }

    /// A step has refused the message.
    mutating func end(with refusal: Refusal) async {
        self.refusal = refusal
        if errand.repliesToSender, refusal.isPermanent, !known.refused.isEmpty { await forgetting() }
    }
}
