// What is known of the messages that a message names (In-Reply-To, References), as a value: the look-up has been made
// before the policy judges, so that judging is pure.

/// Whether a message belongs to a conversation that was protected.
package enum KnownConversation: Sendable, Equatable {
    /// It names no message, or none that is remembered as protected.
    case unprotected
    /// It names one that `protect: required` applied to, or that came from behind a link.
    case protected
    /// The look-up failed: nothing may be concluded, and the message is answered 451 where a rule asks.
    case unknown(reason: String)
    /// There was nobody to ask; counts as not protected.
    case notKnownHere
}
