// The admin page of a running gateway: who may come in by the settings, and what it shows by the gateway's admin office.

import Admin
import Foundation
import Gateway
import Certificates
import Logging
import Mail
import SASL
import Settings
import SettingValues

extension AdminPage {
    /// The page that the settings ask for.
    /// - Throws: ``Stop`` with 78 where it could be opened without a password from elsewhere, or nobody could log in.
    init(_ settings: LetterlockSettings, _ gateway: AssembledGateway, _ reload: ReloadStatus, _ logger: Logger) throws {
        var login: AdminLoginDesk?
        if let path = settings.admin.users {
            guard try !AdminCommand.read(path).users.isEmpty else {
                throw Stop(
                    .configuration, "the admin page: \"\(path)\" names nobody\n  hint: letterlock admin add NAME")
            }
            login = AdminLoginDesk(path: path, nowSeconds: { Int64(Date().timeIntervalSince1970) }) {
                logger.error("\($0.inOneLine)", metadata: $0.hint.map { ["hint": "\($0)"] })
            }
        }
        var names = Set(settings.admin.names)
        if !settings.isAdminLocal {
            names.insert(settings.hostname)
            if case .tcp(let host, _) = settings.listen.admin { names.insert(host.lowercased()) }
        }
        let peers = PeerList(settings.admin.metricsPeers)
        var access = AdminAccess(
            login: login, isLocal: settings.isAdminLocal, isTLS: settings.admin.files.certificate != nil, names: names,
            mayWatch: { peers.contains($0) })
        access.idle = .seconds(settings.admin.idleSeconds)
        access.longest = .seconds(settings.admin.sessionSeconds)
        do throws(AdminError) {
            try self.init(desk: OfficeDesk(settings, gateway, reload), access: access, logger: logger)
        } catch {
            throw Stop(.configuration, error.description)
        }
    }
}

extension AdminServer {
    /// The listener that the settings ask for.
    /// - Throws: ``Stop`` with 78 where page or TLS cannot be had.
    init(
        _ settings: LetterlockSettings, at address: HostPort, _ gateway: AssembledGateway, _ reload: ReloadStatus,
        readiness: Readiness, book: MetricsBook, logger: Logger
    ) throws {
        let page = try AdminPage(settings, gateway, reload, logger)
        guard let certificate = settings.admin.files.certificate, let key = settings.admin.files.key else {
            self.init(address: address, readiness: readiness, book: book, logger: logger, page: page)
            return
        }
        let identity: TLSIdentity
        do throws(TLSIdentity.Failure) {
            identity = try TLSIdentity(certificate: certificate, key: key, logger: logger)
        } catch {
            throw Stop(.configuration, "the admin page: \(error)\n  hint: see admin.certificate and admin.key")
        }
        self.init(
            address: address, readiness: readiness, book: book, logger: logger, page: page,
            tls: ConnectionSeal { identity.handler() })
    }
}

/// The page's desk, from the gateway's office.
struct OfficeDesk: AdminDesk {
    private let settings: LetterlockSettings
    private let office: AdminOffice
    private let reload: ReloadStatus
    private let startedAtSeconds = Self.now()

    init(_ settings: LetterlockSettings, _ gateway: AssembledGateway, _ reload: ReloadStatus) {
        self.settings = settings
        self.reload = reload
        office = AdminOffice(gateway)
    }

    func flow() async throws(AdminProblem) -> FlowOfDay {
        let midnight = Int64(Calendar.current.startOfDay(for: Date()).timeIntervalSince1970)
        let first = midnight / 3600
        let last = Self.now() / 3600
        let counts = try await Self.told { () async throws(Refusal) in try await office.flow(sinceSeconds: midnight) }
        return FlowOfDay(
            hours: (first...max(first, min(last, first + 25))).map { hour in
                var kinds: [FlowOfDay.Kind: Int] = [:]
                for (kind, count) in counts[hour] ?? [:] {
                    if let kind = FlowOfDay.Kind(rawValue: kind.rawValue) { kinds[kind] = count }
                }
                return FlowOfDay.Hour(beginsAtSeconds: hour * 3600, counts: kinds)
            })
    }

    func letters() async throws(AdminProblem) -> [LetterLine] {
        let letters = try await Self.told { () async throws(Refusal) in try await office.letters(nowSeconds: Self.now())
        }
        return letters.map { letter in
            let line = letter.line
            let state: LetterLine.State =
                switch line.state {
                case "gone", "revoked", "expired": .gone
                case "readable" where line.openedAtSeconds != nil: .opened
                case "readable": letter.restsUntilSeconds == nil ? .waiting : .resting
                default: .sending
                }
            return LetterLine(
                id: line.id, sender: line.sender, recipient: line.recipient, state: state,
                createdAtSeconds: line.createdAtSeconds, expiresAtSeconds: line.expiresAtSeconds,
                openedAtSeconds: line.openedAtSeconds, restsUntilSeconds: letter.restsUntilSeconds,
                wrongGuesses: line.wrongGuesses)
        }
    }

