// What a gateway is made of and keeps for its whole life, whatever a reload changes.

import Delivery
import Extraction
import Links
package import Logging
package import Mail
package import NIOCore
package import OpenPGP
package import Policy
import Sealing
import SettingValues
import Texting
package import Vault
import VaultSQLite

/// Databases, engine, keyring and way out.
package struct GatewayParts: Sendable {
    /// The gateway's own database.
    package let ledger: any GatewayVault
    /// The database of letters, which the portal reads.
    package let letters: any GatewayLetters
    /// gpg.
    package let engine: Engine
    /// Certificates of recipients.
    package let keyring: Keyring
    let learnedKeys: LearnedKeys
    let relay: Relay
    let gate: ReadingGate
    let spool: SpoolPolicy
    /// What all doors together may hold of mail that is coming in or in hand.
    let budget: ByteBudget
    /// nil: there is none.
    let features: FeaturesLog?
    /// nil: attachments are not looked into.
    let extraction: ExtractionPool?
    private let group: any EventLoopGroup
    private let logger: Logger

    /// Opens and makes them in the order of their dependency.
    /// - Throws: a ``Refusal`` of cause `storage` or `engine`.
    package init(_ configuration: GatewayConfiguration, group: any EventLoopGroup, logger: Logger) throws(Refusal) {
        self.group = group
        self.logger = logger
        ledger = try GatewayDatabase(folder: configuration.settings.gatewayFolder)
        spool = try Self.spool(configuration)
        // Mail that needs no link goes without it; what does is put off until it can be used.
        letters = LetterDatabase(whenUsable: configuration.settings.lettersFolder)
        letters.observe { problem in StorageAlarm.tell(problem, logger) }
        engine = try Engine(
            configuration.settings.gpg, homeFolder: "\(configuration.settings.gatewayFolder)/gnupg",
            helper: Engine.helperBesideOurs, verdicts: "\(configuration.settings.gatewayFolder)/verdicts"
        ) { logger.warning("\($0)") }
        learnedKeys = LearnedKeys(
            folder: "\(configuration.settings.gatewayFolder)/learned-keys", engine: engine, ledger: ledger)
        try LearnedKeys.prepare(learnedKeys.folder)
        let note: @Sendable (String) -> Void = { logger.warning("\($0)") }
        keyring = Keyring(
            folder: configuration.settings.keys, engine: engine,
            learned: Keyring(
                folder: learnedKeys.folder, engine: engine, prefix: "learned-keys/", note: note),
            note: note)
        relay = Relay(
            nextHop: configuration.settings.nextHop, hostname: configuration.settings.hostname,
            limits: configuration.settings.limits,
            ledger: ledger, letters: letters, logger: logger, group: group)
        budget = ByteBudget(limitBytes: configuration.settings.limits.inFlightBytes)
        let settings = configuration.settings
        features = try settings.features.file.map { file throws(Refusal) in
            try FeaturesLog(file: file, settings.features, inside: settings.inside, logger: logger)
        }
        gate = ReadingGate(limitBytes: configuration.settings.limits.messageBytes)
        extraction = settings.extract.isOn ? ExtractionPool(settings.extract) : nil
    }

    /// The path of messages under a configuration and its rules.
    package func path(_ configuration: GatewayConfiguration, _ rules: Ruleset) -> MessagePath {
        var settings = SealerSettings(
            hostname: configuration.settings.hostname, links: configuration.links,
            limits: configuration.settings.limits, spool: spool,
            signer: configuration.signer, timeZone: configuration.settings.mailTimeZone)
        if let links = configuration.links {
            settings.answering = Answering(limits: links.answers?.limits, inside: configuration.settings.inside) {
                [ledger] (now: Int64) async throws(Refusal) in try await ledger.answerKey(nowSeconds: now)
            }
        }
        settings.rounds = configuration.rounds
        settings.groupsAtOnce = configuration.settings.gpg.workers
        settings.controlKey = ledger.controlKey
        var judge = Judge(limits: configuration.settings.limits, rules: rules, gate: gate)
        judge.attachments = extraction.map { .pool($0) } ?? .none
        judge.features = features.map { .log(FeatureLogger(recorder: $0.recorder(rules), log: $0)) } ?? .none
        var path = MessagePath(
            judge: judge, keyring: keyring,
            sealer: Sealer(engine: engine, settings: settings, stretching: configuration.stretching), letters: letters,
            ledger: ledger, relay: relay)
        if let hook = configuration.settings.links.texts { path.texts = HookSender(hook, group: group, logger: logger) }
        let links = configuration.settings.links
        path.terms = Terms(
            notices: links.notices, unattended: links.unattended, storage: configuration.settings.storage,
            standingExpireSeconds: Int64(links.standingExpireSeconds))
        path.links = configuration.links.map { .offered(offer($0, configuration)) } ?? .none
        let held = configuration.settings.quarantine
        if let file = held.key, let officer = held.officer {
            let key = FileKey(
                path: file, engine: engine)
            path.quarantine = .officer(
                QuarantineOfficer(settings: held, officer: officer, key: key, inside: configuration.settings.inside))
        }
        return path
    }

    private func offer(_ links: EnabledLinks, _ configuration: GatewayConfiguration) -> LinkOffer {
        let wishes = PasswordWishes(ledger: ledger, letters: letters)
        let answers = links.answers ?? AnswerSettings()
        return LinkOffer(
            settings: links,
            answers: AnswerContext(
                from: links.from, hostname: configuration.settings.hostname, inside: configuration.settings.inside,
                limits: answers.limits, perHour: answers.perHour, spool: spool,
                handlers: [.key: KeyUploads(keys: learnedKeys), .keepPassword: wishes, .forgetPassword: wishes]))
    }

    /// Who writes the mails of Letterlock's own outbox.
    func noticeWriters(_ current: CurrentPath) -> [any NoticeWriter] {
        [
            QuarantineNoticeWriter(ledger: ledger, current: current),
            LetterNoticeWriter(ledger: ledger, current: current),
        ]
    }

    /// Who carries out what the portal asks, by kind.
    func handlers(_ current: CurrentPath, _ logger: Logger) -> [String: any RequestHandler] {
        let keeping = LetterKeeping(ledger: ledger, letters: letters)
        return [
            "revoke": ControlHandler(deed: .revoke, keeping: keeping, current: current, logger: logger),
            "extend": ControlHandler(deed: .extend, keeping: keeping, current: current, logger: logger),
            "confirm-key": KeyConfirmations(keys: learnedKeys, logger: logger),
        ]
    }

    /// Twice what may come in may lie there as ciphertext: armor is 1.37 times the message, and what is sealed for
    /// several blind recipients is sealed several times.
    private static func spool(_ configuration: GatewayConfiguration) throws(Refusal) -> SpoolPolicy {
        let (derived, overflow) = configuration.settings.limits.inFlightBytes.multipliedReportingOverflow(by: 2)
        let store = try SpoolStore(
            folder: "\(configuration.settings.gatewayFolder)/tmp",
            derivedBytes: overflow ? .max : derived, memoryBytes: configuration.settings.limits.memoryBudgetBytes)
        return SpoolPolicy(store, memoryBytes: configuration.settings.limits.memoryBytes)
    }
}
