// Sends the messages and reports.

import Dispatch
import Gateway
import MIME
import Mail
import Operations
import Policy
import Sealing
import SettingValues

struct DemoShow: Sendable {
    let gatewayPort: Int
    let mailbox: DemoMailbox
    let plans: Plans
    let gpgHome: String
    let out: @Sendable (String) -> Void

    /// All messages, one after the other.
    /// - Returns: the letter that waits behind a link.
    func all(opensLink: Bool) async throws -> DemoLetter? {
        var letter: DemoLetter?
        for (number, message) in DemoMessage.all.enumerated() {
            out("")
            out("\(number + 1). \(message.title)")
            let reply = try await submit(message)
            line(
                "went in",
                "from \(DemoMessage.sender) to \(message.recipients.joined(separator: ", ")), "
                    + "\(message.text.utf8.count) bytes"
            )
            for decision in plans.take()?.decisions ?? [] { line("verdict", Self.verdict(decision)) }
            line("answer", reply)
            let came = try mailbox.take().map(Self.parse)
            if came.isEmpty { line("came out", "nothing") }
            for mail in came { try await show(mail, of: message) }
            if let found = try Self.letter(in: came) {
                // The first letter is the one to show: a later one may be another rule's.
                letter = letter ?? found
                line("link", found.link)
                line("password", found.password)
                if opensLink {
                    let opened = try await onThread { try found.open() }
                    line(
                        "opened", "with the same derivation as the page: \(Self.excerpt(try Self.parse(bytes: opened)))"
                    )
                }
            }
        }
        out("")
        return letter
    }

    private func show(_ mail: ParsedMessage, of message: DemoMessage) async throws {
        let to = mail.received.envelope.recipients.map(\.description).joined(separator: ", ")
        line(
            "came out",
            "to \(to): \(mail.root.type.essence), \(mail.received.bytes.count) bytes, subject \"\(mail.subject ?? "")\""
        )
        guard case .pgpMIME = mail.encryption else { return }
        let opening = DecryptOperation(gpgProgram: "/usr/bin/gpg", gpgTimeoutSeconds: 60, limits: Limits())
        let opened = try Self.parse(bytes: try await opening.open(mail.received.bytes, homeFolder: gpgHome).bytes)
        let names = opened.root.all.compactMap(\.fileName)
        let with = names.isEmpty ? "" : ", with \(names.joined(separator: ", "))"
        line("proof", "opened with the recipient's key: \(Self.excerpt(opened))\(with)")
    }

    private func submit(_ message: DemoMessage) async throws -> String {
        let port = gatewayPort
        return try await onThread {
            try LoopbackClient.submit(
                port: port, from: DemoMessage.sender, to: message.recipients, message: message.text)
        }
    }

    /// Blocking work on a thread of its own.
    private func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result(catching: work)) }
        }
    }

    private func line(_ name: String, _ text: String) {
        out("   \(name)\(String(repeating: " ", count: max(1, 10 - name.count)))\(text)")
    }

    private static func verdict(_ decision: Decision) -> String {
        var text = "<\(decision.recipient)> \(decision.verdict)"
        if let method = decision.method { text += " by \(method.rawValue)" }
        if !decision.isVisible { text += " (blind: a ciphertext of its own)" }
        text += decision.rules.isEmpty ? ", no rule applies" : ", rules: \(decision.rules.joined(separator: ", "))"
        return text
    }

    private static func letter(in mails: [ParsedMessage]) throws -> DemoLetter? {
        let notices = mails.filter { $0.root.header.first("Auto-Submitted") != nil }
        guard let notification = notices.first(where: { $0.received.envelope.sender != nil }),
            let passwordMail = notices.first(where: { $0.received.envelope.sender == nil })
        else { return nil }
        return try DemoLetter(notification: notification, passwordMail: passwordMail)
    }

    /// The first words of the first text.
    private static func excerpt(_ message: ParsedMessage) -> String {
        for part in message.root.all {
            guard case .text(let text, _) = part.text else { continue }
            let words = text.split(whereSeparator: \.isNewline).joined(separator: " ")
            return "\"\(words.prefix(70))\(words.count > 70 ? "…" : "")\""
        }
        return "(no text)"
    }

    private static func parse(_ received: ReceivedMessage) throws -> ParsedMessage {
        try read(received, limits: Limits())
    }

    private static func parse(bytes: MessageBytes) throws -> ParsedMessage {
        try parse(
            ReceivedMessage(
                envelope: Envelope(sender: nil, recipients: []), bytes: bytes, origin: .init(id: "demo"),
                receivedAtSeconds: 0))
    }
}
