// Promises 3 and 5: no content, subject, password or link secret in any file of ours or in the log.

import Foundation
import Links
import Logging
import MIME
import Mail
import Support
import Synchronization
import Testing

struct CanaryTests {
    private static let canary = "Nachtschwalbe-8842"

    @Test func nothingIsLeftAnywhere() async throws {
        let lines = LogLines()
        var options = TestOptions()
        options.logger = Logger(label: "canary") { _ in lines.handler }
        try await withGateway(options) { gateway in
            try gateway.addKey("bob@example.net")
            func message(_ tag: String, _ to: String) -> String {
                Samples.plain(subject: "\(tag) \(Self.canary)", body: "\(Self.canary)\r\n", to: to)
            }
            let to = ["bob@example.net", "carol@example.net"]
            let both = try await SocketClient.submit(
                port: gateway.port, from: "alice@example.org", to: to,
                message: message("[secure]", to.joined(separator: ", ")))
            #expect(both.hasPrefix("250"), "\(both)")
            _ = try await gateway.submit(message("", "dave@example.net"), to: "dave@example.net")
            // Refused by rule, refused by the next hop, and put off in the middle.
            _ = try await gateway.submit(message("[hide]", "carol@example.net"), to: "carol@example.net")
            gateway.sink.refuse { received, _ in
                received.envelope.sender == nil ? nil : Refusal(.busy, "later")
            }
            _ = try await gateway.submit(message("[secure]", "carol@example.net"), to: "carol@example.net")

            var secrets = [Self.canary]
            for mail in gateway.sink.messages {
                let parsed = try read(mail, limits: Limits())
                for part in parsed.root.all {
                    guard case .text(let text, _) = part.text, parsed.root.header.first("Auto-Submitted") != nil else {
                        continue
                    }
                    secrets += text.split(whereSeparator: \.isWhitespace).map(String.init).filter { word in
                        (word.count == 14 && word.filter { $0 == "-" }.count == 2) || word.count == 22
                    }
                }
            }
            #expect(secrets.count >= 4, "a password or two, and link secrets: \(secrets.count)")
            let files = try gateway.folder.allBytes().filter { !$0.path.contains("/policy/") }
            #expect(files.contains { $0.path.hasSuffix("letters.db") })
            for secret in secrets {
                let forms = [
                    secret, secret.replacingOccurrences(of: "-", with: ""), Data(secret.utf8).base64EncodedString(),
                ]
                for form in forms {
                    for file in files {
                        #expect(file.bytes.range(of: Data(form.utf8)) == nil, "\(file.path)")
                    }
                    #expect(!lines.all.contains { $0.contains(form) })
                }
            }
            #expect(lines.all.contains { $0.contains("asked-for") }, "the log says which rules")
        }
    }
}

/// Keeps every log line with its metadata.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    var handler: any LogHandler { Handler(lines: self) }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            lines.lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
        }
    }
}
