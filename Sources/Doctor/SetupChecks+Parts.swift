// gpg, databases, policy, keys, listeners and the next hop, each by the code that the gateway itself uses.

import SASL
import Delivery
import Foundation
import Gateway
import Mail
import NIOCore
import OpenPGP
import Operations
import Policy
import SettingValues
import SMTP
import Settings
import VaultSQLite

extension SetupChecks {
    /// Sealing makes a message so much larger: base64 and its line ends.
    private static let growth = 1.4

    func gpgFindings() async -> [Finding] {
        let hint = "install gnupg, or set `gpg.program` to its path"
        do throws(Refusal) {
            let work = try WorkFolder()
            defer { work.remove() }
            let probe = GPGProbe(program: settings.gpg.program, workFolder: work.path, timeoutSeconds: 10)
            if let problem = await probe.problem() { return [.fail("gpg", problem, hint: hint)] }
            let version = await probe.version() ?? "of unknown version"
            guard version.compare("2.2", options: .numeric) != .orderedAscending else {
                return [.fail("gpg", "\"\(settings.gpg.program)\" is \(version)", hint: "GnuPG 2.2 or newer is needed")]
            }
            return [.ok("gpg", "\"\(settings.gpg.program)\" \(version) answers")]
        } catch {
            return [.fail("gpg", error.detail, hint: "make the temporary folder writable")]
        }
    }

    /// Signs something with the gateway's key, where there is one.
    func signingFindings() async -> [Finding] {
        guard let signer = configuration.signer else { return [] }
        let hint =
            "see `gpg --homedir \"\(signer.homeFolder)\" --list-secret-keys`; its agent must not ask for a passphrase"
        do throws(Refusal) {
            let work = try WorkFolder()
            defer { work.remove() }
            let engine = try Engine(
                GPGSettings(program: settings.gpg.program, timeoutSeconds: 10, workers: 1),
                homeFolder: "\(work.path)/gnupg")
            let result: Result<DetachedSignature, Refusal>
            do throws(Refusal) {
                result = .success(try await engine.sign(MessageBytes("doctor\r\n"), with: signer))
            } catch { result = .failure(error) }
            await engine.shutdown()
            _ = try result.get()
            return [.ok("sign", "the key \"\(signer.name)\" signs")]
        } catch {
            return [.fail("sign", "the key \"\(signer.name)\" does not sign: \(error.detail)", hint: hint)]
        }
    }

    /// Whether both databases are sound and can be written.
    package func databaseFindings() -> [Finding] {
        [("gateway", "gateway.db", DatabaseInspection.Kind.gateway), ("letters", "letters.db", .letters)].map {
            folder, file, kind in
            let path = "\(settings.state)/\(folder)/\(file)"
            guard FileManager.default.fileExists(atPath: path) else {
                return .ok("database", "\"\(path)\" will be made at the first start")
            }
            guard let problem = DatabaseInspection.problem(path: path, kind: kind) else {
                return .ok("database", "\"\(path)\" is sound and can be written")
            }
            let parts = problem.components(separatedBy: "; hint: ")
            return .fail(
                "database", parts[0],
                hint: parts.count > 1 ? parts[1] : "see whether the disk is full, and who owns the file")
        }
    }

    /// The policy as the gateway would load it.
    package func policyFindings() -> [Finding] {
        let loaded = PolicyFolder.load(settings.policy, surroundings: configuration.surroundings)
        var findings = loaded.diagnostics.map { finding in
            let place = finding.line > 0 ? "\(finding.file):\(finding.line)" : finding.file
            let hint = finding.hint ?? "letterlock policy check \"\(settings.policy)\" shows all findings"
            return finding.severity == .error
                ? Finding.fail("policy", "\(place): \(finding.message)", hint: hint)
                : .warn("policy", "\(place): \(finding.message)", hint: hint)
        }
        if loaded.ruleset != nil {
            findings.append(.ok("policy", "\(Counted.of(loaded.rulesCount, "rule")) in \"\(settings.policy)\""))
        }
        if settings.links.url == nil {
            findings.append(
                .warn(
                    "policy", "links are not set up: recipients without a key can be sent nothing that must be sealed",
                    hint: "set `links.url` and `links.from`, or leave it so on purpose"))
        }
        return findings
    }

    /// The key folder as the keyring reads it.
    package func keyFindings() async -> [Finding] {
        guard FileManager.default.fileExists(atPath: settings.keys) else { return [] }
        do throws(Refusal) {
            let work = try WorkFolder()
            defer { work.remove() }
            let desk = try KeyOperations(
                keysFolder: settings.keys, stateFolder: settings.state, gpgProgram: settings.gpg.program,
                gpgTimeoutSeconds: settings.gpg.timeoutSeconds, workFolder: work.path)
            let problem = await desk.problem()
            let lines = problem == nil ? await desk.lines() : []
            await desk.close()
            if let problem { return [.fail("keys", problem, hint: "letterlock keys check names every file")] }
            let usable = lines.filter { !$0.addresses.isEmpty && $0.problems.isEmpty }.count
            let rest = lines.count - usable
            let what = "\(Counted.of(usable, "usable certificate")) in \"\(settings.keys)\""
            if usable == 0 {
                return [
                    .warn(
                        "keys", what, hint: "put recipients' certificates there; letterlock keys check names problems")
                ]
            }
            return rest == 0
                ? [.ok("keys", what)]
                : [
                    .warn(
                        "keys", "\(what), and \(Counted.of(rest, "file")) with problems",
                        hint: "letterlock keys check names them")
                ]
        } catch { return [.fail("keys", error.detail, hint: "letterlock keys check names every file")] }
    }

