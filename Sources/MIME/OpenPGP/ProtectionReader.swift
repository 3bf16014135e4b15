// How a message is encrypted or signed already (RFC 3156, RFC 8551): by its structure and by the packets inside, never
// by a substring. Pure; what is not exactly right is `partialPGP`, which satisfies nothing.

import Mail
import Packets

/// Looks at a finished tree.
struct ProtectionReader {
    let bytes: MessageBytes
    let root: Part
    let looksInline: Bool

    func encryption() throws(Refusal) -> Encryption {
        if root.type.essence == "multipart/encrypted" {
            if let message = try exactPGPMIME() { return .pgpMIME(message) }
            return .partialPGP
        }
        if Self.isPKCS7(root.type) {
            let kind = root.type.parameters["smime-type"]?.lowercased()
            if kind != "signed-data", kind != "certs-only", kind != "compressed-data" { return .smime }
        }
        if looksInline { return .partialPGP }
        // A returned header alone (RFC 6522) says of a message that it was encrypted, and holds nothing of it.
        let isPGPAnywhere = root.readable(in: bytes).contains { part, _ in
            (part.type.essence == "application/pgp-encrypted" || part.type.essence == "multipart/encrypted")
                && part.bodyRange.count > (part.type.isMultipart ? 4 : 0)
        }
        return isPGPAnywhere ? .partialPGP : .none
    }

    static func signature(of root: Part) -> Signature {
        if root.type.essence == "multipart/signed" {
            switch root.type.parameters["protocol"]?.lowercased() {
            case "application/pgp-signature": return .pgpMIME
            case "application/pkcs7-signature", "application/x-pkcs7-signature": return .smime
            default: return .none
            }
        }
        return isPKCS7(root.type) && root.type.parameters["smime-type"]?.lowercased() == "signed-data" ? .smime : .none
    }

    private static func isPKCS7(_ type: MediaType) -> Bool {
        type.essence == "application/pkcs7-mime" || type.essence == "application/x-pkcs7-mime"
    }

    // MARK: RFC 3156 section 4

    /// The encrypted message where there are exactly the two parts and no place for anything in clear: part headers of
    /// Content-* fields only, `Version: 1` alone, armor alone, no epilogue, and no preamble but the known ones.
    private func exactPGPMIME() throws(Refusal) -> EncryptedMessage? {
        guard root.type.parameters["protocol"]?.lowercased() == "application/pgp-encrypted" else { return nil }
        guard root.children.count == 2, isPreambleHarmless(root.text), root.alsoReads.isEmpty else { return nil }
        let (control, data) = (root.children[0], root.children[1])
        guard control.type.essence == "application/pgp-encrypted", data.type.essence == "application/octet-stream"
        else {
            return nil
        }
        guard [control, data].allSatisfy(Self.isPlain), try hasNoEpilogue(behind: data) else { return nil }
        guard control.bodyRange.count <= 256, try versionWords(control) == ["Version:", "1"] else { return nil }
        let armor = try armor(of: data)
        do {
            let (message, headers) = try EncryptedMessage.parseArmored(armor)
            return Self.areHarmless(headers) ? message : nil
        } catch {
            if case .storage(let what) = error {
                throw Refusal(.storage, "temporary fault while reading the message", detail: "reading armor: \(what)")
            }
            return nil
        }
    }

    /// True where nothing but the closing delimiter stands behind the last part.
    private func hasNoEpilogue(behind last: Part) throws(Refusal) -> Bool {
        let rest = last.range.upperBound..<max(last.range.upperBound, root.bodyRange.upperBound)
        guard rest.count <= 1024 else { return false }
        do {
            let lines = try bytes.slice(rest).copy().split(separator: 10).filter { line in line.contains { $0 > 32 } }
            return lines.isEmpty || (lines.count == 1 && lines[0].starts(with: "--".utf8))
        } catch {
            throw Self.refusal("reading back: \(error)", error)
        }
    }

