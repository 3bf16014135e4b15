// Fault cases and invariants of the policy harness: the path of the gateway itself, with real gpg, real databases and keys
// made for the occasion, up to the moment before anything would be handed to the next hop. A part of it can be broken on
// purpose. What would leave is given back, and nothing is sent.
// Touches a temporary folder of its own, and starts gpg.

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
import Synchronization
import Vault

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
    private let ledger: Ledger
    private let letters: LetterStore
    /// The portal's handle may not keep letters: every write fails, as with a disk that is full or read-only.
    private let brokenLetters: LetterStore
    private let group: any EventLoopGroup
    private let made = Mutex<Set<String>>([])

    /// - Throws: a ``Refusal`` of cause `storage` or `engine`.
    package init(group: any EventLoopGroup) throws(Refusal) {
        self.group = group
        work = try WorkFolder()
        let folder = work.path
        for name in ["keys", "home"] {
            guard mkdir("\(folder)/\(name)", 0o700) == 0 else {
                throw Refusal(.storage, "no temporary folder", detail: "making \"\(folder)/\(name)\": errno \(errno)")
            }
        }
        ledger = try Ledger(folder: "\(folder)/gateway")
        letters = try LetterStore(folder: "\(folder)/letters", role: .gateway)
        brokenLetters = try LetterStore(folder: "\(folder)/letters", role: .portal)
        engine = try Engine(
            EngineSettings(
                program: try Self.program(folder), homeFolder: "\(folder)/gnupg", timeoutSeconds: 20, workers: 1))
        keyring = Keyring(folder: "\(folder)/keys", engine: engine, cacheFolder: "\(folder)/certificates")
    }

    /// Ends gpg and removes what was made.
    package func close() async {
        await engine.shutdown()
        run(["--kill", "all"], program: "/usr/bin/gpgconf")
        work.remove()
    }

    /// Makes keys for these addresses and says what the keyring knows of them.
    package func known(_ mailboxes: [Mailbox]) async -> KnownKeys {
        for mailbox in mailboxes where made.withLock({ $0.insert(mailbox.folded).inserted }) {
            let name = "\(work.path)/keys/\(made.withLock { $0.count }).asc"
            run(["--quick-gen-key", "<\(mailbox)>", "default", "default", "never"])
            run(["--armor", "--output", name, "--export", "<\(mailbox)>"])
        }
        return await keyring.lookup(mailboxes)
    }

    /// What would leave of a message.
    /// - Throws: the ``Refusal`` that the sender would get.
    package func leaving(
        _ decided: DecidedMessage, rules: Ruleset, gpgFails: Bool = false, vaultDown: Bool = false
    ) async throws(Refusal) -> [Leaving] {
        if let refusal = decided.refusal { throw refusal }
        let marker = "\(work.path)/fails"
        if gpgFails {
            guard FileManager.default.createFile(atPath: marker, contents: nil) else {
                throw Refusal(.storage, "no temporary file", detail: "writing \"\(marker)\"")
            }
        }
        defer { unlink(marker) }
        let path = try path(rules, vaultDown ? brokenLetters : letters)
        var progress = Progress()
        let deadline = ContinuousClock.now + .seconds(60)
        for decision in decided.decisions where decision.password == .standing {
            let made = try StandingPassword.make(Secret("dry-run"), rounds: 1)
            let reader = decision.effects.redirect ?? decision.recipient
            try await ledger.keepStandingPassword(recipient: reader, made, by: .command, nowSeconds: 0)
        }
        let sealed = try await path.seal(decided, RememberedMessage(), .wholeMessage, deadline, &progress)
        let outbound = try await path.keep(sealed, .wholeMessage, &progress)
        return outbound.transmissions.map(Leaving.init)
    }

    private func path(_ rules: Ruleset, _ letters: LetterStore) throws(Refusal) -> MessagePath {
        // Nobody is there, and nobody is asked: the walk ends before.
        guard let nowhere = HostPort("127.0.0.1:1"), let from = Mailbox("letters@localhost") else {
            throw Refusal(.internalError, "internal error")  // unreachable
        }
        let limits = Limits()
        let links = LinkSettings(
            baseURL: "http://127.0.0.1", expireSeconds: 86_400, from: from, languages: LanguageMap(), rounds: 1000)
        return MessagePath(
            limits: limits, keyring: keyring, rules: rules,
            sealer: Sealer(
                engine: engine, settings: SealerSettings(hostname: "localhost", links: links, limits: limits)),
            letters: letters, ledger: ledger,
            relay: Relay(
                nextHop: NextHopSettings(address: nowhere), hostname: "localhost", limits: limits, ledger: ledger,
                letters: letters, logger: Logger(label: "dry-run") { _ in SwiftLogNoOpLogHandler() }, group: group),
            gate: ReadingGate(limitBytes: limits.messageBytes), extraction: nil)
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
        // Written by a process of its own: a file that is open for writing here could be so in a process that is just being
        // started beside this one, and then nobody can run it ("text file busy").
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
