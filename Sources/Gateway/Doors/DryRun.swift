// Fault cases and invariants of the policy harness: the path of the gateway itself, with real gpg, real databases and
// keys made for the occasion, up to the moment before anything would be handed to the next hop. A part of it can be
// broken on purpose. What would leave is given back, and nothing is sent.
// Touches a temporary folder of its own, and starts gpg.

import Delivery
import Foundation
import Links
import MIME
package import Mail
import OpenPGP
package import Policy
import Sealing
import SettingValues
import Synchronization
import Texting
import Vault
import VaultSQLite

/// A stage for dry runs; keys that were made serve all of them.
package final class DryRun: Sendable {
    /// Something that would have been handed to the next hop.
    package struct Leaving: Sendable {
        package let recipients: [Mailbox]
        /// True where it would have left as it came.
        package let isClear: Bool
        /// True for the message itself and for the notice of a link; false for what goes to the sender or an archive.
        package let isForRecipients: Bool
        /// The header as it would leave.
        package let headerText: String
        /// True where a Bcc field would leave.
        package let hasBccField: Bool
    }

    private static let gpg = "/usr/bin/gpg"
    private let work: WorkFolder
    private let engine: Engine
    private let keyring: Keyring
    private let ledger: any PathLedger
    private let letters: any GatewayLetters
    /// The portal's handle may not keep letters: every write fails, as with a disk that is full or read-only.
    private let brokenLetters: any GatewayLetters
    /// Files of certificates, by folded address.
    private let made = Mutex<[String: String]>([:])
    /// Certificates that dry runs of this process have made, armored, by folded address: making a key starts gpg and
    /// its agent. What is sealed to them is never opened, so the keys themselves go with their homes.
    private static let certificates = Mutex<[String: Data]>([:])

    /// - Throws: a ``Refusal`` of cause `storage` or `engine`.
    package init() throws(Refusal) {
        work = try WorkFolder()
        let folder = work.path
        for name in ["keys", "home"] {
            guard mkdir("\(folder)/\(name)", 0o700) == 0 else {
                throw Refusal(.storage, "no temporary folder", detail: "making \"\(folder)/\(name)\": errno \(errno)")
            }
        }
        ledger = try GatewayDatabase(folder: "\(folder)/gateway")
        letters = try LetterDatabase(folder: "\(folder)/letters")
        brokenLetters = LetterDatabase(whenUsable: "/dev/null/letters")
        engine = try Engine(
            GPGSettings(program: try Self.program(folder), timeoutSeconds: 20, workers: 1),
            homeFolder: "\(folder)/gnupg")
        keyring = Keyring(folder: "\(folder)/keys", engine: engine)
    }

    /// Ends gpg and removes what was made.
    package func close() async {
        await engine.shutdown()
        run(["--kill", "all"], program: "/usr/bin/gpgconf")
        work.remove()
    }

    /// Makes keys for these addresses and says what the keyring knows of them.
    package func known(_ mailboxes: [Mailbox]) async -> KnownKeys {
        for mailbox in mailboxes { keyFile(of: mailbox) }
        return await keyring.lookup(mailboxes)
    }

    /// What would leave of a message.
    /// - Throws: the ``Refusal`` that the sender would get.
    package func leaving(
        _ decided: DecidedMessage, rules: Ruleset, gpgFails: Bool = false, vaultDown: Bool = false
    ) async throws(Refusal) -> [Leaving] {
        let marker = "\(work.path)/fails"
        if gpgFails {
            guard FileManager.default.createFile(atPath: marker, contents: nil) else {
                throw Refusal(.storage, "no temporary file", detail: "writing \"\(marker)\"")
            }
        }
        defer { unlink(marker) }
        for decision in decided.decisions where decision.password == .standing {
            let made = try StandingPassword.make(Secret("dry-run"), rounds: 1)
            let reader = decision.effects.redirect ?? decision.recipient
            try await ledger.keepStandingPassword(recipient: reader, made, by: .command, nowSeconds: 0)
        }
        let record = LeavingRecord()
        var path = try path(rules, vaultDown ? brokenLetters : letters, record)
        if decided.decisions.contains(where: { $0.verdict == .quarantine }) { path.quarantine = try officer() }
        let run = await path.walk(
            decided, Errand(.submission(perRecipient: false)), deadline: .now + .seconds(60))
        // The next walk of the same message is a first one again.
        await run.forgetting()
        if let refusal = run.refusal { throw refusal }
        return record.transmissions.map(Leaving.init)
    }

    private func path(
        _ rules: Ruleset, _ letters: any GatewayLetters, _ record: LeavingRecord
    ) throws(Refusal) -> MessagePath {
        guard let from = Mailbox("letters@localhost") else {
            throw Refusal(.internalError, "internal error")  // unreachable
        }
        let limits = Limits()
        var links = LinkSettings()
        links.url = "http://127.0.0.1"
        links.from = from
        links.expireSeconds = 86_400
        var settings = SealerSettings(hostname: "localhost", links: EnabledLinks(links), limits: limits)
        settings.rounds = 1000
        return MessagePath(
            judge: Judge(limits: limits, rules: rules, gate: ReadingGate(limitBytes: limits.messageBytes)),
            keyring: keyring,
            sealer: Sealer(engine: engine, settings: settings),
            letters: letters, ledger: ledger, relay: record)
    }

    /// Somebody for whom messages can be held.
    private func officer() throws(Refusal) -> Quarantine {
        guard let officer = Mailbox("officer@localhost") else {
            throw Refusal(.internalError, "internal error")  // unreachable
        }
        var settings = QuarantineSettings()
        settings.keepSeconds = 60
        settings.tellsSender = false
        settings.tellsOfficer = false
        let key = FileKey(path: keyFile(of: officer), engine: engine)
        return .officer(QuarantineOfficer(settings: settings, officer: officer, key: key, inside: DomainList([])))
    }

    /// The file of a mailbox's certificate, made where there is none.
    @discardableResult
    private func keyFile(of mailbox: Mailbox) -> String {
        let (name, isNew) = made.withLock { made in
            if let name = made[mailbox.folded] { return (name, false) }
            let name = "\(work.path)/keys/\(made.count + 1).asc"
            made[mailbox.folded] = name
            return (name, true)
        }
        guard isNew else { return name }
        if let certificate = Self.certificates.withLock({ $0[mailbox.folded] }),
            FileManager.default.createFile(atPath: name, contents: certificate)
        {
            return name
        }
        // Ed25519 and Cv25519 with every gpg there is; `default` is RSA with many, which takes a second.
        run(["--quick-gen-key", "<\(mailbox)>", "future-default", "default", "never"])
        run(["--armor", "--output", name, "--export", "<\(mailbox)>"])
        if let certificate = FileManager.default.contents(atPath: name), !certificate.isEmpty {
            Self.certificates.withLock { $0[mailbox.folded] = certificate }
        }
        return name
    }

    /// gpg, but for the time in which it is to fail: then it tells its version and fails in all else.
    private static func program(_ folder: String) throws(Refusal) -> String {
        let path = "\(folder)/gpg"
        let script = """
            #!/bin/sh
            if [ -e "\(folder)/fails" ]; then
              case " $* " in *" --version "*) ;; *) exit 2 ;; esac
            fi
            exec \(gpg) "$@"
            """
        // Written by a process of its own: a file that is open for writing here could be so in a process that is just
        // being started beside this one, and then nobody can run it ("text file busy").
        let writer = Process()
        writer.executableURL = URL(filePath: "/bin/sh")
        writer.arguments = ["-c", "printf '%s\\n' \"$1\" > \"$0\" && chmod 700 \"$0\"", path, script]
        do { try writer.run() } catch { throw Refusal(.storage, "no temporary file", detail: "starting a shell") }
        writer.waitUntilExit()
        guard writer.terminationStatus == 0 else {
            throw Refusal(.storage, "no temporary file", detail: "writing \"\(path)\"")
        }
        return path
    }

    private func run(_ arguments: [String], program: String = DryRun.gpg) {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = ["--homedir", "\(work.path)/home"] + arguments
        if program == Self.gpg {
            process.arguments =
                ["--homedir", "\(work.path)/home", "--batch", "--quiet", "--passphrase", ""] + arguments
        }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        // What fails shows as a recipient without a key, which the control run of a fault case tells.
        guard (try? process.run()) != nil else { return }
        process.waitUntilExit()
    }
}

