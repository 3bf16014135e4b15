// `letterlock vault`: backup and restore of the databases, and a check whether they hold together.

import ArgumentParser
import Foundation
import Gateway
import Mail
import Settings
import SettingValues
import VaultSQLite

struct VaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault", abstract: "Back up, restore and check the databases.",
        subcommands: [Backup.self, Restore.self, Check.self])

    /// The settings' state folder with its databases.
    private static func state(_ settings: SettingsOption) throws -> String {
        let state = try settings.load().state
        for file in VaultFile.allCases where !FileManager.default.fileExists(atPath: file.path(in: state)) {
            throw Stop(
                .noInput,
                "reading \"\(file.path(in: state))\": no such file\n"
                    + "  hint: set `state`, or name the settings with --config"
            )
        }
        return state
    }

    private static func tell(_ manifest: VaultManifest, _ doing: String) {
        for file in manifest.files {
            Console.out("\(file.name)  \(file.bytes) bytes  sha256 \(file.sha256)")
            for (table, rows) in file.rows.sorted(by: { $0.key < $1.key }) { Console.out("  \(table)  \(rows)") }
        }
        Console.note(doing)
    }

    struct Backup: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write both databases to one file while the gateway runs.",
            discussion: """
                The file (tar, mode 0600) holds manifest.json, gateway.db and letters.db: letters as the portal stores \
                them, who wrote to whom, the ledger with its key, the quarantine. It holds no GnuPG homes, \
                certificates, \
                rules or settings. Nothing in it opens a letter without link and password.
                """)
        @Argument(help: "The file to write; one of that name is replaced.") var file: String
        @OptionGroup var settings: SettingsOption

        func run() throws {
            let state = try VaultCommand.state(settings)
            do throws(Refusal) {
                let now = Int64(Date().timeIntervalSince1970)
                VaultCommand.tell(
                    try VaultBackup.write(state: state, to: file, nowSeconds: now), "written to \"\(file)\"")
            } catch { throw Stop(error, doing: "backing up") }
        }
    }

    struct Restore: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put the databases of a backup into an empty state folder.",
            discussion: "Everything is checked first. Letters that expired since then are deleted by the next start.")
        @Argument(help: "The file that `backup` wrote.") var file: String
        @Option(name: .long, help: "The state folder; it must hold no gateway and no letters.") var state: String

        func run() throws {
            guard FileManager.default.fileExists(atPath: file) else {
                throw Stop(.noInput, "reading \"\(file)\": no such file")
            }
            do throws(Refusal) {
                VaultCommand.tell(
                    try VaultBackup.restore(from: file, state: state), "restored to \"\(state)\"")
            } catch {
                let code: ExitCode3 = error.cause == .internalError ? .dataError : .cannotCreate
                throw Stop(code, "restoring: \(error.detail)")
            }
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that the databases hold together.",
            discussion: "Exit codes: 0 nothing is wrong; 1 something is; 66 no such state; 75 it cannot be read now.")
        @Flag(name: .long, help: "Write JSON.") var json = false
        @OptionGroup var settings: SettingsOption

        func run() throws {
            let state = try VaultCommand.state(settings)
            let findings: [VaultCheck.Finding]
            do throws(Refusal) { findings = try VaultCheck.findings(state: state) } catch {
                throw Stop(error, doing: "checking")
            }
            if json {
                try Console.json(findings)
            } else {
                for finding in findings { Console.out("\(finding.file): \(finding.problem)") }
            }
            guard findings.isEmpty else { throw Stop(.no, Counted.of(findings.count, "problem")) }
            Console.note("both databases are sound")
        }
    }
}
