// Fault cases of the policy harness: the path of the gateway itself, up to the moment before anything would be handed to
// the next hop, with a part of it broken on purpose. What would leave is given back and nothing is sent.
// Touches a temporary folder of its own, and starts what stands in gpg's place.

import Delivery
import Foundation
import Links
import Logging
import MIME
package import Mail
package import NIOCore
import OpenPGP
package import Policy
import Sealing
import Vault

/// One rehearsal.
package struct Rehearsal: Sendable {
    /// Something that would have been handed to the next hop.
    package struct Leaving: Sendable {
        package let recipients: [Mailbox]
        /// True where it would have left as it came.
        package let isClear: Bool
        /// True for the message itself and for the notice of a link; false for what goes to the sender.
        package let isForRecipients: Bool
        /// The header as it would leave.
        package let headerText: String
        /// True where a Bcc field would leave.
        package let hasBccField: Bool
    }

    private let rules: Ruleset
    private let gpgFails: Bool
    private let vaultDown: Bool
    private let group: any EventLoopGroup

    package init(rules: Ruleset, gpgFails: Bool, vaultDown: Bool, group: any EventLoopGroup) {
        self.rules = rules
        self.gpgFails = gpgFails
        self.vaultDown = vaultDown
        self.group = group
    }

    /// What would leave of a message.
    /// - Throws: the ``Refusal`` that the sender would get.
    package func leaving(_ decided: DecidedMessage) async throws(Refusal) -> [Leaving] {
        let work = try WorkFolder()
        defer { work.remove() }
        let ledger = try Ledger(folder: "\(work.path)/gateway")
        var letters = try LetterStore(folder: "\(work.path)/letters", role: .gateway)
        // The portal's handle may not keep letters: every write fails, as with a disk that is full or read-only.
        if vaultDown { letters = try LetterStore(folder: "\(work.path)/letters", role: .portal) }
        let engine = try Engine(
            EngineSettings(
                program: gpgFails ? try failingProgram(work.path) : "/usr/bin/gpg", homeFolder: "\(work.path)/gnupg",
                timeoutSeconds: 20, workers: 1))
        let limits = Limits()
        // Nobody is there, and nobody is asked: the walk ends before.
        guard let nowhere = HostPort("127.0.0.1:1") else { throw Refusal(.internalError, "internal error") }
        let links = Mailbox("letters@localhost").map {
            LinkSettings(
                baseURL: "http://127.0.0.1", expireSeconds: 86_400, from: $0,
                languages: LanguageMap(), rounds: 1000)
        }
        let sealer = Sealer(engine: engine, settings: SealerSettings(hostname: "localhost", links: links, limits: limits))
        let path = MessagePath(
            limits: limits,
            keyring: Keyring(
                folder: "\(work.path)/keys", engine: engine, cacheFolder: "\(work.path)/certificates"),
            rules: rules, sealer: sealer, letters: letters, ledger: ledger,
            relay: Relay(
                nextHop: NextHopSettings(address: nowhere), hostname: "localhost",
                limits: limits, ledger: ledger, letters: letters,
                logger: Logger(label: "rehearsal") { _ in SwiftLogNoOpLogHandler() }, group: group),
            gate: ReadingGate(limitBytes: limits.messageBytes), extraction: nil)
        let result: Result<[Leaving], Refusal>
        do throws(Refusal) { result = .success(try await walk(path, decided)) } catch { result = .failure(error) }
        await engine.shutdown()
        return try result.get()
    }

    private func walk(_ path: MessagePath, _ decided: DecidedMessage) async throws(Refusal) -> [Leaving] {
        if let refusal = decided.refusal { throw refusal }
        var progress = Progress()
        let deadline = ContinuousClock.now + .seconds(60)
        let sealed = try await path.seal(decided, RememberedMessage(), .together, deadline, &progress)
        let outbound = try await path.keep(sealed, .together, &progress)
        return outbound.transmissions.map(Leaving.init)
    }

    /// A gpg that tells its version and fails in all else.
    private func failingProgram(_ folder: String) throws(Refusal) -> String {
        let path = "\(folder)/gpg"
        let script = """
            #!/bin/sh
            case " $* " in *" --version "*) echo "gpg (GnuPG) 2.2.40"; exit 0 ;; esac
            exit 2
            """
        guard FileManager.default.createFile(atPath: path, contents: Data(script.utf8)), chmod(path, 0o700) == 0 else {
            throw Refusal(.storage, "no temporary file", detail: "writing \"\(path)\": errno \(errno)")
        }
        return path
    }
}

extension Rehearsal.Leaving {
    init(_ transmission: OutboundMessage.Transmission) {
        recipients = transmission.recipients
        isClear = transmission.role == .passed
        switch transmission.role {
        case .passed, .sealed, .notification: isForRecipients = true
        default: isForRecipients = false
        }
        let root = try? readStructure(transmission.content, limits: Limits())
        headerText = root?.header.fields.map { "\($0.name): \($0.text)" }.joined(separator: "\n") ?? ""
        hasBccField = root?.header.all("Bcc").isEmpty == false
    }
}
