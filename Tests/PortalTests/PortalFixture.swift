// What the tests of this folder share: a portal on a real socket over a real letter store, letters in every state, and
// an HTTP client that shows answers byte for byte.

import Cryptography
import Foundation
import Links
import Logging
import Mail
import Portal
import ServiceLifecycle
import SettingValues
import Synchronization
import Testing
import Vault
import VaultSQLite
import Wording

/// A clock that tests set.
final class TestClock: Sendable {
    private let value = Mutex<Int64>(1_800_000_000)
    var now: Int64 { value.withLock { $0 } }
    func advance(seconds: Int64) { value.withLock { $0 += seconds } }
}

/// Lines that were logged.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func append(_ line: String) { lines.withLock { $0.append(line) } }

    func logger() -> Logger {
        var logger = Logger(label: "test", factory: { _ in Handler(lines: self) })
        logger.logLevel = .trace
        return logger
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.append("\(event.level) \(event.message) \(metadata) \(event.metadata ?? [:])")
        }
    }
}

/// A running portal with the gateway's side of its store.
struct RunningPortal: Sendable {
    let port: Int
    let folder: String
    let store: LetterDatabase
    let clock: TestClock
    let log: LogLines
    let group: ServiceGroup

    /// Runs `body` with a portal, then shuts it down gracefully and removes everything.
    static func with(
        bodyBytes: Int = 4096, busySeconds: Double = 5,
        configure: @Sendable (inout PortalConfiguration) -> Void = { _ in },
        _ body: @Sendable (RunningPortal) async throws -> Void
    ) async throws {
        let place = "/tmp/llp-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: place) }
        let folder = "\(place)/letters"
        let gateway = try LetterDatabase(folder: folder)
        let letters = try PortalLetterDatabase(folder: folder, busySeconds: busySeconds)
        let clock = TestClock()
        let log = LogLines()
        var configuration = PortalConfiguration(address: .tcp(host: "127.0.0.1", port: 0), lettersFolder: folder)
        configuration.bodyBytes = bodyBytes
        configure(&configuration)
        let (ports, found) = AsyncStream<Int>.makeStream()
        let server = PortalServer(
            configuration: configuration, letters: letters, logger: log.logger(), nowSeconds: { clock.now },
            onListening: { address in
                if case .tcp(_, let port) = address { found.yield(port) }
                found.finish()
            })
        let group = ServiceGroup(configuration: .init(services: [server], logger: log.logger()))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { found.finish() }
                try await group.run()
            }
            var port: Int?
            for await bound in ports { port = bound }
            try await body(
                RunningPortal(
                    port: #require(port), folder: folder, store: gateway, clock: clock, log: log, group: group))
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Locks a letter with few rounds and stores it in a state.
    func letter(
        _ message: String = "hello", state: LetterState = .waiting, isNotifying: Bool = false, lifetime: Int64 = 1000,
        answers: AnswerLimits? = nil
    ) async throws -> Locked {
        let (content, key) = try LetterLocker.lockContent(index: Array("{}".utf8), message: MessageBytes(message))
        var (letter, secrets) = try LetterLocker.lockLetter(
            for: key,
            LetterTerms(
                contentID: content.id, createdAtSeconds: clock.now, expiresAtSeconds: clock.now + lifetime),
            rounds: 10)
        letter.answers = answers
        try await store.keep([content], [letter])
        if state == .waiting || isNotifying { try await store.markNotifying(letter.id) }
        if state == .waiting { try await store.makeReadable([letter.id]) }
        let opener = try LetterOpener(
            id: letter.id, linkSecret: secrets.linkSecret.revealed, password: secrets.password.revealed,
            kind: letter.parameters.passwordKind, rounds: letter.parameters.rounds, salt: letter.parameters.salt,
            leastRounds: 1)
        return Locked(
            id: letter.id, secrets: secrets, opener: opener, conversationPoint: letter.conversationPublicKey)
    }

    func get(_ path: String, _ fields: [String: String] = [:]) async throws -> Answer {
        try await RawHTTP.ask(port: port, method: "GET", path: path, fields: fields)
    }

    func post(_ path: String, _ body: String, _ fields: [String: String] = [:]) async throws -> Answer {
        try await RawHTTP.ask(
            port: port, method: "POST", path: path,
            fields: ["Content-Type": "application/json"].merging(fields) { $1 }, body: Array(body.utf8)
        )
    }
}

/// A stored letter and what opens it.
struct Locked: Sendable {
    let id: String
    let secrets: LetterSecrets
    let opener: LetterOpener
    let conversationPoint: [UInt8]

    var path: String { "/api/letters/\(id)" }
    var proof: String { Self.body(opener.proof) }
    /// The right link, and a password that is none.
    var wrong: LetterProof { LetterProof(link: opener.proof.link, auth: [UInt8](repeating: 7, count: 32)) }
    var wrongProof: String { Self.body(wrong) }
    /// The right password, and another's link.
    var foreign: LetterProof { LetterProof(link: [UInt8](repeating: 9, count: 32), auth: opener.proof.auth) }

    static func body(_ proof: LetterProof, more: String = "") -> String {
        "{\"auth\":\"\(Base64URL.encode(proof.auth))\",\"link\":\"\(Base64URL.encode(proof.link))\"\(more)}"
    }
}
