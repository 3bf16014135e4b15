// The outer structure of RFC 3156 section 4, and the check of what was made.

import MIME
import Mail
import Packets
import SettingValues

/// Writes multipart/encrypted around an OpenPGP message.
enum PGPMIME {
    /// The sealed message, without our Received field.
    /// - Parameters:
    ///   - entity: gives the outer header fields.
    ///   - armor: the OpenPGP message, armored.
    ///   - boundary: token characters that cannot stand in armor; made by the caller from randomness.
    static func message(_ entity: ProtectedEntity, armor: MessageBytes, boundary: String) -> MessageBytes {
        let structure = """
            Content-Type: multipart/encrypted; protocol="application/pgp-encrypted";\r
            \tboundary="\(boundary)"\r

            """
        let opening = """
            \r
            --\(boundary)\r
            Content-Type: application/pgp-encrypted\r
            Content-Description: PGP/MIME version identification\r
            \r
            Version: 1\r
            \r
            --\(boundary)\r
            Content-Type: application/octet-stream; name="encrypted.asc"\r
            Content-Description: OpenPGP encrypted message\r
            Content-Disposition: inline; filename="encrypted.asc"\r
            \r

            """
        return MessageBytes(joining: [
            entity.outerBefore, MessageBytes(structure), entity.outerAfter, MessageBytes(opening),
            armor, MessageBytes("\r\n--\(boundary)--\r\n"),
        ])
    }
}

/// Looks at a sealed message as a stranger would, before it may leave: the structure is RFC 3156's two parts, every
/// packet is well-formed, the key ids are the planned ones, the data has integrity protection, no password opens it.
enum SealCheck {
    /// - Parameters:
    ///   - sealed: the message as it would leave, with its outer header.
    ///   - certificates: the planned ones.
    /// - Throws: a ``Refusal`` of cause `sealCheck` that names what is off.
    static func check(_ sealed: MessageBytes, against certificates: [Certificate], limits: Limits) throws(Refusal) {
        let received = ReceivedMessage(
            envelope: Envelope(sender: nil, recipients: []), bytes: sealed, origin: .init(id: "check"),
            receivedAtSeconds: 0)
        let parsed = try read(received, limits: limits)
        guard case .pgpMIME(let message) = parsed.encryption else {
            throw off("structure is not RFC 3156's two parts")
        }
        guard message.protection == .seipdV1 else { throw off("data packet is not SEIPD version 1") }
        guard message.passwords == 0 else { throw off("a password would open it") }
        guard message.recipients.count == certificates.count else {
            throw off("\(message.recipients.count) session key packets where \(certificates.count) were planned")
        }
        var open = certificates
        for id in message.recipients {
            guard let index = open.firstIndex(where: { $0.encryptionKeyIDs.contains(id) }) else {
                throw off("key id \(id) is not among the planned ones")
            }
            open.remove(at: index)
        }
        // A third part would be room for clear text (preamble and epilogue are seen to by the reading of `.pgpMIME`).
        // Problems of the outer header are the original's own: it is copied as it was.
        guard parsed.root.children.count == 2 else {
            throw off("\(parsed.root.children.count) parts where two were planned")
        }
    }

    private static func off(_ what: String) -> Refusal {
        Refusal(.sealCheck, "temporary fault while protecting the message", detail: "seal check: \(what)")
    }
}
