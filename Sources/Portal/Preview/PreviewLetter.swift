// The sample letter of the preview: a text, the same as HTML with a picture from the internet that is not loaded, and
// two attachments. Locked in memory like a real one, into a store that goes away with the program.

import Cryptography
import Foundation
import Links
import Mail
import Vault

/// Makes sample letters.
struct PreviewLetter: Sendable {
    private static let boundary = "=_sample"
    private static let lifeSeconds: Int64 = 30 * 86_400

    let store: any GatewayLetters
    /// The gateway's side of the store opens for writing, the portal's side for guesses.
    let portal: any PortalLetters

    /// A link and the password that opens it.
    struct Locked: Sendable {
        let id: String
        let secret: String
        let password: String
        /// Its own link, and no password.
        let wrongProof: LetterProof
    }

    /// Locks and stores one.
    func make(nowSeconds: Int64) async throws(Refusal) -> Locked {
        let gateway: GatewayKey
        do throws(CryptographyError) { gateway = try GatewayKey.make() } catch { throw error.refusal }
        let (message, index) = Self.content(nowSeconds, gateway)
        let (content, key) = try LetterLocker.lockContent(index: index, message: MessageBytes(message))
        let (letter, secrets) = try LetterLocker.lockLetter(
            for: key,
            LetterTerms(
                contentID: content.id, createdAtSeconds: nowSeconds, expiresAtSeconds: nowSeconds + Self.lifeSeconds))
        try await store.keep([content], [letter])
        try await store.markNotifying(letter.id)
        try await store.makeReadable([letter.id])
        let opener: LetterOpener
        do throws(CryptographyError) {
            opener = try LetterOpener(
                id: letter.id, linkSecret: secrets.linkSecret.revealed, password: "", kind: .made, rounds: 1,
                salt: letter.parameters.salt, leastRounds: 1)
        } catch { throw error.refusal }
        return Locked(
            id: letter.id, secret: secrets.linkSecret.revealed, password: secrets.password.revealed,
            wrongProof: opener.proof)
    }

    /// One that rests after wrong guesses.
    func makeResting(nowSeconds: Int64) async throws(Refusal) -> Locked {
        let locked = try await make(nowSeconds: nowSeconds)
        for _ in 0..<GuessLimits.triesBeforeRest {
            _ = try await portal.attempt(locked.id, proof: locked.wrongProof, nowSeconds: nowSeconds)
        }
        return locked
    }

    // MARK: - What it holds

    private static let text = """
        Dear Madam, dear Sir,

        This is how a letter looks. It has a text, a formatted version and two attachments.
        Our opening hours: https://www.example.org/hours

        Alice Example
        """

    private static let html = """
        <h2>Dear Madam, dear Sir,</h2>
        <p>This is how a <b>letter</b> looks. It has a text, a formatted version and two attachments.</p>
        <p><a href="https://www.example.org/hours">Our opening hours</a></p>
        <p><img src="https://www.example.org/picture.png" alt="a picture from the internet"></p>
        <p>Alice Example</p>
        """

    /// Message and index (docs/inside/links-protocol.md section 6).
    private static func content(_ nowSeconds: Int64, _ gateway: GatewayKey) -> (message: String, index: [UInt8]) {
        var message = """
            From: Alice Example <alice@example.org>\r
            To: carol@example.net\r
            Subject: A sample letter\r
            MIME-Version: 1.0\r
            Content-Type: multipart/mixed; boundary="\(boundary)"\r
            \r

            """
        var parts: [[String: Any]] = []
        func add(_ type: String, _ body: String, name: String? = nil) {
            var head = "Content-Type: \(type)" + (type.hasPrefix("text/") ? "; charset=utf-8" : "")
            if let name { head += "\r\nContent-Disposition: attachment; filename=\"\(name)\"" }
            message += "--\(boundary)\r\n\(head)\r\n\r\n"
            let start = message.utf8.count
            message += body.replacing("\n", with: "\r\n")
            var part: [String: Any] = [
                "type": type, "start": start, "end": message.utf8.count, "encoding": "8bit",
                "attachment": name != nil, "charset": "utf-8",
            ]
            if let name {
                part["name"] = name
                part["disposition"] = "attachment"
            }
            parts.append(part)
            message += "\r\n"
        }
        add("text/plain", text)
        add("text/html", html)
        add("text/csv", "day,hours\nMonday,9-17\nTuesday,9-17\n", name: "opening hours.csv")
        add("text/plain", String(repeating: "A line of an attachment.\n", count: 400), name: "notes.txt")
        message += "--\(boundary)--\r\n"
        let index: [String: Any] = [
            "version": 1, "subject": "A sample letter", "from": "Alice Example <alice@example.org>",
            "to": "carol@example.net", "sent": nowSeconds, "text": 0, "html": 1, "parts": parts,
            "gateway": Base64URL.encode(gateway.publicPoint),
        ]
        let json = (try? JSONSerialization.data(withJSONObject: index, options: [.sortedKeys])) ?? Data()
        return (message, Array(json))
    }
}
