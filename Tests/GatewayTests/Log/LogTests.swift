// The log: each line valid JSON whatever a client writes, one line per message, no content, addresses as hashes.

import Foundation
import Gateway
import Logging
import Logs
import Mail
import Support
import Synchronization
import Testing

/// Keeps lines instead of writing them.
final class KeptLines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }

    func sink(_ options: LogOptions = LogOptions()) -> LogSink {
        LogSink(
            options, write: { line in self.lines.withLock { $0.append(line) } }, nowMilliseconds: { 1_767_323_045_006 })
    }

    /// Each line as JSON: one that is none fails the test.
    func objects() throws -> [[String: Any]] {
        try all.map { line in
            #expect(line.hasSuffix("\n"))
            #expect(line.filter { $0 == "\n" }.count == 1)
            return try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
    }
}

@Suite struct LogTests {
    private func logger(_ sink: LogSink) -> Logger { Logger(label: "test") { _ in sink.handler() } }

    @Test("A line has time, level, message and its metadata, flattened")
    func shape() throws {
        let kept = KeptLines()
        var logger = logger(kept.sink())
        logger[metadataKey: "own"] = "x"
        logger.info(
            "hello",
            metadata: [
                "number": .stringConvertible(7), "flag": .stringConvertible(true), "level": "mine",
                "ms": ["total": .stringConvertible(3), "deep": ["er": "y"]], "list": ["a", ["k": "v"]],
            ])
        logger.debug("not written")
        #expect(
            kept.all == [
                """
                {"time":"2026-01-02T03:04:05.006Z","level":"info","message":"hello","_level":"mine","flag":true,\
                "list":["a",{"k":"v"}],"ms.deep.er":"y","ms.total":3,"number":7,"own":"x"}

                """
            ])
    }

    @Test("Text lines are for the eye")
    func text() {
        let kept = KeptLines()
        logger(kept.sink(LogOptions(format: .text))).notice("hello", metadata: ["a": "b", "c": "d e=\"f\"\n"])
        #expect(kept.all == ["2026-01-02T03:04:05.006Z notice hello a=b c=\"d e=\\\"f\\\"\\n\"\n"])
    }

    static let hostile = [
        "a\nb", "a\r\nlevel=error", "\",\"level\":\"error\",\"x\":\"", "\u{2028}\u{2029}\u{0085}",
        "\u{0}\u{1b}[31m\u{7f}",
        "\\", "\\u000a", "{\"a\":1}", "\u{202e}moc.elpmaxe", String(repeating: "x", count: 100_000), "é\u{301}🦉",
    ]

    @Test("Nothing that a client writes begins a line, ends a value or moves the cursor", arguments: hostile)
    func injection(value: String) throws {
        for format in [LogOptions.Format.json, .text] {
            let kept = KeptLines()
            logger(kept.sink(LogOptions(format: format)))
                .info("\(value)", metadata: ["helo": "\(value)", "list": ["\(value)"], "\(value)": "x"])
            let line = try #require(kept.all.first)
            #expect(kept.all.count == 1)
            #expect(!line.dropLast().unicodeScalars.contains { $0.value < 32 || (127..<160).contains($0.value) })
            #expect(!line.unicodeScalars.contains { [0x2028, 0x2029, 0x202E].contains($0.value) })
            guard format == .json else { continue }
            let object = try #require(try kept.objects().first)
            #expect(object["helo"] as? String == value)
            #expect(object["message"] as? String == value)
            #expect(object["level"] as? String == "info")
        }
    }

    @Test("Format, level and mask can change under a logger")
    func changed() throws {
        let kept = KeptLines()
        let sink = kept.sink()
        let logger = logger(sink)
        logger.info("one")
        sink.options = LogOptions(format: .text, level: .error)
        logger.info("two")
        logger.error("three")
        #expect(kept.all.count == 2)
        #expect(kept.all.last?.hasSuffix("error three\n") == true)
    }

    @Test(
        "Addresses become hashes wherever they stand; the rest stays",
        arguments: [
            ("<alice@example.org>", "<H>"), ("to alice@example.org, ALICE@Example.ORG", "to H, H"),
            ("<\"a b\"@example.org>: no", "<H>: no"), ("x=alice@[192.0.2.1] y", "H y"), ("no address", "no address"),
            ("@", "H"), ("a@b@c", "HH"), ("550 5.1.1 <bob@dömäin.example>... unknown", "550 5.1.1 <H>... unknown"),
        ])
    func masked(text: String, expected: String) throws {
        let mask = AddressMask(key: [UInt8](repeating: 7, count: 32))
        let hashed = mask.applied(to: text)
        let shape = hashed.replacing(/h:[0-9a-f]{16}/, with: "H")
        #expect(shape == expected, "\(hashed)")
        #expect(!hashed.contains("@"))
    }

    @Test("The same address has the same hash with one key, another with another")
    func keyed() throws {
        let folder = try TemporaryFolder()
        let first = try AddressMask(folder: folder.path)
        let again = try AddressMask(folder: folder.path)
        #expect(first == again)
        #expect(first.applied(to: "a@b.example") == again.applied(to: "A@B.example"))
        let other = AddressMask(key: [UInt8](repeating: 7, count: 32))
        #expect(first.applied(to: "a@b.example") != other.applied(to: "a@b.example"))
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("log.key"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        try folder.write("log.key", "short")
        #expect(throws: Refusal.self) { try AddressMask(folder: folder.path) }
    }

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
