// What a gateway is made of and keeps for its whole life, whatever a reload changes.

import Delivery
import Extraction
import Links
import Logging
import Mail
import NIOCore
import OpenPGP
import Policy
import Sealing
import Texting
import Vault

/// Databases, engine, keyring and way out.
struct GatewayParts: Sendable {
    let ledger: Ledger
    let letters: LetterStore
    let engine: Engine
    let keyring: Keyring
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
    init(_ configuration: GatewayConfiguration, group: any EventLoopGroup, logger: Logger) throws(Refusal) {
        self.group = group
        self.logger = logger
        ledger = try Ledger(folder: configuration.gatewayFolder)
        spool = try Self.spool(configuration)
        // Mail that needs no link goes without it; what does is put off until it can be used.
        letters = LetterStore(whenUsable: configuration.lettersFolder)
        letters.observe { problem in StorageAlarm.tell(problem, logger) }
        engine = try Engine(
            EngineSettings(
                program: configuration.gpgProgram, homeFolder: "\(configuration.gatewayFolder)/gnupg",
                timeoutSeconds: configuration.gpgTimeoutSeconds, workers: configuration.gpgWorkers))
        learnedKeys = LearnedKeys(
            folder: "\(configuration.gatewayFolder)/learned-keys", engine: engine, ledger: ledger)
        try LearnedKeys.prepare(learnedKeys.folder)
        keyring = Keyring(
            folder: configuration.keysFolder, engine: engine,
            cacheFolder: "\(configuration.gatewayFolder)/certificates",
            learned: Keyring(
                folder: learnedKeys.folder, engine: engine,
                cacheFolder: "\(configuration.gatewayFolder)/learned-certificates", prefix: "learned-keys/"))
        relay = Relay(
            nextHop: configuration.nextHop, hostname: configuration.hostname, limits: configuration.limits,
            ledger: ledger, letters: letters, logger: logger, group: group)
        budget = ByteBudget(limitBytes: configuration.limits.inFlightBytes)
        if let settings = configuration.features {
            features = try FeaturesLog(settings, inside: configuration.inside, logger: logger)
        } else {
            features = nil
        }
        gate = ReadingGate(limitBytes: configuration.limits.messageBytes)
        extraction = configuration.extraction.isOn ? ExtractionPool(configuration.extraction) : nil
    }

    /// The path of messages under a configuration and its rules.
    func path(_ configuration: GatewayConfiguration, _ rules: Ruleset) -> CurrentPath.Snapshot {
        var settings = SealerSettings(
            hostname: configuration.hostname, links: configuration.links, limits: configuration.limits, spool: spool,
            signer: configuration.signer, timeZone: configuration.timeZone)
        if let links = configuration.links {
            settings.answering = Answering(limits: links.answers, inside: configuration.inside) {
                [ledger] (now: Int64) async throws(Refusal) in try await ledger.answerKey(nowSeconds: now)
            }
        }
        settings.controlKey = ledger.controlKey
        let sealer = Sealer(engine: engine, settings: settings)
        var path = MessagePath(
            limits: configuration.limits, keyring: keyring, rules: rules, sealer: sealer, letters: letters,
            ledger: ledger, relay: relay, gate: gate, extraction: extraction)
        path.texts = configuration.texts.map { HookSender($0, group: group, logger: logger) }
        path.standingExpireSeconds = configuration.standingExpireSeconds
        path.links = configuration.links
        path.notices = configuration.notices
        path.unattended = configuration.unattended
        path.storage = configuration.storage
        path.features = features.map { FeatureLogger(recorder: $0.recorder(rules), log: $0) }
        path.answers = configuration.links.map { links in
            AnswerContext(
                from: links.from, hostname: configuration.hostname, inside: configuration.inside,
                limits: links.answers ?? AnswerLimits(), perHour: links.answersPerHour, spool: spool,
                handlers: [
                    .key: KeyUploads(keys: learnedKeys),
                    .keepPassword: PasswordWishes(ledger: ledger, letters: letters),
                    .forgetPassword: PasswordWishes(ledger: ledger, letters: letters),
                ])
        }
        if let settings = configuration.quarantine {
            let key = FileKey(
                path: settings.keyFile, engine: engine, cacheFolder: "\(configuration.gatewayFolder)/certificates")
            path.quarantine = Quarantine(settings: settings, key: key, inside: configuration.inside)
        }
        return .init(path: path, limits: configuration.limits)
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

    /// Twice what may come in may lie there as ciphertext: armor is 1.37 times the message, and what is sealed for several
    /// blind recipients is sealed several times.
    private static func spool(_ configuration: GatewayConfiguration) throws(Refusal) -> SpoolPolicy {
        let (derived, overflow) = configuration.limits.inFlightBytes.multipliedReportingOverflow(by: 2)
        let store = try SpoolStore(
            folder: configuration.temporaryFolder ?? "\(configuration.gatewayFolder)/tmp",
            derivedBytes: overflow ? .max : derived)
        return SpoolPolicy(store, memoryBytes: configuration.limits.memoryBytes)
    }
}
