// The walls: what the program may not do, tried from inside; and pdftotext, which runs inside of them.

import Extraction
import Foundation
import Mail
import Support
import Testing

@Suite(.serialized) struct SandboxTests {
    @Test("files, sockets, signals, programs and namespaces are denied, and the program says so")
    func selfTest() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: BuiltExtractor.program)
        process.arguments = ["--self-test"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
        #expect(!text.contains("NOT DENIED"))
        #expect(text.split(separator: "\n").count { $0.contains(": denied") } == 8, "\(text)")
    }

    @Test("it runs, and nothing is missing")
    func probe() async {
        let pool = pool()
        let (refusal, lacks) = await pool.probe()
        await pool.shutdown()
        #expect(refusal == nil)
        #expect(lacks.isEmpty)
    }

    @Test("a pdftotext that fails, or writes without end, is a problem of the file")
    func pdftotext() async throws {
        for program in ["/usr/bin/false", "/usr/bin/yes"] {
            let pool = try wrapped(around: program)
            let start = ContinuousClock.now
            let part = try await found("letter.pdf", pool)
            await pool.shutdown()
            #expect(part.isUnreadable, "\(program)")
            #expect(ContinuousClock.now - start < .seconds(15))
        }
    }

    @Test("without pdftotext a PDF is unreadable, and everything else is read")
    func withoutPDF() async throws {
        let pool = try wrapped(around: "/nowhere/pdftotext")
        let part = try await found("letter.pdf", pool)
        #expect(part.problem != nil)
        #expect(part.realType == "application/pdf")
        #expect(try await found("letter.docx", pool).problem == nil)
        await pool.shutdown()
    }

    /// A pool whose processes take another program for pdftotext.
    private func wrapped(around pdftotext: String) throws -> ExtractionPool {
        let folder = try TemporaryFolder()
        let script = try folder.write(
            "extract", "#!/bin/sh\nexec \(BuiltExtractor.program) --pdftotext \(pdftotext) \"$@\"\n")
        chmod(script, 0o755)
        Self.folders.append(folder)
        return pool { $0.program = script }
    }

    /// Scripts must outlive the pools.
    nonisolated(unsafe) private static var folders: [TemporaryFolder] = []
}