extension DryRun.Leaving {
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

/// Takes the place of the next hop: writes down what would leave, and accepts it.
private final class LeavingRecord: WayOut {
    private let kept = Mutex<[OutboundMessage.Transmission]>([])

    /// What would have left; mails of our own to the sender are not among it.
    var transmissions: [OutboundMessage.Transmission] { kept.withLock { $0 } }

    func deliver(
        _ outbound: OutboundMessage, _ coherence: Coherence,
        fingerprint: @Sendable () throws(Refusal) -> MessageFingerprint, deadline: ContinuousClock.Instant,
        texts: (any TextSender)?
    ) async throws(Refusal) -> [Mailbox: Fate] {
        kept.withLock { $0 += outbound.transmissions }
        var results: [Mailbox: Fate] = [:]
        for transmission in outbound.transmissions {
            switch transmission.role {
            case .passed, .sealed, .notification:
                for recipient in transmission.recipients { results[recipient] = .delivered }
            case .passwordMail, .archive, .report: continue
            }
        }
        return results
    }

    func deliver(
        report: OutboundMessage, about recipients: [Mailbox], sender: Mailbox?, fingerprint: MessageFingerprint,
        deadline: ContinuousClock.Instant
    ) async throws(Refusal) {}

    func deliver(notice: OutboundMessage, deadline: ContinuousClock.Instant) async throws(Refusal) {}
}
