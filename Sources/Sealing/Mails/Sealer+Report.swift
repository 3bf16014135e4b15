// Makes a non-delivery report or a receipt fit to leave: sealed for the sender where there is a usable key, and checked
// like any seal. Fails closed: what cannot be sealed is not sent.

import MIME
package import Mail
import OpenPGP
package import Policy
import SettingValues
import Wording

extension Sealer {
    /// The non-delivery report about some recipients of a message: to its sender, with the null sender, sealed where
    /// that has a usable key. It asks for REQUIRETLS where the message did (RFC 8689 section 5).
    /// - Parameters:
    ///   - failed: never empty.
    ///   - nowSeconds: its date.
    /// - Throws: a ``Refusal`` of cause `engine` or `sealCheck` where it cannot be sealed, `undecided` where it is not
    ///   known whether it must be, `internalError` for a null sender.
    package func report(
        _ failed: [FailedRecipient], of decided: DecidedMessage, nowSeconds: Int64
    ) async throws(Refusal) -> OutboundMessage {
        try await notice(about: decided, nowSeconds) { (language) throws(Refusal) in
            try FailureReport(
                failed: failed, decided: decided, hostname: settings.hostname, language: language,
                zone: settings.timeZone
            ).mail()
        }
    }

    /// The receipt for some recipients of a message whom the next hop has taken it for: to its sender, as a report is.
    /// - Parameter recipients: never empty.
    /// - Throws: as ``report(_:of:nowSeconds:)``.
    package func receipt(
        _ recipients: [Mailbox], of decided: DecidedMessage, nowSeconds: Int64
    ) async throws(Refusal) -> OutboundMessage {
        try await notice(about: decided, nowSeconds) { (language) throws(Refusal) in
            ReceiptMail(
                recipients: recipients, decided: decided, hostname: settings.hostname, language: language,
                zone: settings.timeZone
            ).mail
        }
    }

    /// The mail about recipients for whom the password or number in a message was not needed: to its sender, as a
    /// report is.
    /// - Parameter recipients: never empty.
    /// - Throws: as ``report(_:of:nowSeconds:)``.
    package func unusedMark(
        _ recipients: [Mailbox], of decided: DecidedMessage, nowSeconds: Int64
    ) async throws(Refusal) -> OutboundMessage {
        try await notice(about: decided, nowSeconds) { (language) throws(Refusal) in
            UnusedMarkMail(
                recipients: recipients, decided: decided, language: language, zone: settings.timeZone
            ).mail
        }
    }

    /// A mail of ours to the sender of a message.
    private func notice(
        about decided: DecidedMessage, _ nowSeconds: Int64,
        _ write: (Language) throws(Refusal) -> OwnMail
    ) async throws(Refusal) -> OutboundMessage {
        let received = decided.parsed.received
        guard let sender = received.envelope.sender else {
            throw Refusal(.internalError, "internal error", detail: "a report without a sender to go to")
        }
        let head = try OwnMailHead.ofMailSystem(to: sender, hostname: settings.hostname, dateSeconds: nowSeconds)
        let clear = try write(settings.links?.languages.language(for: sender) ?? .en).message(head)
        return try await ownMail(
            clear, to: sender, decided.known[sender], requiresTLS: received.envelope.requiresTLS, nowSeconds)
    }

    /// A mail of our own on its way, with the null sender: sealed where who it goes to has a usable key.
    /// - Parameter status: what is known of the sender's keys.
    /// - Throws: a ``Refusal`` of cause `engine` or `sealCheck` where it cannot be sealed, `undecided` where it is not
    ///   known whether it must be.
    func ownMail(
        _ clear: MessageBytes, to recipient: Mailbox, _ status: KnownKeys.Status, requiresTLS: Bool = false,
        _ nowSeconds: Int64
    ) async throws(Refusal) -> OutboundMessage {
        let content: MessageBytes
        switch status {
        case .usable(let certificates): content = try await sealed(clear, to: recipient, certificates, nowSeconds)
        case .none, .unusable: content = clear
        case .unknown(let reason):
            throw Refusal(
                .undecided, "the keys cannot be looked up at the moment",
                detail: "looking up the key of who a mail of our own goes to: \(reason)")
        }
        return OutboundMessage(
            sender: nil,
            transmissions: [
                OutboundMessage.Transmission(
                    role: .report, sender: nil, recipients: [recipient], pieces: [content],
                    options: .notice(to: recipient, requiresTLS: requiresTLS))
            ])
    }

    private func sealed(
        _ clear: MessageBytes, to sender: Mailbox, _ certificates: [Certificate], _ nowSeconds: Int64
    ) async throws(Refusal) -> MessageBytes {
        let message = ReceivedMessage(
            envelope: Envelope(sender: nil, recipients: [sender]), bytes: clear, origin: .init(id: "report"),
            receivedAtSeconds: nowSeconds)
        let group = RecipientGroup(
            kind: .pgp(certificates), recipients: [sender], hidesSubject: false, rewrittenSubject: nil)
        return try await pgp(try read(message, limits: settings.limits), group, certificates, settings.spool)
    }
}
