// multipart/signed around a message that passes in clear: the signed entity is its Content-* fields and body as
// written, with parts encoded so that no hop changes them and voids the signature (TransportForm).
// Source: RFC 3156 sections 3 and 5, RFC 1847.

import MIME
import Mail
import OpenPGP

extension Sealer {
    /// The message signed by the gateway's key, without our Received field.
    /// - Throws: a ``Refusal`` of cause `engine` where it cannot be signed: it does not leave then.
    func signed(_ edit: HeaderEdit) async throws(Refusal) -> MessageBytes {
        let signer = try signingKey()
        let parsed = try TransportForm.make(edit.parsed, limits: settings.limits)
        let message = SignedMessage(HeaderEdit(parsed: parsed, rewrittenSubject: edit.rewrittenSubject))
        let signature = try await engine.sign(message.entity, with: signer)
        return message.signed(
            armor: signature.armor, micalg: signature.hash, boundary: "=_letterlock_\(try Token.random(bytes: 15))")
    }
}

/// The pieces of a signed message.
struct SignedMessage {
    /// What is signed: header and body of the first part, up to the CRLF that belongs to the delimiter.
    let entity: MessageBytes
    /// The fields that stay outside.
    private let outer: MessageBytes

    init(_ edit: HeaderEdit) {
        var inside: [MessageBytes] = []
        var outside: [MessageBytes] = []
        var hasVersion = false
        for field in edit.parsed.root.header.fields {
            switch FieldRole.of(field) {
            case .structural where field.isNamed("MIME-Version"):
                hasVersion = true
                outside.append(edit.raw(field))
            case .structural: inside.append(edit.raw(field))
            case .trace, .message: outside.append(edit.raw(field))
            case .blind, .wayside: continue
            }
        }
        if !hasVersion { outside.append(MessageBytes("MIME-Version: 1.0\r\n")) }
        outer = MessageBytes(joining: outside)
        // An entity without any field would begin with its empty line, which some readers take for the delimiter's.
        if inside.isEmpty { inside.append(MessageBytes("Content-Type: text/plain\r\n")) }
        entity = MessageBytes(joining: inside + [MessageBytes("\r\n"), edit.body])
    }

    /// - Parameters:
    ///   - armor: the detached signature, armored, ended by a line end.
    ///   - micalg: the hash in lower case: `sha256`.
    func signed(armor: MessageBytes, micalg: String, boundary: String) -> MessageBytes {
        let opening = """
            Content-Type: multipart/signed; micalg=pgp-\(micalg);\r
            \tprotocol="application/pgp-signature";\r
            \tboundary="\(boundary)"\r
            \r
            --\(boundary)\r

            """
        let middle = """
            \r
            --\(boundary)\r
            Content-Type: application/pgp-signature; name="signature.asc"\r
            Content-Description: OpenPGP digital signature\r
            Content-Disposition: attachment; filename="signature.asc"\r
            \r

            """
        return MessageBytes(joining: [
            outer, MessageBytes(opening), entity, MessageBytes(middle), armor, MessageBytes("\r\n--\(boundary)--\r\n"),
        ])
    }
}