    /// The words of the control part, decoded where it is encoded.
    private func versionWords(_ control: Part) throws(Refusal) -> [String] {
        do {
            let decoded = try TransferDecoder.decode(bytes.slice(control.bodyRange), control.transferEncoding)
            guard decoded.isClean, decoded.octets.count <= 64 else { return [] }
            return String(decoding: decoded.octets, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(
                String.init)
        } catch {
            throw Self.refusal("decoding: \(error)", error)
        }
    }

    /// The armor, its transfer encoding undone: a program that does not undo it shows no more than base64.
    private func armor(of data: Part) throws(Refusal) -> MessageBytes {
        let body = bytes.slice(data.bodyRange)
        do {
            guard try TransferDecoder.decodedBytes(body, data.transferEncoding).isClean else { return .empty }
            return try TransferDecoder.decodeToRope(body, data.transferEncoding)
        } catch {
            throw Self.refusal("decoding: \(error)", error)
        }
    }

    private static func refusal(_ detail: String, _ error: any Error) -> Refusal {
        error as? Refusal
            ?? Refusal(.storage, "temporary fault while reading the message", detail: "reading mime: \(detail)")
    }

    /// A part with nothing in clear in its header: Content-* fields, and `MIME-Version: 1.0` as some programs repeat
    /// it.
    private static func isPlain(_ part: Part) -> Bool {
        guard part.children.isEmpty, part.header.range.count <= 4096, part.alsoReads.isEmpty else { return false }
        if case .unknown = part.transferEncoding { return false }
        return part.header.fields.allSatisfy { field in
            (field.name.lowercased().hasPrefix("content-")
                && (!field.isNamed("Content-Description") || digits(field.text) <= clearDigits))
                || (field.isNamed("MIME-Version") && field.unfolded == "1.0")
        }
            && part.header.fields.reduce(0) { $0 + $1.range.count } == part.header.range.count
    }

    /// Header lines of armor are in clear: only the known ones, as long as programs write them, and with too few digits
    /// for a number of account or card.
    private static func areHarmless(_ headers: [String]) -> Bool {
        let areKnown = headers.allSatisfy { line in
            line.utf8.count <= 100 && ["Version", "Comment", "Hash", "Charset"].contains { line.hasPrefix("\($0):") }
        }
        return headers.count <= 5 && areKnown && headers.reduce(0) { $0 + digits($1) } <= clearDigits
    }

    /// Digits that what stands in clear may have together: versions of programs have fewer, account numbers more.
    private static let clearDigits = 10

    /// Digits of any script.
    private static func digits(_ text: String) -> Int {
        text.unicodeScalars.count { $0.properties.numericType != nil }
    }

    /// Some programs say in the preamble what the message is. Any other text there is in clear.
    private func isPreambleHarmless(_ text: PartText) -> Bool {
        guard case .text(let outside, _) = text else { return true }
        guard outside.utf8.count <= 400 else { return false }
        return Self.preambles.contains(outside.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    }

    /// Sentences of programs, white space as one space: Enigmail and Thunderbird, Stalwart, GpgOL, Kontact, Claws, Mutt
    /// and what libraries write before any multipart (RFC 2046 section 5.1.1).
    private static let preambles: Set<String> = {
        let standards = ["RFC 2440 and 3156", "RFC 4880 and 3156", "RFC 9580 and 3156"]
        var known: Set<String> = [
            "OpenPGP/MIME message (Automatically encrypted by Stalwart)",
            "S/MIME message (Automatically encrypted by Stalwart)",
            "This is a multi-part message in MIME format.", "This is a multi-part message in MIME format",
            "This is a multipart message in MIME format.", "This is a multipart message in MIME format",
            "This is a MIME-formatted message.",
            "This is a cryptographically signed message in MIME format.",
            "This is a message in MIME format.", "This message is in MIME format.",
            "This is an encrypted message.",
        ]
        for standard in standards {
            known.insert("This is an OpenPGP/MIME encrypted message (\(standard))")
            known.insert("This is an OpenPGP/MIME signed message (\(standard))")
        }
        return known
    }()
}
