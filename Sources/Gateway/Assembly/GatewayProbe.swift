// What a running gateway can tell about itself: whether its parts work, and numbers that are only known when asked for.
// Touches what it asks: gpg, both databases, the next hop, the key folder. Never throws: what fails is an answer.

import Delivery
import Glibc
import OpenPGP
import POSIX
import SASL
import Mail
import SettingValues
import Vault

/// One part of the gateway that can be asked whether it works.
package struct GatewayProbe: Sendable {
    /// `gpg`, `gateway-database`, …
    package let name: String
    /// nil: it works; else why not, in words for an administrator. No content, no addresses of mail.
    package let problem: @Sendable () async -> String?
    /// True where the gateway works all the same.
    package var isWarning = false
    /// What somebody should look at although the part works, asked for where ``problem`` is nil; nil: nothing.
    package var warning: (@Sendable () async -> String?)?
}

/// A number that is looked up when asked for.
package struct GatewaySample: Sendable {
    package let name: String
    package let labels: [(String, String)]
    /// True for a total that only grows.
    package let isTotal: Bool
    package let value: Double
}

extension AssembledGateway {
    /// Least free room under the state folder before the gateway says that it is not ready.
    private static let leastFreeBytes: UInt64 = 16 << 20

    /// All parts that a message needs.
    package var probes: [GatewayProbe] {
        let parts = parts
        let configuration = configuration
        let current = current
        var probes = [
            GatewayProbe(
                name: "gpg",
                problem: {
                    await GPGProbe(
                        program: configuration.settings.gpg.program, workFolder: configuration.settings.gatewayFolder,
                        timeoutSeconds: min(5, configuration.settings.gpg.timeoutSeconds)
                    ).problem() ?? parts.engine.checkHelper().problem
                }, warning: { parts.engine.checkHelper().lacks }),
            GatewayProbe(name: "gateway-database") {
                await Self.detail { () throws(Refusal) in try await parts.ledger.probe() }
            },
            GatewayProbe(name: "letters-database") {
                await Self.detail { () throws(Refusal) in try await parts.letters.probe() }
            },
            GatewayProbe(
                name: "letters-room",
                problem: {
                    await StorageAlarm.problem(parts.letters, current.path.terms.storage)
                }, isWarning: true),
            GatewayProbe(name: "state-folder") { Self.roomProblem(configuration.settings.state) },
            GatewayProbe(
                name: "keys", problem: { await parts.keyring.problem() },
                warning: { await parts.keyring.damage() }),
            GatewayProbe(name: "next-hop") { await parts.relay.probe(by: .now + .seconds(5))?.detail },
        ]
        if let path = configuration.settings.users {
            probes.append(
                GatewayProbe(name: "users") { UserDirectory(path: path) { _ in }.problem()?.inOneLine })
        }
        return probes
    }

    /// Letters and attempts, from the letters database.
    package func samples() async -> [GatewaySample] {
        let held = GatewaySample(
            name: "letterlock_bytes_in_flight", labels: [], isTotal: false, value: Double(parts.budget.usedBytes))
        guard let counts = try? await parts.letters.counts(), let used = try? await parts.letters.usedBytes() else {
            return [held]
        }
        func room(_ name: String, _ bytes: Int) -> GatewaySample {
            GatewaySample(name: name, labels: [], isTotal: false, value: Double(bytes))
        }
        func letters(_ state: String, _ count: Int) -> GatewaySample {
            GatewaySample(
                name: "letterlock_letters", labels: [("state", state)], isTotal: false, value: Double(count))
        }
        func attempts(_ result: String, _ count: Int) -> GatewaySample {
            GatewaySample(
                name: "letterlock_link_attempts_total", labels: [("result", result)], isTotal: true,
                value: Double(count))
        }
        return [
            held, room("letterlock_letters_bytes", used),
            room("letterlock_letters_bytes_limit", current.path.terms.storage.lettersBytes),
            letters("pending", counts.sending), letters("readable", counts.readable),
            attempts("wrong", counts.wrongAttempts), attempts("right", counts.rightAttempts),
        ]
    }

    private static func detail(_ work: () async throws(Refusal) -> Void) async -> String? {
        do throws(Refusal) {
            try await work()
            return nil
        } catch { return error.detail }
    }

    private static func roomProblem(_ folder: String) -> String? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else {
            return "looking at \"\(folder)\": \(SystemError().words)"
        }
        if status.f_flag & UInt(ST_RDONLY) != 0 {
            return "\"\(folder)\" lies on a file system that is read-only"
        }
        let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        return free < leastFreeBytes ? "only \(free >> 10) KiB are free under \"\(folder)\"" : nil
    }
}
