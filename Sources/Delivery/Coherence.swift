// How far the recipients of one message share one fate. A value.

/// How much of a message hangs together in a delivery.
package enum Coherence: Sendable, Equatable {
    /// All or nothing, until the next hop has accepted a first part; from then on each recipient has a fate of its own
    /// (SMTP).
    case wholeMessage
    /// A part of the message was accepted before: each recipient has a fate of its own from the start (SMTP).
    case afterFirstAcceptance
    /// Each recipient has a reply of its own (LMTP).
    case perRecipient

    /// True while the whole message can still be refused.
    package var isWhole: Bool { self == .wholeMessage }

    /// A first part has been accepted, or is held: the message can no longer be refused as a whole.
    package mutating func loosen() {
        if self == .wholeMessage { self = .afterFirstAcceptance }
    }
}
