// What has become of one recipient of a message. Values only.

/// The fate of one recipient.
package enum Fate: Sendable, Equatable {
    /// The next hop has the message for this recipient: it said 250 now, or in an earlier try as the ledger tells.
    case delivered
    /// The recipient will not get it: refused for good.
    case refused(Refusal)
    /// The recipient will not get it, and a report in an earlier try has told the sender.
    case reported
    /// The quarantine has the message for this recipient, committed now or in an earlier try.
    case held
    /// Not now: refused for the time being, or not known.
    case deferred(Refusal)

    /// As a refusal makes it: for good or for the time being.
    package init(_ refusal: Refusal) {
        self = refusal.isPermanent ? .refused(refusal) : .deferred(refusal)
    }

    /// Why not, where it is not ``delivered``.
    package var refusal: Refusal? {
        switch self {
        case .delivered, .reported, .held: nil
        case .refused(let refusal), .deferred(let refusal): refusal
        }
    }

    /// True where the message cannot be refused for this recipient any more.
    package var isOut: Bool {
        switch self {
        case .delivered, .reported, .held: true
        case .refused, .deferred: false
        }
    }

    /// `delivered`, `refused`, `reported`, `held`, `deferred`: for the log.
    package var word: String {
        switch self {
        case .delivered: "delivered"
        case .refused: "refused"
        case .reported: "reported"
        case .held: "held"
        case .deferred: "deferred"
        }
    }
}
