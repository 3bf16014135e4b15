// The admin page's operations on a running gateway, in the databases that it has open.

import Certificates
import Foundation
package import Gateway
package import Mail
import OpenPGP
import Sealing
package import SettingValues
import Synchronization
import Vault

/// A running gateway's side of the admin page.
package struct RunningOperations: AdminOperations {
    private let settings: LetterlockSettings
    private let gateway: AssembledGateway
    private let reload: ReloadStatus
    private let version: String
    private let startedAtSeconds = Self.now()
    private let cache = KeyFolderCache()

    /// - Parameter version: of this program.
    package init(
        _ gateway: AssembledGateway, _ settings: LetterlockSettings, _ reload: ReloadStatus, version: String
    ) {
        self.settings = settings
        self.gateway = gateway
        self.reload = reload
        self.version = version
    }

    package func today() async throws(Refusal) -> FlowOfDay {
        let midnight = Int64(Calendar.current.startOfDay(for: Date()).timeIntervalSince1970)
        let first = midnight / 3600
        let last = Self.now() / 3600
        let counts = try await gateway.flow.counts(sinceHour: HourlyCounts.hour(midnight))
        return FlowOfDay(
            hours: (first...max(first, min(last, first + 25))).map { hour in
                FlowOfDay.Hour(beginsAtSeconds: hour * 3600, counts: counts[hour] ?? [:])
            })
    }

    // MARK: Letters

    package func letters() async throws(Refusal) -> [LetterLine] {
        try await letterOperations.lines().reversed()
    }

    package func revoke(_ id: String, by who: String) async throws(Refusal) -> Bool {
        try await letterOperations.revoke(id)
    }

    private var letterOperations: LetterOperations {
        LetterOperations(ledger: gateway.parts.ledger, letters: gateway.parts.letters)
    }

    // MARK: Held messages

    package func held() async throws(Refusal) -> HeldMessages {
        let lines = try await quarantine(for: "").lines(settled: false)
        let release: HeldMessages.Release =
            !gateway.hasQuarantine && lines.isEmpty
            ? .notSetUp : settings.admin.releaseHomeFolder == nil ? .byCommandOnly : .here
        return HeldMessages(release: release, messages: lines)
    }

    package func drop(_ id: String, reason: String, by who: String) async throws(Refusal) -> Bool {
        let quarantine = quarantine(for: who)
        guard let line = try await quarantine.line(id) else { return false }
        return try await quarantine.drop(line.id, reason: reason)
    }

    package func release(_ id: String, by who: String) async throws(Refusal) -> Bool {
        guard let home = settings.admin.releaseHomeFolder else {
            throw Refusal(
                .policy, "cannot be released here",
                detail: "admin.release-homedir is not set: letterlock quarantine release \(id)")
        }
        let quarantine = quarantine(for: who)
        guard let line = try await quarantine.line(id), line.isHeld else { return false }
        let message: MessageBytes?
        do throws(OpeningError) {
            message = try await quarantine.open(
                line, homeFolder: home, gpgProgram: gateway.configuration.settings.gpg.program,
                gpgTimeoutSeconds: gateway.configuration.settings.gpg.timeoutSeconds)
        } catch {
            throw Refusal(.engine, "cannot be opened", detail: "opening \(line.id): \(error.reason)")
        }
        guard let message else { return false }
        let released = try await quarantine.release(line.id, message: message, by: gateway.current.path)
        guard !released.isEmpty else { return false }
        let kept = released.compactMap { one in one.refusal.map { "\(one.recipient): \($0.detail)" } }
        guard kept.isEmpty else {
            throw Refusal(.policy, "somebody stays held", detail: kept.joined(separator: "; "))
        }
        return true
    }

    private func quarantine(for who: String) -> QuarantineOperations {
        QuarantineOperations(
            ledger: gateway.parts.ledger, gatewayFolder: gateway.configuration.settings.gatewayFolder, who: who)
    }

    // MARK: Keys and refusals

    package func keys() async -> KeyFolderState {
        if let kept = cache.kept() { return kept }
        let keyring = gateway.parts.keyring
        let folder = gateway.configuration.settings.keys
        let found = KeyFolderState(
            folder: folder, problem: await keyring.problem(), lines: await keyring.listing().map(KeyLine.init),
            ignoredFiles: KeyOperations.ignoredFiles(in: folder))
        cache.keep(found)
        return found
    }

    package func refusals() async -> [RefusedMessage] { gateway.flow.refusals.map(RefusedMessage.init) }

    // MARK: Health

    package func health() async -> HealthFacts {
        HealthFacts(
            program: HealthFacts.Program(
                hostname: settings.hostname, version: version,
                programs: [("Linux", ProcessInfo.processInfo.operatingSystemVersionString)],
                startedAtSeconds: startedAtSeconds, reloadedAtSeconds: reload.lastSeconds,
                reloadProblem: reload.problem),
            databases: [
                ("gateway.db", Self.bytes("\(settings.state)/gateway/gateway.db")),
                ("letters.db", Self.bytes("\(settings.state)/letters/letters.db")),
            ],
            freeBytes: Self.free(settings.state), certificates: certificates())
    }

    private func certificates() -> [HealthFacts.Certificate] {
        var found: [(listener: String, path: String)] = []
        let doors = [("listen.smtp", settings.listen.smtp), ("listen.lmtp", settings.listen.lmtp)]
        for (name, listeners) in doors {
            for listener in listeners {
                if let path = listener.files.certificate { found.append(("\(name) \(listener.address)", path)) }
            }
        }
        if let path = settings.admin.files.certificate, let address = settings.listen.admin {
            found.append(("listen.admin \(address)", path))
        }
        return found.map {
            .init(listener: $0.listener, path: $0.path, expiresAtSeconds: TLSIdentity.expiry(of: $0.path))
        }
    }

    private static func now() -> Int64 { Int64(Date().timeIntervalSince1970) }

    /// The database with its log.
    private static func bytes(_ path: String) -> Int64 {
        ["", "-wal"].reduce(0) { total, suffix in
            let size = try? FileManager.default.attributesOfItem(atPath: path + suffix)[.size] as? Int64
            return total + ((size ?? nil) ?? 0)
        }
    }

    private static func free(_ folder: String) -> Int64? {
        let found = try? FileManager.default.attributesOfFileSystem(forPath: folder)[.systemFreeSize]
        return (found as? NSNumber)?.int64Value
    }
}

/// The last look at the key folder, kept for half a minute: with many keys a look is costly.
private final class KeyFolderCache: Sendable {
    private let last = Mutex<(folder: KeyFolderState, at: ContinuousClock.Instant)?>(nil)

    func kept() -> KeyFolderState? {
        last.withLock { last in
            guard let last, last.at.duration(to: .now) < .seconds(30) else { return nil }
            return last.folder
        }
    }

    func keep(_ folder: KeyFolderState) { last.withLock { $0 = (folder, .now) } }
}
