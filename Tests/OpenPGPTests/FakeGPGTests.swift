import Foundation
import Mail
import OpenPGP
import Testing

/// Programs in gpg's place that do what gpg should not.
@Suite struct FakeGPGTests {
    /// A keyring that knows Bob by the real gpg, and an engine whose gpg then is another program.
    private func broken(_ script: String?, timeoutSeconds: Int = 4) async throws -> (Bench, [Certificate]) {
        let bench = try Bench(["bob"], program: nil, timeoutSeconds: timeoutSeconds)
        let link = bench.program
        let certificates = try await bench.usable("bob@example.org")
        _ = try await bench.engine.encrypt(MessageBytes("x"), to: certificates)
        try FileManager.default.removeItem(atPath: link)
        if let script {
            try putProgram(link, script)
        }
        return (bench, certificates)
    }

    @Test(
        arguments: [
            nil, "exit 2", "exit 0", "echo rubbish; exit 0", "kill -9 $$", "head -c 100000 /dev/zero; exit 2",
            "cat >/dev/null; exit 2",
            "exec /usr/bin/gpg --no-such-option",
        ] as [String?])
    func whatFailsIsRefused(script: String?) async throws {
        let (bench, certificates) = try await broken(script, timeoutSeconds: 200)
        for size in [10, 500_000] {
            let plain = MessageBytes(bytes: [UInt8](repeating: 65, count: size))
            let refusal = await #expect(throws: Refusal.self) {
                try await bench.engine.encrypt(plain, to: certificates)
            }
            #expect(refusal?.cause == .engine)
            #expect(refusal?.isPermanent == false)
            #expect(refusal?.publicText.contains("/") == false)
        }
        await bench.engine.shutdown()
    }

    /// gpg killed half-way: part of its output is there, and GPGME does not look at exit codes.
    @Test(arguments: [
        "head -c 100000 >/dev/null; head -c 100000 /dev/zero; kill -9 $$", "head -c 100 >/dev/null; kill -9 $$",
    ])
    func whatDiesHalfWayIsRefused(script: String) async throws {
        let (bench, certificates) = try await broken(script, timeoutSeconds: 200)
        let plain = MessageBytes(bytes: [UInt8](repeating: 65, count: 500_000))
        let refusal = await #expect(throws: Refusal.self) { try await bench.engine.encrypt(plain, to: certificates) }
        #expect(refusal?.cause == .engine)
        await bench.engine.shutdown()
    }

    @Test(arguments: [
        "sleep 1000", "sleep 1000 & wait", "sh -c 'sleep 1000; true'; true", "cat >/dev/null; sleep 1000",
    ])
    func whatHangsIsKilledWithItsChildren(script: String) async throws {
        let (bench, certificates) = try await broken(script)
        let refusal = await #expect(throws: Refusal.self) {
            try await bench.engine.encrypt(MessageBytes("x"), to: certificates)
        }
        #expect(refusal?.cause == .engine)
        #expect(refusal?.detail == "gpg was killed after 4 seconds")
        await bench.engine.shutdown()
        #expect(try !processes().contains(bench.state.path))
    }

    /// A child that left its parent holds gpg's pipes open and cannot be found; the caller must not wait for it.
    @Test func whatCannotBeKilledIsGivenUp() async throws {
        let (bench, certificates) = try await broken("sleep 100 & echo $! > \"$0.pid\"; exit 0")
        await #expect(throws: Refusal.self) { try await bench.engine.encrypt(MessageBytes("x"), to: certificates) }
        let text = try String(contentsOfFile: "\(bench.program).pid", encoding: .utf8)
        let child = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(kill(child, SIGKILL) == 0)
        // The lost worker is replaced.
        try bench.mend()
        _ = try await bench.engine.encrypt(MessageBytes("x"), to: certificates)
        await bench.engine.shutdown()
    }

    /// A new context asks gpg for its version, without naming a home.
    @Test func aVersionThatHangsIsKilledToo() async throws {
        let folder = TestFolder()
        try putProgram("\(folder.path)/gpg", "sleep 1000")
        let bench = try Bench(["bob"], program: "\(folder.path)/gpg", timeoutSeconds: 2)
        await #expect(throws: DecryptError.self) {
            try await bench.engine.decrypt(MessageBytes("x"), homeFolder: bench.state.path)
        }
        await bench.engine.shutdown()
        #expect(try !processes().contains(folder.path))
    }

    @Test func aCancelledTaskKillsItsGPG() async throws {
        let (bench, certificates) = try await broken("echo $$ >> \"$2.pid\"; sleep 1000", timeoutSeconds: 500)
        // More than there are workers: those that wait end as well.
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    do {
                        _ = try await bench.engine.encrypt(MessageBytes("x"), to: certificates)
                        return false
                    } catch { return (error as? Refusal)?.cause == .deadline }
                }
            }
            usleep(300_000)
            group.cancelAll()
            for await isRefused in group { #expect(isRefused) }
        }
        await bench.engine.shutdown()
        #expect(try !processes().contains(bench.state.path))
    }

    @Test func shutdownEndsWhatHangs() async throws {
        let (bench, certificates) = try await broken("sleep 1000", timeoutSeconds: 500)
        async let refusal = #expect(throws: Refusal.self) {
            try await bench.engine.encrypt(MessageBytes("x"), to: certificates)
        }
        usleep(200_000)
        await bench.engine.shutdown()
        #expect(await refusal?.cause == .busy)
        #expect(try !processes().contains(bench.state.path))
    }

    @Test func theEngineRecoversWhenGPGIsBack() async throws {
        let (bench, certificates) = try await broken("sleep 1000")
        await #expect(throws: Refusal.self) { try await bench.engine.encrypt(MessageBytes("x"), to: certificates) }
        try bench.mend()
        _ = try await bench.engine.encrypt(MessageBytes("x"), to: certificates)
        await bench.engine.shutdown()
    }

    /// Without gpg nothing can be said about an address that somebody claims; about others it can.
    @Test(arguments: ["/nonexistent/gpg", "/bin/false", "/bin/true", "/bin/echo"])
    func claimedAddressesAreUnknownWithoutGPG(program: String) async throws {
        let bench = try Bench(["bob"], program: program)
        #expect(try await bench.isUnknown("bob@example.org"))
        #expect(try await bench.isUnknown("bob+tag@example.org"))
        #expect(try await bench.status("nobody@example.org") == .none)
        #expect(await bench.keyring.listing().map(\.addresses) == [[]])
        await bench.engine.shutdown()
    }

    /// A newer file that could not be checked may be a revocation: the former certificate must not be used on.
    @Test func aChangedFileIsUnknownWithoutGPG() async throws {
        let (bench, _) = try await broken("exit 2")
        try bench.keys.put("bob.pgp", TestKeys.certificate("rita"))
        #expect(try await bench.isUnknown("bob@example.org"))
        #expect(try await bench.isUnknown("rita@example.org"))
        await bench.engine.shutdown()
    }

    private func processes() throws -> String {
        String(decoding: try runProgram("/bin/ps", ["axww", "-o", "args"]), as: UTF8.self)
    }
}
