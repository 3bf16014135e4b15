// The wiring: makes the parts in the order of their dependency, hands them to each other, and runs the services. Holds
// no logic of its own.

import Cryptography
import Extraction
import Foundation
import Listeners
package import Logging
package import Mail
package import NIOCore
import OpenPGP
package import Policy
package import ServiceLifecycle
import SettingValues
import Vault

/// A gateway whose parts exist and whose policy has been accepted, but which does not listen yet.
package struct AssembledGateway: Sendable {
    /// Warnings of the policy and the key folder, for the log.
    package let warnings: [String]
    /// In the order of dependency: what comes later is shut down first, so doors close before delivery does.
    package let services: [any Service]
    /// What answers the doors, for doors that are not listeners.
    package var handler: GatewayHandler { doors.handler }
    private let doors: GatewayDoors
    /// Databases, engine, keyring and way out.
    package let parts: GatewayParts
    /// As it was assembled; a reload changes ``current``.
    package let configuration: GatewayConfiguration
    /// The path that new messages take.
    package let current: CurrentPath
    /// What became of mail today, and what was refused of late.
    package let flow: HourlyCounts

    /// Makes all parts.
    /// - Parameter observer: is shown every plan as it is made (the demo and the tests look at what the relay does).
    /// - Throws: the policy's ``Diagnostic`` list where it cannot be used; a ``Refusal`` of cause `storage` or `engine`
    ///   where the state folder or gpg cannot be used.
    package init(
        _ configuration: GatewayConfiguration, group: any EventLoopGroup, logger: Logger,
        observer: (@Sendable (DecidedMessage) -> Void)? = nil
    ) async throws {
        let policy = PolicyFolder.load(configuration.settings.policy, surroundings: configuration.surroundings)
        guard let rules = policy.ruleset else { throw PolicyRejected(diagnostics: policy.diagnostics) }
        let parts = try GatewayParts(configuration, group: group, logger: logger)
        let current = CurrentPath(parts.path(configuration, rules))
        let flow = HourlyCounts(ledger: parts.ledger, logger: logger)
        self.doors = GatewayDoors(
            configuration, parts: parts, current: current, group: group, logger: logger, flow: flow,
            observer: observer)
        self.flow = flow
        self.parts = parts
        self.configuration = configuration
        self.current = current
        self.services =
            [
                parts.relay,
                Housekeeping(letters: parts.letters, ledger: parts.ledger, current: current, logger: logger),
                OutboxWorker(outbox: parts.ledger, writers: parts.noticeWriters(current), logger: logger),
                OfficerLog(ledger: parts.ledger, logger: logger),
                AnswerWorker(
                    letters: parts.letters, ledger: parts.ledger, current: current, logger: logger,
                    pauseSeconds: configuration.answerPauseSeconds),
                LetterWatch(letters: parts.letters, ledger: parts.ledger, current: current, logger: logger),
                flow,
                RequestWorker(letters: parts.letters, handlers: parts.handlers(current, logger), logger: logger),
            ] as [any Service] + (parts.features.map { [$0] } ?? []) + doors.services
        var warnings = policy.diagnostics.map(\.description) + Self.lacks(of: parts.engine)
        if rules.looksInside, let lack = await Self.lack(of: parts.extraction) { warnings.append(lack) }
        if configuration.links != nil, case .evp(let why) = PBKDF2.way {
            warnings.append("links: a password takes several times as long as it could, because \(why)")
        }
        self.warnings = warnings
    }

    /// Starts letterlock-seal, before anything can come in.
    /// - Returns: what is wrong with it, in words.
    private static func lacks(of engine: Engine) -> [String] {
        guard Engine.helperBesideOurs != nil else {
            return [
                "\"\(Engine.helperPath)\" is missing: gpg encrypts as a child of the gateway, without walls, and costs "
                    + "more the more memory the gateway has"
            ]
        }
        let (problem, lacks) = engine.checkHelper()
        return [problem.map { "nothing can be encrypted: \($0)" }, lacks].compactMap { $0 }
    }

    /// Why attachments cannot be looked into, although rules ask for it.
    private static func lack(of extraction: ExtractionPool?) async -> String? {
        guard let extraction else { return "rules ask what attachments hold, but the settings say extract.when: never" }
        let (refusal, lacks) = await extraction.probe()
        if let refusal {
            return "attachments cannot be looked into, so what they hold is unknown to the rules: \(refusal)"
        }
        return lacks.isEmpty ? nil : "attachments: \(lacks.joined(separator: ", ")) is not installed"
    }

    /// From the next message on, the policy folder as it is now, and of `configuration` what a running gateway can
    /// change: inside, unattended, links, and the limits of reading, judging and answering.
    /// - Returns: warnings of the policy.
    /// - Throws: ``PolicyRejected``; then everything stays as it was.
    package func reload(_ new: GatewayConfiguration) throws(PolicyRejected) -> [String] {
        let policy = PolicyFolder.load(new.settings.policy, surroundings: new.surroundings)
        guard let rules = policy.ruleset else { throw PolicyRejected(diagnostics: policy.diagnostics) }
        var changed = new
        changed.settings.hostname = configuration.settings.hostname
        parts.features?.reopen(inside: new.settings.inside)
        current.replace(by: parts.path(changed, rules))
        return policy.diagnostics.map(\.description)
    }

    /// True where messages can be held.
    package var hasQuarantine: Bool { if case .officer = current.path.quarantine { true } else { false } }

    /// Rules in force.
    package var rulesCount: Int { current.path.judge.rules.rules.count }

    /// Files in the key folder that are read as certificates, usable or not.
    package var keyFilesCount: Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: configuration.settings.keys)) ?? []
        return names.count { !$0.hasPrefix(".") && Keyring.reads(fileName: $0) }
    }

    /// What takes answers from behind links, for one round at a time of the caller's choice. Not beside the service.
    package func answerWorker(logger: Logger) -> AnswerWorker {
        AnswerWorker(letters: parts.letters, ledger: parts.ledger, current: current, logger: logger)
    }

    /// Why letters cannot be kept now, for the log; nil: nothing is known against it.
    package var lettersProblem: String? { parts.letters.problem?.detail }

    /// Opens the features log anew before its next line: it may have been rotated.
    package func reopenLogs() { parts.features?.reopen() }

    /// Opens the doors; until then nothing can come in, and an address that is taken is known at once.
    /// - Returns: the addresses, with the ports the system chose: SMTP listeners first, then milters.
    /// - Throws: `ListenError`, which names the address.
    @discardableResult
    package func bind() async throws -> [HostPort] { try await doors.bind() }

    /// Ends gpg's helpers and the readers of attachments, after the services have ended.
    package func shutdown() async {
        await parts.engine.shutdown()
        await parts.extraction?.shutdown()
    }
}

/// The policy folder cannot be used.
package struct PolicyRejected: Error, CustomStringConvertible {
    package let diagnostics: [Diagnostic]

    /// - Parameter diagnostics: all findings of the folder.
    package init(diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

    /// All findings, a paragraph each.
    package var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
