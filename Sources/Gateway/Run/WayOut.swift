// Where what leaves goes to. The relay, but in the dry run of the policy harness.

package import Delivery
package import Mail
package import Sealing
package import Texting
package import Vault

/// Takes what leaves. What each call does and throws is said at ``Delivery/Relay``.
package protocol WayOut: Sendable {
    /// Sends every transmission, and says what has become of each recipient.
    func deliver(
        _ outbound: OutboundMessage, _ coherence: Coherence,
        fingerprint: @Sendable () throws(Refusal) -> MessageFingerprint, deadline: ContinuousClock.Instant,
        texts: (any TextSender)?
    ) async throws(Refusal) -> [Mailbox: Fate]

    /// Sends a non-delivery report, and remembers that it has gone.
    func deliver(
        report: OutboundMessage, about recipients: [Mailbox], sender: Mailbox?, fingerprint: MessageFingerprint,
        deadline: ContinuousClock.Instant
    ) async throws(Refusal)

    /// Sends one mail of our own.
    func deliver(notice: OutboundMessage, deadline: ContinuousClock.Instant) async throws(Refusal)
}

extension Relay: WayOut {}

/// No text messages: rules that would need them do not load.
struct NoTexts: TextSender {
    func send(_ message: TextMessage, deadline: ContinuousClock.Instant) async throws(Refusal) {
        throw Refusal(
            .internalError, "temporary fault while sending a password",
            detail: "a text message was planned without a hook being set up")
    }
}
