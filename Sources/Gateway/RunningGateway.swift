// The wiring: makes the parts in the order of their dependency, hands them to each other, and runs the services. Holds no
// logic of its own.

import Delivery
import Links
import Listeners
package import Logging
package import Mail
package import NIOCore
import OpenPGP
package import Policy
import Sealing
package import ServiceLifecycle
import Vault

/// A gateway whose parts exist and whose policy has been accepted, but which does not listen yet.
package struct AssembledGateway: Sendable {
    /// Warnings of the policy and the key folder, for the log.
    package let warnings: [String]
    /// In the order of dependency: what comes later is shut down first, so doors close before delivery does.
    package let services: [any Service]
    private let listeners: [SMTPListener]
    private let engine: Engine

    /// Makes all parts.
    /// - Parameter observer: is shown every plan as it is made (the demo and the tests look at what the relay does).
    /// - Throws: the policy's ``Diagnostic`` list where it cannot be used; a ``Refusal`` of cause `storage` or `engine` where
    ///   the state folder or gpg cannot be used.
    package init(
        _ configuration: GatewayConfiguration, group: any EventLoopGroup, logger: Logger,
        observer: (@Sendable (DecidedMessage) -> Void)? = nil
    ) async throws {
        let policy = PolicyFolder.load(configuration.policyFolder, surroundings: configuration.surroundings)
        guard let rules = policy.ruleset else { throw PolicyRejected(diagnostics: policy.diagnostics) }
        let ledger = try Ledger(folder: configuration.gatewayFolder)
        let spool = try Self.spool(configuration)
        let letters = try LetterStore(folder: configuration.lettersFolder, role: .gateway)
        let engine = try Engine(
            EngineSettings(
                program: configuration.gpgProgram, homeFolder: "\(configuration.gatewayFolder)/gnupg",
                timeoutSeconds: configuration.gpgTimeoutSeconds, workers: configuration.gpgWorkers))
        let keyring = Keyring(
            folder: configuration.keysFolder, engine: engine, cacheFolder: "\(configuration.gatewayFolder)/certificates"
        )
        let sealer = Sealer(
            engine: engine,
            settings: SealerSettings(
                hostname: configuration.hostname, links: configuration.links, limits: configuration.limits, spool: spool
            ))
        let relay = Relay(
            nextHop: configuration.nextHop, hostname: configuration.hostname, limits: configuration.limits,
            ledger: ledger,
            letters: letters, logger: logger, group: group)
        let path = MessagePath(
            limits: configuration.limits, keyring: keyring, rules: rules, sealer: sealer, letters: letters,
            ledger: ledger,
            relay: relay)
        let handler = GatewayHandler(
            path: path, limits: configuration.limits, messageLog: LineLog(logger), observer: observer)
        self.listeners = configuration.smtp.map { address in
            SMTPListener(
                configuration: ListenerConfiguration(
                    address: address, hostname: configuration.hostname, limits: configuration.limits, spool: spool
                ), handler: handler,
                logger: logger, group: group)
        }
        self.engine = engine
        self.services =
            [relay, Housekeeping(letters: letters, ledger: ledger, logger: logger)] as [any Service] + listeners
        self.warnings = policy.diagnostics.map(\.description)
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

    /// Opens the doors; until then nothing can come in, and an address that is taken is known at once.
    /// - Returns: the addresses, with the ports the system chose.
    /// - Throws: `ListenError`, which names the address.
    @discardableResult
    package func bind() async throws -> [HostPort] {
        for listener in listeners { try await listener.bind() }
        return listeners.compactMap(\.boundAddress)
    }

    /// Ends gpg's helpers, after the services have ended.
    package func shutdown() async { await engine.shutdown() }
}

/// The policy folder cannot be used.
package struct PolicyRejected: Error, CustomStringConvertible {
    package let diagnostics: [Diagnostic]
    /// All findings, a paragraph each.
    package var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
