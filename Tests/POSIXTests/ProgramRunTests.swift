// Programs that are given bytes and time.

import Foundation
import POSIX
import Testing

@Suite struct ProgramRunTests {
    private func run(
        _ script: String, _ input: ProgramRun.Input = .nothing, output: Int? = 1000, errors: Int? = nil,
        within time: Duration = .seconds(60)
    ) async throws -> ProgramRun.Outcome {
        let command = ChildProcess.Command(
            "/bin/sh", ["-c", script], environment: ["PATH=/usr/bin:/bin", "WORD=here"], leadsGroup: true)
        return try await ProgramRun(command, input: input, outputBytes: output, errorBytes: errors).run(within: time)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func bytesInAndOut() async throws {
        signal(SIGPIPE, SIG_IGN)
        for count in [0, 10, 16_384, 16_385, 300_000] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            let outcome = try await run("cat; echo said >&2", .bytes(bytes), output: 300_000, errors: 3)
            #expect(outcome.output == bytes && outcome.isWhole && outcome.status?.isSuccess == true)
            #expect(text(outcome.errors) == "id\n")
        }
    }

    @Test func theEnvironmentIsWhatIsSaid() async throws {
        #expect(text(try await run("echo $WORD $HOME.").output) == "here .\n")
    }

    @Test func noMoreOutputThanWanted() async throws {
        let outcome = try await run("exec yes", output: 7)
        #expect(text(outcome.output) == "y\ny\ny\ny" && !outcome.isWhole)
        #expect(outcome.status?.signal == SIGPIPE)
    }

    @Test func howItEnded() async throws {
        let failed = try await run("exit 3").status
        #expect(failed?.code == 3 && failed?.signal == nil && failed?.isSuccess == false)
        let killed = try await run("kill -9 $$").status
        #expect(killed?.signal == SIGKILL && killed?.isSuccess == false)
    }

    @Test func endsWhatTakesTooLongWithAllItsChildren() async throws {
        let outcome = try await run("sleep 600 & echo $!; sleep 600", within: .milliseconds(300))
        #expect(outcome.status == nil)
        let child = try #require(pid_t(text(outcome.output).dropLast()))
        for _ in 0..<500 where Self.isRunning(child) { try await Task.sleep(for: .milliseconds(10)) }
        #expect(!Self.isRunning(child))
    }

    /// False also for a process that has ended and that nobody has waited for.
    private static func isRunning(_ id: pid_t) -> Bool {
        let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
        return text.map { !$0.contains(") Z ") } ?? false
    }

    @Test func outputThatIsThrownAwayHoldsNobodyUp() async throws {
        let outcome = try await run("cat; echo more", .bytes([1, 2]), output: nil)
        #expect(outcome.output.isEmpty && outcome.status?.isSuccess == true)
        let late = try await run("sleep 600", output: nil, within: .milliseconds(100))
        #expect(late.status == nil)
    }

    @Test func anOpenFileAsInput() async throws {
        let file = open("/bin/sh", O_RDONLY | O_CLOEXEC)
        let outcome = try await run("head -c 4", .descriptor(file))
        #expect(outcome.output == [0x7F] + Array("ELF".utf8))
    }

    /// Sockets are opened elsewhere, without O_CLOEXEC: a program that keeps one hides its end from the other side.
    @Test func noDescriptorIsInherited() async throws {
        let opened = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        // Shells open descriptors of their own below ten.
        let descriptor = fcntl(opened, F_DUPFD, 100)
        defer {
            close(opened)
            close(descriptor)
        }
        try #require(descriptor >= 100 && fcntl(descriptor, F_GETFD) == 0)
        let folder = "/proc/$$/fd"
        let outcome = try await run("[ -e \(folder)/1 ] && echo one; [ -e \(folder)/\(descriptor) ] && echo more")
        #expect(text(outcome.output) == "one\n")
    }

    @Test func whatCannotBeStarted() async throws {
        let run = ProgramRun(ChildProcess.Command("/none/at/all", []), outputBytes: 1)
        await #expect(throws: SystemError(ENOENT)) { try await run.run(within: .seconds(1)) }
    }
}
