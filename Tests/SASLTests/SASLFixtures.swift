// A desk over a file of users in a folder of its own, a clock that stands still, and a client that plays a mechanism
// through.

import Foundation
import Mail
import SASL
import Support
import Synchronization
import Testing

/// A clock that the test moves.
final class HandClock: Sendable {
    private let offset = Mutex(Duration.zero)
    private let start = ContinuousClock.now
    var now: ContinuousClock.Instant { start + offset.withLock { $0 } }
    func advance(seconds: Int) { offset.withLock { $0 += .seconds(seconds) } }
}

struct Desk {
    static let iterations = 4096
    let folder: TemporaryFolder
    let clock = HandClock()
    let problems = Problems()
    let desk: UserLoginDesk
    var file: String { folder.file("users") }

    final class Problems: Sendable {
        let all = Mutex<[Diagnostic]>([])
    }

    /// - Parameter users: name to password.
    init(
        _ users: [String: String] = ["alice": "open sesame", "bob@example.org": "pässwörd, with = signs"],
        failures: Int = 5, nonce: (@Sendable () -> String?)? = nil
    ) throws {
        folder = try TemporaryFolder()
        try Self.write(users, to: folder.file("users"))
        var limits = Limits()
        limits.loginFailures = failures
        let problems = problems
        let directory = UserDirectory(path: folder.file("users")) { problem in
            problems.all.withLock { $0.append(problem) }
        }
        let clock = clock
        desk = UserLoginDesk(
            directory: directory, limits: limits, now: { clock.now }, nonce: nonce ?? { UserLoginDesk.drawnNonce() })
    }

    static func write(_ users: [String: String], to path: String) throws {
        try UserFile.edit(path, create: true) { file in
            for (name, password) in users {
                let verifier = try #require(ScramVerifier(password: Secret(password), iterations: iterations))
                file.put(
                    try #require(
                        StoredUser(name: name, verifier: verifier, maySendAs: DomainList([".example.org"]))))
            }
        }
    }

    /// Plays a mechanism through.
    func login(
        _ mechanism: String, _ user: String, _ password: String, from address: String = "192.0.2.7"
    ) async throws -> LoginStep {
        var client = try #require(
            ClientMechanism.best(of: [mechanism], user: user, password: Secret(password)), "no client")
        let exchange = try #require(desk.begin(mechanism, clientAddress: address))
        var step = await exchange.step(client.initialResponse)
        while case .challenge(let challenge) = step {
            step = await exchange.step(try client.respond(to: challenge))
        }
        if case .success(_, let final?) = step { #expect(try client.respond(to: final) == []) }
        if case .success = step { #expect(client.isSatisfied) }
        return step
    }
}

extension LoginStep {
    /// The user's name, or the failure.
    var words: String {
        switch self {
        case .challenge: "challenge"
        case .success(let login, _): login.name
        case .failure(let failure): "\(failure)"
        }
    }
}
