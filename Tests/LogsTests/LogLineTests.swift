// Lines of the log: valid JSON whatever a client writes, addresses as hashes, and text that nothing obeys.

import Foundation
import Logging
import Logs
import Mail
import SettingValues
import Support
import Testing

@Suite struct LogLineTests {
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
        for format in [LogSettings.Format.json, .text] {
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

    @Test("The settings' levels are those of the log", arguments: LogSettings.Level.allCases)
    func levels(level: LogSettings.Level) {
        var settings = LogSettings()
        settings.level = level
        #expect(LogOptions(settings).level.rawValue == level.rawValue)
    }

    @Test("A logger's own level wins over the sink's; its own metadata gives way to the event's")
    func own() {
        let kept = KeptLines()
        var logger = logger(kept.sink(LogOptions(format: .text, level: .error)))
        logger[metadataKey: "a"] = "logger"
        logger.logLevel = .debug
        logger.debug("said", metadata: ["a": "event"])
        #expect(kept.all == ["2026-01-02T03:04:05.006Z debug said a=event\n"])
    }
}
