// Hostile and broken files: bounded time and memory, a fact, and the next file is read as if nothing had been.

import Extraction
import ExtractionWire
import Extractor
import Foundation
import Mail
import SettingValues
import Support
import Testing

@Suite(.serialized) struct BadInputTests {
    @Test("a bomb is stopped at its limits: one flat file, and archives in archives")
    func bombs() async throws {
        let pool = pool()
        let clock = ContinuousClock()
        let start = clock.now
        let flat = try await found("bomb.zip", pool)
        #expect(flat.isUnreadable)
        let deep = try await found("nested8.zip", pool)
        #expect(deep.isUnreadable)
        #expect(!deep.allText.contains(card))
        #expect(clock.now - start < .seconds(20))
        #expect(try await found("letter.docx", pool).allText.contains(card))
        await pool.shutdown()
    }

    @Test("limits of text, files and unpacked bytes hold, and say so")
    func limits() async throws {
        let small = pool { $0.textBytes = 10 }
        let cut = try await found("table.csv", small)
        #expect(cut.allText.utf8.count <= 10)
        #expect(cut.isUnreadable)
        await small.shutdown()
        let few = pool { $0.files = 2 }
        let part = try await found("mixed.zip", few)
        #expect(part.members.count <= 2)
        #expect(part.isUnreadable)
        await few.shutdown()
        let tight = pool { $0.unpackedBytes = 100 }
        #expect(try await found("letter.docx", tight).isUnreadable)
        await tight.shutdown()
    }

