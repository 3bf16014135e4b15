// Where the ciphertexts of a message are, for `decrypt`: PGP/MIME (RFC 3156), the form Exchange makes of it (multipart/mixed
// with an empty text, application/pgp-encrypted and application/octet-stream), and armored messages inside texts.
// More generous than `ParsedMessage.encryption`: that decides what satisfies a policy, this what may be tried to open.

package import Mail
import Packets

/// One ciphertext and what it stands for.
package struct OpenPGPLocation: Sendable {
    /// How it is packed.
    package enum Form: Sendable, Equatable {
        /// multipart/encrypted.
        case pgpMIME
        /// application/pgp-encrypted and the part behind it, inside any other multipart.
        case mangled
        /// An armored block in a text part.
        case inline
    }
    package let form: Form
    /// The entity that the plaintext takes the place of: the multipart, or the text part. "" is the message itself.
    package let path: String
    /// The ciphertext as found, its transfer encoding undone: armored or binary.
    package let ciphertext: MessageBytes
    /// Inline: the text part's decoded octets before the block; else empty.
    package let before: MessageBytes
    /// Inline: the text part's decoded octets behind the block; else empty.
    package let after: MessageBytes

    /// True where the ciphertext starts with armor.
    package var isArmored: Bool {
        let head = (try? ciphertext.slice(0..<64).copy()) ?? []
        return head.drop { $0 <= 32 }.starts(with: "-----BEGIN PGP".utf8)
    }
}

extension ParsedMessage {
    /// The body of a part with its transfer encoding undone.
    ///
    /// A part without encoding is a slice of the message and costs nothing; what is decoded lies where the message does.
    /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back.
    package func decodedBody(of part: Part) throws(Refusal) -> MessageBytes {
        let body = received.bytes.slice(part.bodyRange)
        switch part.transferEncoding {
        case .sevenBit, .eightBit, .binary, .unknown: return body
        case .base64, .quotedPrintable:
            do {
                return try TransferDecoder.decodeToRope(body, part.transferEncoding)
            } catch let refusal as Refusal {
                throw refusal
            } catch {
                throw Refusal(.storage, "temporary fault while reading the message", detail: "decoding: \(error)")
            }
        }
    }

    /// All ciphertexts of the message, top to bottom; those inside forwarded messages too.
    /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back.
    package func openPGPLocations() throws(Refusal) -> [OpenPGPLocation] {
        var found: [OpenPGPLocation] = []
        for part in root.all {
            if let data = encryptedData(in: part) {
                let form: OpenPGPLocation.Form = part.type.essence == "multipart/encrypted" ? .pgpMIME : .mangled
                found.append(
                    OpenPGPLocation(
                        form: form, path: part.path, ciphertext: try decodedBody(of: data), before: .empty,
                        after: .empty))
            } else if case .text = part.text, PartBuilder.isText(part.type) {
                if let location = try inlineBlock(in: part) { found.append(location) }
            }
        }
        return found
    }

    /// The part behind application/pgp-encrypted among a multipart's own parts.
    private func encryptedData(in part: Part) -> Part? {
        guard part.type.isMultipart,
            let index = part.children.firstIndex(where: { $0.type.essence == "application/pgp-encrypted" })
        else { return nil }
        let behind = part.children[(index + 1)...].first
        // Exchange keeps the type; some gateways make it a named attachment of another type.
        guard let behind, !behind.type.isMultipart, !behind.type.isMessage else { return nil }
        return behind
    }

    private func inlineBlock(in part: Part) throws(Refusal) -> OpenPGPLocation? {
        let body = try decodedBody(of: part)
        guard let octets = try? body.copy(), let range = OpenPGPMarks.block(in: octets) else { return nil }
        return OpenPGPLocation(
            form: .inline, path: part.path, ciphertext: body.slice(range), before: body.slice(0..<range.lowerBound),
            after: body.slice(range.upperBound..<body.count))
    }
}