    func held() async throws(AdminProblem) -> HeldMessages {
        let lines = try await Self.told { () async throws(Refusal) in try await office.held() }
        let release: HeldMessages.Release =
            !office.hasQuarantine && lines.isEmpty
            ? .notSetUp : settings.admin.releaseHomeFolder == nil ? .byCommandOnly : .here
        return HeldMessages(
            release: release,
            messages: lines.map { line in
                HeldMessage(
                    id: line.id, sender: line.sender,
                    recipients: line.recipients.filter { $0.state == "held" }.map {
                        .init(address: $0.address, rules: $0.rules, reason: $0.reason)
                    },
                    bytes: line.bytes, receivedAtSeconds: line.receivedAtSeconds,
                    expiresAtSeconds: line.expiresAtSeconds)
            })
    }

    func keys() async throws(AdminProblem) -> KeyFolderState {
        let found = await office.keys()
        return KeyFolderState(
            folder: found.folder, problem: found.problem,
            entries: zip(found.lines, found.expiries).map { line, expires in
                KeyEntry(
                    file: line.file, fingerprint: line.fingerprint, addresses: line.addresses,
                    expiresAtSeconds: expires, problems: line.problems)
            }, ignoredFiles: found.ignored)
    }

    func refusals() async -> [RefusedMessage] { office.refusals.map(RefusedMessage.init) }

    func revoke(_ id: String, by who: String) async throws(AdminProblem) -> Bool {
        try await Self.told { () async throws(Refusal) in try await office.revoke(id) }
    }

    func drop(_ id: String, reason: String, by who: String) async throws(AdminProblem) -> Bool {
        try await Self.told { () async throws(Refusal) in try await office.drop(id, reason: reason, by: who) }
    }

    func release(_ id: String, by who: String) async throws(AdminProblem) -> Bool {
        guard let home = settings.admin.releaseHomeFolder else {
            throw AdminProblem("admin.release-homedir is not set: letterlock quarantine release \(id)")
        }
        let kept = try await Self.told { () async throws(Refusal) in
            try await office.release(id, homeFolder: home, by: who)
        }
        guard let kept else { return false }
        guard kept.isEmpty else {
            throw AdminProblem(kept.map { "\($0.recipient): \($0.reason)" }.joined(separator: "; "))
        }
        return true
    }

    func health() async -> HealthFacts {
        let gateway = "\(settings.state)/gateway/gateway.db"
        let letters = "\(settings.state)/letters/letters.db"
        return HealthFacts(
            hostname: settings.hostname, version: Version.text,
            programs: [("Linux", ProcessInfo.processInfo.operatingSystemVersionString)],
            startedAtSeconds: startedAtSeconds,
            databases: [("gateway.db", Self.bytes(gateway)), ("letters.db", Self.bytes(letters))],
            freeBytes: Self.free(settings.state), certificates: certificates(), reloadedAtSeconds: reload.lastSeconds,
            reloadProblem: reload.problem)
    }

    private func certificates() -> [HealthFacts.Certificate] {
        var found: [(place: String, path: String)] = []
        let doors = [("listen.smtp", settings.listen.smtp), ("listen.lmtp", settings.listen.lmtp)]
        for (name, listeners) in doors {
            for listener in listeners {
                if let path = listener.files.certificate { found.append(("\(name) \(listener.address)", path)) }
            }
        }
        if let path = settings.admin.files.certificate, let address = settings.listen.admin {
            found.append(("listen.admin \(address)", path))
        }
        return found.map { .init(place: $0.place, path: $0.path, expiresAtSeconds: TLSIdentity.expiry(of: $0.path)) }
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

    private static func told<Value>(_ work: () async throws(Refusal) -> Value) async throws(AdminProblem) -> Value {
        do throws(Refusal) { return try await work() } catch { throw AdminProblem(error.detail) }
    }
}

extension RefusedMessage {
    /// What the gateway's record tells.
    init(_ record: MessageRecord) {
        let refusal = record.refusal ?? record.recipients.lazy.compactMap { $0.refusal }.first
        self.init(
            id: record.origin.id, atSeconds: record.receivedAtSeconds,
            sender: record.envelope.sender?.description ?? "",
            recipients: record.recipients.map { recipient in
                Recipient(
                    address: recipient.address.description, verdict: recipient.verdict?.rawValue,
                    rules: recipient.rules,
                    notes: recipient.notes,
                    said: recipient.refusal.map { "\($0.replyCode) \($0.enhancedCode) \($0.publicText)" })
            },
            isTemporary: refusal.map { !$0.isPermanent } ?? false,
            reply: refusal.map { "\($0.replyCode) \($0.enhancedCode)" } ?? "", said: refusal?.publicText ?? "",
            detail: refusal?.detail ?? "")
    }
}