    @Test(
        "a file cut off anywhere gives a finding, never a fault",
        arguments: [
            "letter.docx", "letter.odt", "letter.rtf", "letter.pdf", "mixed.zip", "plain.7z", "plain.tar.gz",
            "plain.txt.xz",
        ])
    func truncated(_ fixture: String) async throws {
        let pool = pool()
        let bytes = try Made.bytes(fixture)
        for count in stride(from: 1, to: bytes.count, by: max(1, bytes.count / 12)) {
            let part = try await found(Array(bytes[..<count]), name: fixture, pool)
            if case .temporary(let reason) = part.problem { Issue.record("temporary: \(reason)") }
            if part.problem == nil, !part.allText.contains(card) {
                // What still looks whole must be of a kind without text, or text itself.
                #expect(
                    part.realType?.hasPrefix("text/") == true || part.realType == "application/x-empty"
                        || bytes[..<count].allSatisfy { (9...126).contains($0) } || fixture == "letter.pdf")
            }
        }
        await pool.shutdown()
    }

    @Test("a thousand archives inside each other end at the depth")
    func deep() async throws {
        var bytes = Array("x".utf8)
        for _ in 0..<1000 { bytes = storedZip("a.zip", bytes) }
        let pool = pool()
        let part = try await found(bytes, pool)
        await pool.shutdown()
        #expect(part.isUnreadable)
        #expect(part.members.count <= 7)
    }

    @Test("a message of 10 000 attachments is looked into up to a bound")
    func manyParts() async throws {
        var text = "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        for _ in 0..<9_990 { text += "--b\r\nContent-Type: application/pdf\r\n\r\nx\r\n" }
        let pool = pool()
        let start = ContinuousClock.now
        let parts = await pool.extract(try parsed(text + "--b--\r\n"))
        await pool.shutdown()
        #expect(ContinuousClock.now - start < .seconds(60))
        #expect(parts.all.count == 9_990)
        #expect(parts["9990"]?.isUnreadable == true)
    }

    @Test("a process that is killed from outside is replaced")
    func killed() async throws {
        let pool = pool()
        _ = try await found("letter.docx", pool)
        let first = try #require(await pool.processIDs().first)
        kill(first, SIGKILL)
        #expect(try await found("letter.docx", pool).allText.contains(card))
        let second = try #require(await pool.processIDs().first)
        #expect(first != second)
        await pool.shutdown()
        #expect(await pool.processIDs().isEmpty)
    }

    @Test("a program that crashes, hangs, or talks nonsense gives a fact; one that is not there makes all unknown")
    func brokenProgram() async throws {
        let folder = try TemporaryFolder()
        let greeting = try ExtractionFrame.opening(ExtractionGreeting(), bodyBytes: 0)
        try Data(greeting).write(to: URL(fileURLWithPath: "\(folder.path)/greeting"))
        for (body, unreadable) in [
            ("cat \(folder.path)/greeting; exit 1", "ended"),
            ("cat \(folder.path)/greeting; exec sleep 60", "too long"), ("echo nonsense nonsense nonsense", "ended"),
            // Before a word: only the end of its socket tells.
            ("exit 1", "ended"),
        ] {
            let program = try folder.writeProgram("program", "#!/bin/sh\n\(body)\n")
            let pool = pool {
                $0.program = program
                // On a busy machine a program that ends at once may need more than a second for it.
                $0.timeoutSeconds = unreadable == "too long" ? 3 : 30
            }
            let part = try await found("letter.docx", pool)
            guard case .unreadable(let reason) = part.problem else {
                Issue.record("\(body): \(String(describing: part.problem))")
                continue
            }
            #expect(reason.contains(unreadable))
            await pool.shutdown()
        }
        let none = pool { $0.program = "/nowhere/letterlock-extract" }
        let parts = await none.extract(try mail([("a.docx", "application/octet-stream", Made.bytes("letter.docx"))]))
        guard case .unavailable = parts.state else { return #expect(Bool(false), "\(parts.state)") }
        #expect(await none.probe().refusal != nil)
    }

    @Test("whatever a process has started dies with it")
    func group() async throws {
        let folder = try TemporaryFolder()
        try Data(try ExtractionFrame.opening(ExtractionGreeting(), bodyBytes: 0)).write(
            to: URL(fileURLWithPath: folder.file("greeting")))
        let program = try folder.writeProgram(
            "program",
            "#!/bin/sh\nsleep 300 &\necho $! > \(folder.file("id"))\ncat \(folder.file("greeting"))\nsleep 300\n")
        let pool = pool {
            $0.program = program
            $0.timeoutSeconds = 3
        }
        #expect(try await found("letter.docx", pool).isUnreadable)
        await pool.shutdown()
        let text = try String(contentsOfFile: folder.file("id"), encoding: .utf8)
        let id = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        // A zombie that nobody has waited for yet is dead too.
        for _ in 0..<600 where kill(id, 0) == 0 && !isZombie(id) { try await Task.sleep(for: .milliseconds(100)) }
        #expect(kill(id, 0) != 0 || isZombie(id))
    }

    private func isZombie(_ id: pid_t) -> Bool {
        (try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8))?.contains(") Z ") ?? true
    }

    @Test("frames of any bytes are read or not, within their bounds")
    func frames() throws {
        let job = ExtractionJob(claimedType: "a/b", name: "x", limits: ExtractionSettings().limits)
        let frame = try ExtractionFrame.opening(job, bodyBytes: 7)
        let lengths = try #require(
            ExtractionFrame.lengths(Array(frame[..<16]), headerBytes: 65_536, bodyBytes: 7))
        #expect(lengths.body == 7)
        #expect(ExtractionFrame.header(Array(frame[16...]), as: ExtractionJob.self) == job)
        #expect(ExtractionFrame.lengths(Array(frame[..<16]), headerBytes: 65_536, bodyBytes: 6) == nil)
        #expect(ExtractionFrame.lengths(Array(frame[..<16]), headerBytes: 1, bodyBytes: 7) == nil)
        #expect(
            ExtractionFrame.lengths(
                Array("LLX1".utf8) + Array(repeating: 255, count: 12), headerBytes: .max, bodyBytes: .max) == nil)
        #expect(
            ExtractionFrame.lengths(Array("LLX2".utf8) + Array(repeating: 0, count: 12), headerBytes: 1, bodyBytes: 1)
                == nil)
    }

    @Test("XML that defines entities or ends early is read as far as it goes, and says so")
    func xml() {
        let entity = XMLText.read(Array("<!DOCTYPE a [<!ENTITY x \"secret\">]><a>&x;b</a>".utf8), style: .data)
        #expect(entity.problem != nil)
        let open = XMLText.read(Array("<a>one</a><b quote=\"hidden".utf8), style: .office)
        #expect(open.problem != nil)
        #expect(open.text.contains("hidden"))
        #expect(XMLText.read(Array("<p>a&#x41;&lt;&bad;</p>".utf8), style: .office).text == "aA<&bad;\n")
        #expect(XMLText.read(Array("<p><![CDATA[<x>]]></p>".utf8), style: .office).text == "<x>\n")
        #expect(XMLText.read(Array("<p>aaaaaaaaaa</p><p>b</p>".utf8), style: .office, limitBytes: 4).problem != nil)
    }
}

/// A zip archive with one file that is not compressed.
func storedZip(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
    func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    let sizes = little(Int(~crc), 4) + little(bytes.count, 4) + little(bytes.count, 4) + little(name.utf8.count, 2)
    let local = [0x50, 0x4B, 3, 4] + little(20, 2) + little(0, 2) + little(0, 2) + little(0, 4) + sizes + little(0, 2)
    let entry = [0x50, 0x4B, 1, 2] + little(20, 2) + little(20, 2) + little(0, 2) + little(0, 2) + little(0, 4) + sizes
    let directory = entry + little(0, 12) + little(0, 4) + Array(name.utf8)
    let start = local.count + name.utf8.count + bytes.count
    let end =
        [0x50, 0x4B, 5, 6] + little(0, 4) + little(1, 2) + little(1, 2) + little(directory.count, 4) + little(start, 4)
    return local + Array(name.utf8) + bytes + directory + end + little(0, 2)
}