    func userFindings() -> [Finding] {
        guard let path = settings.users, FileManager.default.fileExists(atPath: path) else { return [] }
        guard let problem = UserDirectory(path: path, report: { _ in }).problem() else {
            return [.ok("users", "the file of users \"\(path)\" can be read")]
        }
        return [.fail("users", problem.inOneLine, hint: problem.hint ?? "mend that line in an editor")]
    }

    /// Listeners that strangers reach.
    package func listenerFindings() -> [Finding] {
        var findings: [Finding] = []
        for (kind, listeners) in [
            ("smtp", settings.listen.smtp), ("lmtp", settings.listen.lmtp), ("milter", settings.listen.milter),
        ] {
            for listener in listeners where !Self.isLocal(listener.address) {
                findings += Self.openDoor(listener, kind)
            }
        }
        if let admin = settings.listen.admin, !Self.isLocal(admin) {
            findings.append(
                .warn(
                    "listeners", "the admin page on \"\(admin)\" can be reached from other machines",
                    hint: "it asks for password and code; still, let a firewall guard the port"))
        }
        let smtp = settings.listen.smtp + settings.listen.lmtp
        if smtp.isEmpty, settings.listen.milter.isEmpty {
            findings.append(
                .fail("listeners", "nothing takes mail", hint: "set `listen.smtp`, `listen.lmtp` or `listen.milter`"))
        }
        return findings.isEmpty ? [.ok("listeners", "no door is open to strangers")] : findings
    }

    private static func openDoor(_ listener: ListenerSettings, _ kind: String) -> [Finding] {
        let place = "listen.\(kind) on \"\(listener.address)\""
        if kind == "milter" {
            return [
                .warn(
                    "listeners", "\(place) is reached from other machines, and the milter protocol has no TLS",
                    hint: "listen on loopback or a Unix socket, or in a network of your own")
            ]
        }
        var findings: [Finding] = []
        if listener.tls == .none {
            findings.append(
                .warn(
                    "listeners", "\(place) has no TLS: mail that is to be sealed comes in clear",
                    hint: "set `tls: starttls` there, or listen on loopback"))
        }
        if listener.auth != .required, listener.trustedPeers.isEmpty, listener.proxyPeers.isEmpty {
            findings.append(
                .warn(
                    "listeners", "\(place) takes mail from any client that reaches it",
                    hint: "set `auth: required` there, or let a firewall guard the port"))
        }
        return findings
    }

    private static func isLocal(_ address: HostPort) -> Bool { NextHopSettings(address: address).isLocal }

    /// What the next hop says and offers; waits 15 seconds for it at most.
    package func nextHopFindings() async -> [Finding] {
        let address = settings.nextHop.address
        let check = NextHopCheck(
            hop: settings.nextHop, hostname: settings.hostname, limits: settings.limits, group: group)
        let capabilities: ClientCapabilities
        switch await check.look(by: .now + .seconds(15)) {
        case .failure(let refusal):
            return [
                .fail(
                    "next hop", "\"\(address)\": \(refusal.detail)",
                    hint: "start the server there, or mend `next-hop` (address, tls, auth) in the settings")
            ]
        case .success(let found): capabilities = found
        }
        var findings: [Finding] = []
        let needed = Int(Double(settings.limits.messageBytes) * Self.growth)
        if let limit = capabilities.sizeLimitBytes, limit < needed {
            findings.append(
                .warn(
                    "next hop",
                    "it takes \(limit) bytes, and a message of \(settings.limits.messageBytes) (limits.message) may "
                        + "grow to \(needed) when it is sealed",
                    hint: "Postfix there: message_size_limit = \(needed); or a smaller limits.message"))
        }
        let missing = [
            ("8BITMIME", capabilities.eightBitMIME, "8-bit mail that is not sealed is refused"),
            ("SMTPUTF8", capabilities.smtputf8, "mail with UTF-8 addresses is refused"),
            ("PIPELINING", capabilities.pipelining, "every message takes more round trips"),
            ("SIZE", capabilities.size, "too large mail is refused only after it was sent"),
        ]
        for (name, isThere, loss) in missing where !isThere {
            findings.append(
                .warn("next hop", "it does not offer \(name): \(loss)", hint: "let the server there offer it"))
        }
        if settings.nextHop.tls == .opportunistic, capabilities.security == .clear {
            findings.append(
                .warn(
                    "next hop", "it offers no TLS: mail goes there in clear",
                    hint: "set up TLS there, then `tls: verified`"))
        }
        if settings.nextHop.tls == .none, !settings.nextHop.isLocal {
            findings.append(
                .warn(
                    "next hop",
                    "\"\(address)\" is another machine, and `next-hop.tls` is none: mail goes there in clear",
                    hint: "set `tls: verified`"))
        }
        return findings.isEmpty ? [.ok("next hop", "\"\(address)\" answers and takes what we send")] : findings
    }
}
