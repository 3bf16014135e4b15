// Sends a text message by the hook: some tries, a time-out for each, all before the deadline. What the other side
// answers is never read beyond its status, so it can stand in no log. Touches sockets or child processes through the
// two kinds of hook.

package import Logging
package import Mail
package import NIOCore

/// The hook at work.
package struct HookSender: TextSender {
    private let hook: TextHook
    private let group: any EventLoopGroup
    private let logger: Logger
    /// Pause after the first failure, in seconds; then twice as long each time.
    package var pauseSeconds = 1.0

    /// - Parameter group: its event loops carry the connections.
    package init(_ hook: TextHook, group: any EventLoopGroup, logger: Logger) {
        self.hook = hook
        self.group = group
        self.logger = logger
    }

    package func send(_ message: TextMessage, deadline: ContinuousClock.Instant) async throws(Refusal) {
        var last = TextFailure("no time was left")
        for number in 1...max(1, hook.tries) {
            let left = deadline - .now
            guard left > .zero, !Task.isCancelled else { break }
            do throws(TextFailure) {
                try await once(message, within: min(left, .seconds(hook.timeoutSeconds)))
                logger.info(
                    "a password has been sent as a text message",
                    metadata: ["number": "\(message.number)", "try": "\(number)"])
                return
            } catch {
                last = error
                logger.warning(
                    "sending a text message failed",
                    metadata: ["number": "\(message.number)", "try": "\(number)", "reason": "\(error.words)"])
            }
            guard last.isWorthAnotherTry, number < hook.tries else { break }
            let pause = Duration.seconds(pauseSeconds * Double(1 << min(number - 1, 6)))
            guard deadline - .now > pause else { break }
            try? await Task.sleep(for: pause)
        }
        throw Refusal(
            .nextHopDeferred(code: 451, enhanced: "4.3.0"),
            "the password cannot be sent as a text message now, try again later",
            detail: "text message to \(message.number): \(last.words)")
    }

    private func once(_ message: TextMessage, within time: Duration) async throws(TextFailure) {
        switch hook.target {
        case .url(let url):
            try await HTTPCall(hook: hook, url: url).run(message, group: group, within: time)
        case .command(let words):
            try await CommandCall(words: words).run(message, within: time)
        }
    }
}

/// Writes number and text where a template names them, as its media type wants them.
package enum TextTemplate {
    /// The body of a request.
    package static func filled(_ hook: TextHook, _ message: TextMessage) -> String {
        // Revealed into the request whose purpose it is.
        let values = ["number": message.number.e164, "text": message.text.revealed]
        var out = ""
        var rest = hook.body[...]
        while let open = rest.firstIndex(of: "{") {
            out += rest[..<open]
            rest = rest[open...]
            // Only the two names are filled in, once: what is put in is not looked at again.
            if let name = values.keys.first(where: { rest.hasPrefix("{\($0)}") }), let value = values[name] {
                out += escaped(value, hook.contentType)
                rest = rest.dropFirst(name.count + 2)
            } else {
                out += "{"
                rest = rest.dropFirst()
            }
        }
        return out + rest
    }

    private static func escaped(_ text: String, _ contentType: String) -> String {
        switch contentType {
        case "application/json": json(text)
        case "application/x-www-form-urlencoded": form(text)
        default: text
        }
    }

    /// The inside of a JSON string (RFC 8259 section 7).
    static func json(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case _ where scalar.value < 32 || scalar.value == 127:
                let hex = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    private static func form(_ text: String) -> String {
        var out = ""
        for octet in text.utf8 {
            let isPlain =
                (48...57).contains(octet) || (65...90).contains(octet) || (97...122).contains(octet)
                || "-._".utf8.contains(octet)
            if isPlain {
                out.unicodeScalars.append(Unicode.Scalar(octet))
            } else {
                let hex = String(octet, radix: 16, uppercase: true)
                out += hex.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return out
    }
}
