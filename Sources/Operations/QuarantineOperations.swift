// What `letterlock quarantine` does, beside a running gateway: both open the same database. What changes a message
// holds a lock file, so that two officers cannot release the same message at once; the lock goes with the process.

import Foundation
package import Gateway
package import Logging
package import Mail
package import NIOCore
import OpenPGP
import Policy
package import Sealing
import SettingValues
import Vault
import VaultSQLite

/// The officer's side of the quarantine.
package struct QuarantineOperations: Sendable {
    private let ledger: any QuarantineStore
    private let gatewayFolder: String
    private let who: String

    /// - Parameter who: the name that records give to the one who does this.
    /// - Throws: a ``Refusal`` of cause `storage` where the database cannot be opened.
    package init(stateFolder: String, who: String) throws(Refusal) {
        gatewayFolder = "\(stateFolder)/gateway"
        ledger = try GatewayDatabase(folder: gatewayFolder)
        self.who = who
    }

    /// In a running gateway, whose database is open already.
    init(ledger: any QuarantineStore, gatewayFolder: String, who: String) {
        self.ledger = ledger
        self.gatewayFolder = gatewayFolder
        self.who = who
    }

    /// Held messages, oldest first.
    /// - Parameter settled: true for those too that lie there no longer.
    package func lines(settled: Bool) async throws(Refusal) -> [HeldLine] {
        var lines: [HeldLine] = []
        for entry in try await ledger.quarantined(settled: settled) {
            lines.append(try HeldLine(entry, try await ledger.quarantineRecords(entry.id)))
        }
        return lines
    }

    /// One message by the id that somebody typed; nil where there is none.
    package func line(_ typed: String) async throws(Refusal) -> HeldLine? {
        guard let id = QuarantineID.normalise(typed), let entry = try await ledger.quarantined(id) else { return nil }
        return try HeldLine(entry, try await ledger.quarantineRecords(id))
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
                GPGSettings(program: gpgProgram, timeoutSeconds: gpgTimeoutSeconds, workers: 1),
                homeFolder: "\(work.path)/gnupg")
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

    /// Runs the plan again without the rules that held the message, seals what it says, and hands it to the next hop.
    /// Only who has been served leaves the quarantine.
    /// - Parameters:
    ///   - recipients: of those who are held; nil: all.
    ///   - message: as ``open(_:homeFolder:gpgProgram:gpgTimeoutSeconds:)`` gave it.
    /// - Returns: the fate of each; empty where nobody of them is held any more.
    /// - Throws: ``PolicyRejected``, or a ``Refusal`` where nothing could be tried.
    package func release(
        _ id: String, _ recipients: [Mailbox]?, message: MessageBytes, _ configuration: GatewayConfiguration,
        group: any EventLoopGroup, logger: Logger
    ) async throws -> [HeldRelease.Released] {
        let lock = try QuarantineLock(folder: gatewayFolder)
        defer { lock.release() }
        guard let entry = try await ledger.quarantined(id) else { return [] }
        let wanted = recipients.map { Set($0.map(\.folded)) }
        let held = entry.held.compactMap { Mailbox($0.address) }.filter { wanted?.contains($0.folded) ?? true }
        guard !held.isEmpty else { return [] }
        let policy = PolicyFolder.load(configuration.settings.policy, surroundings: configuration.surroundings)
        guard let rules = policy.ruleset else { throw PolicyRejected(diagnostics: policy.diagnostics) }
        let parts = try GatewayParts(configuration, group: group, logger: logger)
        do {
            let results = try await HeldRelease(ledger: ledger, who: who).run(
                entry, held, message, parts.path(configuration, rules))
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
        _ id: String, message: MessageBytes, by path: MessagePath
    ) async throws(Refusal) -> [HeldRelease.Released] {
        let lock = try QuarantineLock(folder: gatewayFolder)
        defer { lock.release() }
        guard let entry = try await ledger.quarantined(id) else { return [] }
        let held = entry.held.compactMap { Mailbox($0.address) }
        guard !held.isEmpty else { return [] }
        return try await HeldRelease(ledger: ledger, who: who).run(entry, held, message, path)
    }

    private static func now() -> Int64 { Int64(Date().timeIntervalSince1970) }
}
