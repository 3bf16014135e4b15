// The walls: what the program may not do, tried from inside; and pdftotext, which runs inside of them.

import Extraction
import ExtractionWire
import Foundation
import Mail
import SettingValues
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

    /// A C compiler: the Swift toolchain brings clang.
    private static let compiler = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .flatMap { ["\($0)/clang", "\($0)/cc"] }.first { (path: String) in access(path, X_OK) == 0 }

    @Test(
        "a PDF that makes pdftotext crash, spin, sleep or fill the memory: bounded, and the next file is read",
        .enabled(if: compiler != nil, "there is no C compiler"),
        arguments: [
            ("__builtin_trap();", "ended by signal"), ("for (;;);", "ended by signal"),
            ("for (;;) sleep(100);", "took too long"),
            ("for (;;) { char *p = malloc(1 << 20); if (!p) return 9; memset(p, 1, 1 << 20); }", "status 9"),
            (
                "for (int n = 0; n < 100; n++) if (fork() == 0) for (;;) sleep(100); for (;;) sleep(100);",
                "took too long"
            ),
        ])
    func hostilePDF(_ code: String, _ expected: String) async throws {
        let folder = try TemporaryFolder()
        let source = try folder.write(
            "fake.c",
            "#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\nint main(void) { \(code) return 0; }\n")
        let compile = Process()
        compile.executableURL = URL(fileURLWithPath: try #require(Self.compiler))
        compile.arguments = ["-O0", "-o", folder.file("pdftotext"), source]
        try compile.run()
        compile.waitUntilExit()
        try #require(compile.terminationStatus == 0)
        let script = try folder.writeProgram(
            "extract",
            "#!/bin/sh\nexec \(BuiltExtractor.program) --pdftotext \(folder.file("pdftotext")) \"$@\"\n")
        var limits = ExtractionSettings().limits
        limits.cpuSeconds = 1
        let pool = pool(limits: limits) {
            $0.program = script
            // Where the processor's time or the memory ends it, a busy machine may need long to use them up.
            $0.timeoutSeconds = expected == "took too long" ? 4 : 60
        }
        let start = ContinuousClock.now
        let part = try await found("letter.pdf", pool)
        #expect(ContinuousClock.now - start < .seconds(90))
        guard case .unreadable(let reason) = part.problem else {
            Issue.record("\(String(describing: part.problem))")
            return
        }
        #expect(reason.contains(expected))
        #expect(try await found("letter.docx", pool).allText.contains(card))
        await pool.shutdown()
        for _ in 0..<600 where Self.isRunning(folder.file("pdftotext")) {
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(!Self.isRunning(folder.file("pdftotext")), "what it has started still runs")
    }

    private static func isRunning(_ program: String) -> Bool {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.contains { id in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/exe")) == program
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
        let script = try folder.writeProgram(
            "extract", "#!/bin/sh\nexec \(BuiltExtractor.program) --pdftotext \(pdftotext) \"$@\"\n")
        Self.folders.append(folder)
        return pool { $0.program = script }
    }

    /// Scripts must outlive the pools.
    nonisolated(unsafe) private static var folders: [TemporaryFolder] = []
}
