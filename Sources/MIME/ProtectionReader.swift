// How a message is encrypted or signed already (RFC 3156, RFC 8551): by its structure and by the packets inside, never by
// a substring. Pure; what is not exactly right is `partialPGP`, which satisfies nothing.

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
        let isPGPAnywhere = root.all.contains {
            $0.type.essence == "application/pgp-encrypted" || $0.type.essence == "multipart/encrypted"
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
        guard root.children.count == 2, isPreambleHarmless(root.text) else { return nil }
        let (control, data) = (root.children[0], root.children[1])
        guard control.type.essence == "application/pgp-encrypted", data.type.essence == "application/octet-stream"
        else {
            return nil
        }
        guard [control, data].allSatisfy(Self.isPlain) else { return nil }
        let version = try bytes.slice(control.bodyRange.prefix(64)).copy()
        let words = String(decoding: version, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard control.bodyRange.count <= 64, words == ["Version:", "1"] else { return nil }
        do {
            let (message, headers) = try EncryptedMessage.parseArmored(bytes.slice(data.bodyRange))
            return Self.areHarmless(headers) ? message : nil
        } catch {
            if case .storage(let what) = error {
                throw Refusal(.storage, "temporary fault while reading the message", detail: "reading armor: \(what)")
            }
            return nil
        }
    }

    private static func isPlain(_ part: Part) -> Bool {
        guard part.children.isEmpty, part.header.range.count <= 4096 else { return false }
        switch part.transferEncoding {
        case .sevenBit, .eightBit, .binary: break
        case .base64, .quotedPrintable, .unknown: return false
        }
        return part.header.fields.allSatisfy { $0.name.lowercased().hasPrefix("content-") }
            && part.header.fields.reduce(0) { $0 + $1.range.count } == part.header.range.count
    }

    /// Header lines of armor are in clear: only the known ones, and only as long as programs write them.
    private static func areHarmless(_ headers: [String]) -> Bool {
        headers.count <= 5
            && headers.allSatisfy { line in
                line.utf8.count <= 120
                    && ["Version", "Comment", "MessageID", "Hash", "Charset"].contains { line.hasPrefix("\($0):") }
            }
    }

    /// Enigmail and Thunderbird say in the preamble what the message is. Any other text there is in clear.
    private func isPreambleHarmless(_ text: PartText) -> Bool {
        guard case .text(let outside, _) = text else { return true }
        let words = outside.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words == "This is an OpenPGP/MIME encrypted message (RFC 4880 and 3156)"
            || words == "This is an OpenPGP/MIME encrypted message (RFC 2440 and 3156)"
    }
}
