// Encrypting through letterlock-seal: what happens to it, and to the certificates that its gpg reads.

import Foundation
import Mail
import OpenPGP
import Packets
import Support
import Testing

@Suite struct HelperTests {
    private static func plain(_ count: Int) -> MessageBytes {
        MessageBytes(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    }

    private static func opens(_ cipher: MessageBytes, as plain: MessageBytes, _ bench: Bench) async throws -> Bool {
        try await bench.engine.decrypt(cipher, homeFolder: TestKeys.home()).bytes == plain
    }

    @Test func aHelperThatDiedIsStartedAgain() async throws {
        let bench = try Bench(["bob"])
        let certificates = try await bench.usable("bob@example.org")
        var seen: Set<Int32> = []
        for round in 0..<3 {
            let plain = MessageBytes("round \(round)")
            #expect(try await Self.opens(bench.engine.encrypt(plain, to: certificates), as: plain, bench))
            let process = try #require(bench.engine.helperProcessID)
            #expect(seen.insert(process).inserted, "a new one for each round")
            #expect(kill(process, SIGKILL) == 0)
        }
        await bench.engine.shutdown()
    }

    /// Killed while gpg is at work: the second try of the same call seals.
    @Test(arguments: [10, 3_000_000]) func aHelperThatDiesAtWorkCostsATry(count: Int) async throws {
        let bench = try Bench(["bob"], program: nil)
        let certificates = try await bench.usable("bob@example.org")
        _ = try await bench.engine.encrypt(MessageBytes("x"), to: certificates)
        try FileManager.default.removeItem(atPath: bench.program)
        let mark = "\(bench.state.path)/slow"
        try putProgram(
            bench.program,
            """
            test -e \(mark) || { case "$*" in *--encrypt*) touch \(mark); sleep 100;; esac; }
            exec /usr/bin/gpg "$@"
            """
        )
        let plain = Self.plain(count)
        async let cipher = bench.engine.encrypt(plain, to: certificates)
        while access(mark, F_OK) != 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(kill(try #require(bench.engine.helperProcessID), SIGKILL) == 0)
        #expect(try await Self.opens(cipher, as: plain, bench))
        await bench.engine.shutdown()
        let processes = String(decoding: try runProgram("/bin/ps", ["axww", "-o", "args"]), as: UTF8.self)
        #expect(!processes.contains(bench.state.path))
    }

    @Test func aHelperThatHangsIsReplaced() async throws {
        let bench = try Bench(["bob"], timeoutSeconds: 2)
        let certificates = try await bench.usable("bob@example.org")
        _ = try await bench.engine.encrypt(MessageBytes("x"), to: certificates)
        let process = try #require(bench.engine.helperProcessID)
        #expect(kill(process, SIGSTOP) == 0)
        let refusal = await #expect(throws: Refusal.self) {
            try await bench.engine.encrypt(MessageBytes("y"), to: certificates)
        }
        #expect(refusal?.cause == .engine)
        _ = try await bench.engine.encrypt(MessageBytes("z"), to: certificates)
        #expect(bench.engine.helperProcessID != process)
        await bench.engine.shutdown()
        #expect(kill(process, 0) != 0, "the one that hung is gone")
    }

    /// In the helper's place: what ends, says nothing sensible, or greets and then does nothing.
    @Test(arguments: ["exit 0", "echo rubbish >&0", "printf LLS2 >&0; sleep 100", "printf LLS1 >&0; sleep 100"])
    func aHelperThatIsNoneSealsNothing(script: String) async throws {
        let folder = TestFolder()
        try putProgram("\(folder.path)/letterlock-seal", script)
        let bench = try Bench(["bob"], timeoutSeconds: 2, helper: "\(folder.path)/letterlock-seal")
        let certificates = try await bench.usable("bob@example.org")
        let refusal = await #expect(throws: Refusal.self) {
            try await bench.engine.encrypt(MessageBytes("x"), to: certificates)
        }
        #expect(refusal?.cause == .engine)
        #expect(refusal?.publicText.contains("letterlock") == false)
        await bench.engine.shutdown()
    }

    @Test func itEndsWithTheEngine() async throws {
        let bench = try Bench(["bob"])
        #expect(bench.engine.helperProcessID == nil)
        #expect(bench.engine.checkHelper().problem == nil)
        let process = try #require(bench.engine.helperProcessID)
        _ = try await bench.engine.encrypt(MessageBytes("x"), to: bench.usable("bob@example.org"))
        #expect(bench.engine.helperProcessID == process)
        await bench.engine.shutdown()
        #expect(kill(process, 0) != 0)
        #expect(bench.engine.checkHelper().problem != nil, "there is no other one")
    }

    /// What a script in gpg's place wants to start, nobody knows: it runs without walls, and that is said.
    @Test func aScriptRunsWithoutWalls() async throws {
        let bench = try Bench(["bob"], program: nil)
        #expect(bench.engine.checkHelper().lacks == nil)
        try FileManager.default.removeItem(atPath: bench.program)
        try putProgram(bench.program, "exec /usr/bin/gpg \"$@\"")
        #expect(bench.engine.checkHelper().lacks?.contains("is a script") == true)
        let plain = MessageBytes("x")
        let cipher = try await bench.engine.encrypt(plain, to: bench.usable("bob@example.org"))
        #expect(try await Self.opens(cipher, as: plain, bench))
        await bench.engine.shutdown()
    }

    /// 25 MiB go through pipes: neither letterlock-seal nor gpg holds them.
    @Test func aLargeMessageIsNeverInItsMemory() async throws {
        let bench = try Bench(["bob"])
        let certificates = try await bench.usable("bob@example.org")
        let plain = MessageBytes(bytes: [UInt8](repeating: 0x41, count: 25 << 20))
        let cipher = try await bench.engine.encrypt(plain, to: certificates)
        #expect(cipher.count > plain.count)
        let process = try #require(bench.engine.helperProcessID)
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        let kilobytes = try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        #expect(kilobytes < 20_000, "most resident memory of letterlock-seal")
        #expect(try await Self.opens(cipher, as: plain, bench))
        await bench.engine.shutdown()
    }

    @Test func theSameComesOfItAsWithoutIt() async throws {
        for usesHelper in [true, false] {
            let bench = try usesHelper ? Bench(["bob", "rita"]) : Bench(["bob", "rita"], helper: nil)
            let all = try await bench.usable("bob@example.org") + bench.usable("rita@example.org")
            let plain = Self.plain(100_000)
            let cipher = try await bench.engine.encrypt(plain, to: all)
            let parsed = try EncryptedMessage.parse(cipher)
            #expect(parsed.protection == .seipdV1)
            #expect(Set(parsed.recipients) == Set(all.flatMap(\.encryptionKeyIDs)))
            #expect(try await Self.opens(cipher, as: plain, bench))
            #expect((bench.engine.helperProcessID != nil) == usesHelper)
            await bench.engine.shutdown()
        }
    }
}
