// The recipient's part of the demo: finds link and password in the mails, and opens the letter with the same derivation
// as the page.

import Cryptography
import FoundationEssentials
import Links
import MIME
import Mail

/// What stands in the two mails about a letter.
struct DemoLetter {
    let link: String
    let password: String

    /// - Parameters:
    ///   - notification: the mail with the link.
    ///   - passwordMail: the mail with the password.
    init(notification: ParsedMessage, passwordMail: ParsedMessage) throws(DemoError) {
        guard let link = Self.words(notification).first(where: { $0.contains("/l/") && $0.contains("#") }) else {
            throw DemoError("the notification holds no link")
        }
        guard
            let password = Self.words(passwordMail).first(where: {
                $0.count == 14 && $0.filter { $0 == "-" }.count == 2
            })
        else { throw DemoError("the password mail holds no password") }
        self.link = link
        self.password = password
    }

    private static func words(_ message: ParsedMessage) -> [String] {
        message.root.all.flatMap { part -> [String] in
            guard part.type.subtype == "plain", case .text(let text, _) = part.text else { return [] }
            return text.split(whereSeparator: \.isWhitespace).map(String.init)
        }
    }

    private struct Parameters: Decodable {
        let kdf: String
        let rounds: Int
        let salt: String
        let password: String
    }
    private struct Opened: Decodable {
        let wrapped: String
        let chunks: Int
    }

    /// Opens the letter over HTTP.
    /// - Returns: the message as it was.
    func open() throws -> MessageBytes {
        let parts = link.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 5, let port = parts[2].split(separator: ":").last.flatMap({ Int($0) }) else {
            throw DemoError("\"\(link)\" is no link to this machine")
        }
        let tail = parts[4].split(separator: "#")
        guard tail.count == 2 else { throw DemoError("the link has no fragment") }
        let path = "/api/letters/\(tail[0])"
        let parameters = try Self.post(port, path, "{}", as: Parameters.self)
        guard let salt = Base64URL.decode(parameters.salt),
            let kind = LockedLetter.PasswordKind(rawValue: parameters.password)
        else { throw DemoError("the portal's parameters cannot be read") }
        let opener = try LetterOpener(
            id: String(tail[0]), linkSecret: String(tail[1]), password: password, kind: kind, kdf: parameters.kdf,
            rounds: parameters.rounds, salt: salt)
        let proof = opener.proof
        let shown = "{\"auth\":\"\(Base64URL.encode(proof.auth))\",\"link\":\"\(Base64URL.encode(proof.link))\"}"
        let opened = try Self.post(port, "\(path)/open", shown, as: Opened.self)
        guard let wrapped = Base64URL.decode(opened.wrapped) else { throw DemoError("the wrapped keys cannot be read") }
        let keys = try opener.unwrap(wrapped)
        let chunks = try (0..<opened.chunks).map { number in
            try LoopbackClient.post(port: port, path: "\(path)/chunks/\(number)", json: shown).body
        }
        return try LetterOpener.open(chunks, key: keys.content).message
    }

    private static func post<Answer: Decodable>(
        _ port: Int, _ path: String, _ json: String, as type: Answer.Type
    ) throws -> Answer {
        let answer = try LoopbackClient.post(port: port, path: path, json: json)
        guard answer.status == 200 else { throw DemoError("the portal answered \(answer.status)") }
        return try JSONDecoder().decode(type, from: Data(answer.body))
    }
}
