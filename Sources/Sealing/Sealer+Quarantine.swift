// What the quarantine keeps, and the mails that tell of it. The message is sealed whole, as it came, to the quarantine's
// key, whose secret half is not here; the seal is checked like any other. Fails closed: what cannot be sealed is not kept.

import MIME
package import Mail
import OpenPGP
import Packets
import SettingValues
import Wording

/// A message for the quarantine: only this module can make one, so nothing lies there in clear by mistake.
package struct QuarantinedMessage: Sendable {
    /// An armored OpenPGP message of the whole message as it came.
    package let sealed: MessageBytes
    /// Fingerprint of the certificate it is sealed to.
    package let sealedTo: String
    /// Size of the message as it came.
    package let bytes: Int

    init(sealed: MessageBytes, sealedTo: String, bytes: Int) {
        self.sealed = sealed
        self.sealedTo = sealedTo
        self.bytes = bytes
    }
}

extension Sealer {
    /// Seals a message whole, envelope apart.
    /// - Parameter certificate: the quarantine's.
    /// - Throws: a ``Refusal`` of cause `engine`, `sealCheck`, `storage` or `noRoom`.
    package func quarantine(
        _ received: ReceivedMessage, to certificate: Certificate
    ) async throws(Refusal) -> QuarantinedMessage {
        // Armored although nobody mails it: armor is what the engine can put into a sealed temporary file as it is made.
        let sealed = try await engine.encrypt(
            received.bytes, to: [certificate], armor: settings.spool.derived.shared())
        let message: EncryptedMessage
        do throws(PacketError) { message = try EncryptedMessage.parseArmored(sealed).message } catch {
            throw Self.off(error.description)
        }
        guard message.protection == .seipdV1, message.passwords == 0, message.recipients.count == 1,
            message.recipients.allSatisfy(certificate.encryptionKeyIDs.contains)
        else { throw Self.off("it is not sealed to the quarantine's key alone") }
        return QuarantinedMessage(
            sealed: sealed, sealedTo: certificate.fingerprint, bytes: received.bytes.count)
    }

    private static func off(_ what: String) -> Refusal {
        Refusal(.sealCheck, "temporary fault while protecting the message", detail: "seal check: \(what)")
    }

    /// A mail that tells of a held message, sealed where who it goes to has a usable key.
    /// - Parameters:
    ///   - recipient: the inside sender, or the officer.
    ///   - officer: who answers questions.
    ///   - known: what the key folder says of the recipient.
    /// - Throws: a ``Refusal`` of cause `engine` or `sealCheck` where it cannot be sealed, `undecided` where it is not known
    ///   whether it must be.
    package func notice(
        _ notice: HoldNotice, to recipient: Mailbox, officer: Mailbox, known: KnownKeys, nowSeconds: Int64
    ) async throws(Refusal) -> OutboundMessage {
        guard let from = Mailbox("MAILER-DAEMON@\(settings.hostname)") else {
            throw Refusal(.internalError, "internal error", detail: "a notice without an address to come from")
        }
        let clear = notice.message(
            NoticeHead(
                from: from, to: recipient, dateSeconds: nowSeconds,
                // The same on every try: where a reply is lost, mail systems can see that it is the same mail.
                messageID: "<quarantine.\(notice.id).\(notice.kind.rawValue)@\(settings.hostname)>", boundary: ""),
            officer: officer, language: settings.links?.languages.language(for: recipient) ?? .en,
            zone: settings.timeZone)
        return try await ownMail(clear, to: recipient, known[recipient], nowSeconds)
    }
}
