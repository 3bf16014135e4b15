// What `letterlock quarantine` does, beside a running gateway: both open the same database. What changes a message holds
// a lock file, so that two officers cannot release the same message at once; the lock goes with the process.

import Delivery
import Foundation
import Glibc
package import Logging
import MIME
package import Mail
package import NIOCore
import OpenPGP
import POSIX
import Policy
package import Sealing
import Vault

/// The officer's side of the quarantine.
package struct QuarantineDesk: Sendable {
    /// What has become of a release for one recipient.
    package struct Released: Sendable {
        package let recipient: Mailbox
        /// Why it is held still, or nil.
        package let refusal: Refusal?
        /// The plan's word: `pass`, `seal`, `refuse`, `tempfail`.
        package let verdict: String
        package let method: String?
    }

    private let ledger: Ledger
    private let gatewayFolder: String
    private let who: String

    /// - Parameter who: the name that records give to whoever does this.
    /// - Throws: a ``Refusal`` of cause `storage` where the database cannot be opened.
    package init(stateFolder: String, who: String) throws(Refusal) {
        gatewayFolder = "\(stateFolder)/gateway"
        ledger = try Ledger(folder: gatewayFolder)
        self.who = who
    }

    /// In a running gateway, whose database is open already.
    init(ledger: Ledger, gatewayFolder: String, who: String) {
        self.ledger = ledger
        self.gatewayFolder = gatewayFolder
        self.who = who
    }

    /// Held messages, oldest first.
    /// - Parameter settled: true for those too that lie there no longer.
    func entries(settled: Bool = false) async throws(Refusal) -> [QuarantineEntry] {
        try await ledger.quarantined(settled: settled)
    }

    /// One message; nil where there is none of this id.
    func entry(_ id: String) async throws(Refusal) -> QuarantineEntry? { try await ledger.quarantined(id) }

    /// What was done with a message, oldest first.
    func records(_ id: String) async throws(Refusal) -> [QuarantineEntry.Record] {
        try await ledger.quarantineRecords(id)
    }

    /// The message as it came, opened with the officer's secret key; that it was opened is recorded.
    /// - Parameter homeFolder: GnuPG home with the secret key; nil is the user's own.
    /// - Returns: nil where its content lies there no longer.
    /// - Throws: ``OpeningError``.
    package func open(
        _ entry: HeldLine, homeFolder: String?, gpgProgram: String, gpgTimeoutSeconds: Int
    ) async throws(OpeningError) -> MessageBytes? {
        do throws(Refusal) {
            guard let sealed = try await ledger.quarantinedContent(entry.id) else { return nil }
            let work = try WorkFolder()
            defer { work.remove() }
            let engine = try Engine(
                EngineSettings(
                    program: gpgProgram, homeFolder: "\(work.path)/gnupg", timeoutSeconds: gpgTimeoutSeconds, workers: 1
                ))
            let opened: Result<Decrypted, DecryptError>
            do throws(DecryptError) {
                opened = .success(
                    try await engine.decrypt(
                        sealed, homeFolder: homeFolder, limitBytes: entry.bytes))
            } catch { opened = .failure(error) }
            await engine.shutdown()
            let bytes = try opened.mapError { error in
                if case .engine(let refusal) = error { return refusal }
                return Refusal(.policy, "cannot be opened", detail: error.description)
            }.get().bytes
            try await ledger.noteQuarantine(
                "opened", entry.id, recipients: [], who: who, said: "", nowSeconds: Self.now())
            return bytes
        } catch {
            throw OpeningError(error)
        }
    }

    /// Destroys the content for all who are held; the record stays.
    /// - Returns: false where nobody was held any more.
    package func drop(_ id: String, reason: String) async throws(Refusal) -> Bool {
        let lock = try QuarantineLock(folder: gatewayFolder)
        defer { lock.release() }
        guard let entry = try await ledger.quarantined(id), !entry.held.isEmpty else { return false }
        try await ledger.settleQuarantine(
            id, entry.held.map(\.address), as: .dropped, who: who, said: reason, nowSeconds: Self.now())
        return true
    }

    /// Runs the plan again without the rules that held the message, seals what it says, and hands it to the next hop. Only
    /// who has been served leaves the quarantine.
    /// - Parameters:
    ///   - recipients: of those who are held; nil: all.
    ///   - message: as ``open(_:homeFolder:gpgProgram:gpgTimeoutSeconds:)`` gave it.
    /// - Returns: the fate of each; empty where nobody of them is held any more.
    /// - Throws: ``PolicyRejected``, or a ``Refusal`` where nothing could be tried.
    package func release(
        _ id: String, _ recipients: [Mailbox]?, message: MessageBytes, _ configuration: GatewayConfiguration,
        group: any EventLoopGroup, logger: Logger
    ) async throws -> [Released] {
        let lock = try QuarantineLock(folder: gatewayFolder)
        defer { lock.release() }
        guard let entry = try await ledger.quarantined(id) else { return [] }
        let wanted = recipients.map { Set($0.map(\.folded)) }
        let held = entry.held.compactMap { Mailbox($0.address) }.filter { wanted?.contains($0.folded) ?? true }
        guard !held.isEmpty else { return [] }
        let policy = PolicyFolder.load(configuration.policyFolder, surroundings: configuration.surroundings)
        guard let rules = policy.ruleset else { throw PolicyRejected(diagnostics: policy.diagnostics) }
        let parts = try GatewayParts(configuration, group: group, logger: logger)
        do {
            let results = try await release(entry, held, message, parts.path(configuration, rules))
            await parts.engine.shutdown()
            return results
        } catch {
            await parts.engine.shutdown()
            throw error
        }
    }

    /// As ``release(_:_:message:_:group:logger:)`` for all who are held, by the path of a running gateway.
    /// - Throws: a ``Refusal`` where nothing could be tried.
    func release(
        _ id: String, message: MessageBytes, by snapshot: CurrentPath.Snapshot
    ) async throws(Refusal) -> [Released] {
        let lock = try QuarantineLock(folder: gatewayFolder)
        defer { lock.release() }
        guard let entry = try await ledger.quarantined(id) else { return [] }
        let held = entry.held.compactMap { Mailbox($0.address) }
        guard !held.isEmpty else { return [] }
        return try await release(entry, held, message, snapshot)
    }

    private func release(
        _ entry: QuarantineEntry, _ held: [Mailbox], _ message: MessageBytes, _ snapshot: CurrentPath.Snapshot
    ) async throws(Refusal) -> [Released] {
        let now = Self.now()
        let received = try HeldCircumstances(json: entry.circumstances).received(message, for: held, atSeconds: now)
        let decided = try await snapshot.path.decide(received, released: true)
        if received.origin.isAnswer {
            // As when it came: keys and letters may have gone while it lay here.
            guard let inside = snapshot.path.answers?.inside,
                decided.decisions.allSatisfy({ $0.mayGoAsAnswer(inside: inside) })
            else { throw Refusal(.policy, "an answer from behind a link goes outside sealed or not at all") }
        }
        let print = LazyFingerprint(decided.parsed, ledger, prefix: "release \(entry.id)\r\n")
        var progress = Progress()
        try await snapshot.path.release(
            decided, print, deadline: .now + .seconds(snapshot.limits.replySeconds), &progress)
        var served: [Mailbox] = []
        for decision in decided.decisions {
            let recipient = decision.recipient
            switch progress.results[recipient] {
            case .delivered?: served.append(recipient)
            case let result:
                let said = (result?.refusal ?? decision.outcome.refusal)?.detail ?? "nothing has become of it"
                try await ledger.noteQuarantine(
                    "release failed", entry.id, recipients: [recipient.description], who: who, said: said,
                    nowSeconds: now)
            }
        }
        // What the ledger says of this release goes only after the row says the same: a crash in between repeats the row.
        try await ledger.settleQuarantine(
            entry.id, served.map(\.description), as: .released, who: who, said: Self.plan(decided, served),
            nowSeconds: now)
        Failpoint.reach("quarantine.released")
        if !served.isEmpty {
            try await ledger.forget(
                sender: received.returnPath, recipients: served, fingerprint: try print.make())
        }
        return decided.decisions.map { decision in
            let missing = Refusal(.internalError, "internal error", detail: "nothing has become of it")
            return Released(
                recipient: decision.recipient,
                refusal: (progress.results[decision.recipient] ?? .deferred(missing)).refusal,
                verdict: decision.verdict, method: decision.method)
        }
    }

    /// `seal pgp, pass`: how it left.
    private static func plan(_ decided: DecidedMessage, _ served: [Mailbox]) -> String {
        var words: [String] = []
        for decision in decided.decisions where served.contains(decision.recipient) {
            let word = decision.method.map { "\(decision.verdict) \($0)" } ?? decision.verdict
            if !words.contains(word) { words.append(word) }
        }
        return words.joined(separator: ", ")
    }

    private static func now() -> Int64 { Int64(Date().timeIntervalSince1970) }
}

/// Held by whoever changes held messages; the kernel gives it back when the process ends.
private struct QuarantineLock {
    private let file: Int32

    /// - Throws: a ``Refusal`` of cause `busy` where another holds it, `storage` where it cannot be made.
    init(folder: String) throws(Refusal) {
        file = Glibc.open("\(folder)/quarantine.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            let reason = SystemError().words
            throw Refusal(
                .storage, "local storage is not available", detail: "making \"\(folder)/quarantine.lock\": \(reason)")
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw Refusal(
                .busy, "try again later",
                detail: "another command is changing the quarantine: try again when it is done")
        }
    }

    /// Unlocked by name: a process that is just being started has the file open until it runs, and would keep the lock.
    func release() {
        flock(file, LOCK_UN)
        close(file)
    }
}
