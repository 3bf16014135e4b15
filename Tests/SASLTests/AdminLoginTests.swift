// The file of admins and the log-in to the admin page.

import Foundation
import Mail
import SASL
import Synchronization
import Testing

/// A clock that the test moves: seconds since 1970, and the throttle's.
private final class Clock: Sendable {
    let seconds = Mutex<Int64>(1_800_000_000)
    private let start = ContinuousClock.now

    func pass(_ count: Int64) { seconds.withLock { $0 += count } }
    var now: Int64 { seconds.withLock { $0 } }
    var instant: ContinuousClock.Instant { start + .seconds(now - 1_800_000_000) }
}

/// A file with alice in it, and a desk over it.
private struct Door {
    let path: String
    let desk: AdminLoginDesk
    let secret: OneTimeSecret
    let clock = Clock()

    init() throws {
        path = NSTemporaryDirectory() + "letterlock-admins-\(UUID().uuidString)"
        let secret = try #require(OneTimeSecret.drawn())
        let verifier = try #require(ScramVerifier(password: Secret("correct horse battery"), iterations: 4096))
        let user = try #require(AdminUser(name: "Alice", verifier: verifier, secret: secret))
        try AdminFile.edit(path, create: true) { file in
            let isDone = file.add(user)
            #expect(isDone)
        }
        self.secret = secret
        let clock = clock
        desk = AdminLoginDesk(path: path, nowSeconds: { clock.now }, now: { clock.instant }, report: { _ in })
    }

    var code: String { secret.code(step: OneTimeSecret.step(atSeconds: clock.now)) ?? "" }

    func enter(
        _ name: String = "alice", _ password: String = "correct horse battery", _ code: String? = nil,
        from address: String = "192.0.2.7"
    ) async -> AdminLoginDesk.Outcome {
        await desk.check(name: name, password: Secret(password), code: code ?? self.code, clientAddress: address)
    }
}

@Suite struct AdminLoginTests {
    @Test("Password and code together open, and a code opens once")
    func once() async throws {
        let door = try Door()
        #expect(await door.enter("ALICE") == .accepted(name: "alice"))
        #expect(await door.enter() == .wrong, "the same code again")
        door.clock.pass(30)
        #expect(await door.enter() == .accepted(name: "alice"))
        let earlier = try #require(door.secret.code(step: OneTimeSecret.step(atSeconds: door.clock.now) - 1))
        #expect(
            await door.enter("alice", "correct horse battery", earlier) == .wrong, "a code older than the last used")
    }

    @Test("Either alone does not, and nobody is told which was wrong")
    func apart() async throws {
        let door = try Door()
        #expect(await door.enter("alice", "wrong") == .wrong)
        #expect(await door.enter("alice", "correct horse battery", "000000") == .wrong)
        #expect(await door.enter("bob") == .wrong)
        #expect(await door.enter("", "", "") == .wrong)
        // A wrong password does not use up the code.
        #expect(await door.enter() == .accepted(name: "alice"))
    }

    @Test("Guessing rests, longer each time, never for ever; the network rests too")
    func throttle() async throws {
        let door = try Door()
        for _ in 0..<5 { #expect(await door.enter("alice", "guess") == .wrong) }
        guard case .resting(let first) = await door.enter() else {
            Issue.record("the right password opened in the rest")
            return
        }
        guard case .resting = await door.enter("carol", "guess") else {
            Issue.record("another name of the same network was tried")
            return
        }
        #expect(await door.enter("carol", "guess", from: "198.51.100.1") == .wrong)
        door.clock.pass(Int64(first))
        #expect(await door.enter("alice", "guess") == .wrong)
        guard case .resting(let second) = await door.enter() else {
            Issue.record("no second rest")
            return
        }
        #expect(second > first)
        door.clock.pass(3601)
        #expect(await door.enter() == .accepted(name: "alice"))
    }

    @Test("Who is taken out of the file is not known any more")
    func removed() async throws {
        let door = try Door()
        #expect(door.desk.knows("alice"))
        try AdminFile.edit(door.path, create: false) { file in
            let isDone = file.remove("ALICE")
            #expect(isDone)
        }
        #expect(!door.desk.knows("alice"))
        #expect(await door.enter() == .wrong)
    }

    @Test("A file that others can read opens nothing")
    func mode() async throws {
        let door = try Door()
        #expect(chmod(door.path, 0o644) == 0)
        #expect(await door.enter() == .unavailable)
        #expect(throws: Diagnostic.self) { try AdminFile.read(door.path) }
    }

    @Test(
        "Lines that are none",
        arguments: ["alice", "alice x GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "alice SCRAM-SHA-256$1:a$b:c GEZDGNBV extra"])
    func malformed(line: String) {
        #expect(throws: Diagnostic.self) { try AdminFile("# comment\n\(line)\n", file: "admins") }
    }
}
