// The log of a running gateway: one line per message, complete, no content, addresses as hashes.

import Foundation
import Gateway
import Logging
import Logs
import Mail
import SettingValues
import Support
import Testing

@Suite struct LogTests {
    private func logger(_ sink: LogSink) -> Logger { Logger(label: "test") { _ in sink.handler() } }

    private static let canary = "Nachtschwalbe-7719"

    @Test("One line per message, valid, complete, and without content", arguments: [false, true])
    func messages(hashed: Bool) async throws {
        let kept = KeptLines()
        let mask = hashed ? AddressMask(key: [UInt8](repeating: 7, count: 32)) : nil
        let sink = kept.sink(LogOptions(mask: mask))
        try await withGateway(TestOptions(logger: logger(sink))) { running in
            try running.addKey("bob@key.example")
            let body = "\r\n\r\nText \(Self.canary).\r\n"
            let sealed = try await running.submit(
                "From: alice@example.org\r\nSubject: [secure] \(Self.canary)" + body, to: "bob@key.example",
                parameters: " ENVID=alice+40example.org")
            #expect(sealed.hasPrefix("250"))
            let linked = try await running.submit(
                "From: alice@example.org\r\nSubject: [secure] \(Self.canary)" + body, to: "carol@nokey.example")
            #expect(linked.hasPrefix("250"))
            let refused = try await running.submit(
                "From: alice@example.org\r\nSubject: [hide] \(Self.canary)" + body, to: "carol@nokey.example")
            #expect(refused.hasPrefix("550"))
            running.sink.refuse { _, _ in Refusal(.storage, "mailbox of dave@passed.example full") }
            let deferred = try await running.submit(
                "From: alice@example.org\r\nSubject: \(Self.canary)" + body, to: "dave@passed.example")
            #expect(deferred.hasPrefix("451"))
        }
        let lines = try kept.objects().filter {
            ["message delivered", "message not taken"].contains($0["message"] as? String)
        }
        #expect(lines.count == 4)
        #expect(lines.map { $0["verdict"] as? String } == ["seal", "seal", "refuse", "tempfail"])
        #expect(lines.map { ($0["reply"] as? String)?.prefix(3) } == ["250", "250", "550", "451"])
        for line in lines {
            for key in ["id", "door", "client", "from", "bytes", "receivedAt", "ms.total", "ms.decide", "time"] {
                #expect(line[key] != nil, "\(key)")
            }
        }
        let first = try #require((lines.first?["to"] as? [[String: Any]])?.first)
        #expect(first["method"] as? String == "pgp")
        #expect((first["keys"] as? [String])?.first?.count == 40)
        #expect(first["rules"] as? [String] == ["asked-for"])
        #expect((first["address"] as? String)?.hasPrefix("h:") == hashed)
        let all = kept.all.joined()
        #expect(!all.contains(Self.canary))
        if hashed {
            for name in ["alice@", "alice+40", "bob@", "carol@", "dave@", "example.org>"] {
                #expect(!all.contains(name), "\(name)")
            }
        }
    }
}
