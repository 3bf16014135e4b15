// `letterlock policy diff`: two policies, the same messages.

import ArgumentParser
import Extraction
import Foundation
import Gateway
import Mail
import Operations
import Policy
import PolicyTesting
import Settings
import SettingValues

extension PolicyCommand {
    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare two policies over messages: whose verdict changes, and is anybody protected less?",
            discussion: """
                Exit code 1 where protection weakens anywhere, or where that cannot be told. Messages come from a \
                folder of \
                .eml files, a Maildir, an mbox, one message file, or a features log.
                """)
        @Argument(help: "Folder of the old rules.") var old: String
        @Argument(help: "Folder of the new rules.") var new: String
        @Option(name: .long, help: "Messages: a folder, mbox, .eml file or features log.") var messages: String
        @Option(name: .long, help: "Leave out what is older, such as 30d.") var since: String?
        @Option(name: .long, help: "Folder of certificates, for mail. Default: the settings' `keys`.") var keys: String?
        @Option(name: .long, help: "Salt of the features log. Default: the settings' `features.salt-file`.")
        var saltFile: String?
        @Option(name: .long, help: "Judge mail as at this time: 2026-01-31 or 2026-01-31T12:00:00Z.") var at: String?
        @Flag(name: .long, help: "Write JSON.") var json = false
        @Option(name: .long, help: "Write a page to this file too.") var html: String?
        @OptionGroup var settings: SettingsOption

        func run() async throws {
            let loaded = try settings.load()
            let configuration = GatewayConfiguration(loaded)
            let before = try PolicyCommand.rules(old, configuration)
            let after = try PolicyCommand.rules(new, configuration)
            let now = try at.map(PolicyTime.seconds) ?? Int64(Date().timeIntervalSince1970)
            let age = try since.map { text in
                guard let seconds = Units.seconds(text) else {
                    throw Stop(.usage, "--since \"\(text)\" is no duration\n  hint: write it as 30d, 12h or 90m")
                }
                return Int64(seconds)
            }
            let extraction = loaded.extract
            let comparison = PolicyComparison(
                old: before, new: after, limits: loaded.limits, nowSeconds: now, sinceSeconds: age.map { now - $0 },
                extraction: extraction.isOn ? ExtractionPool(extraction) : nil,
                fingerprint: try fingerprint(loaded))
            let source = ComparedSource(path: messages, limitBytes: loaded.limits.messageBytes)
            let found = try await PolicyCommand.withKeys(keys ?? loaded.keys, configuration) { desk in
                try await comparison.run(source) { await desk.known($0) }
            }
            guard let diff = found else { throw Stop(.noInput, "reading \"\(messages)\": no such file or folder") }
            guard diff.messages + diff.tooOld > 0 else { throw Stop(.noInput, "no messages in \"\(messages)\"") }
            if let html { try PolicyCommand.write(diff.html(old: old, new: new), to: html) }
            if json { try Console.json(diff) } else { Console.out(diff.text) }
            guard diff.holds else {
                throw Stop(.no, "protection weakens, or that cannot be told: \(diff.summary)")
            }
        }

        private func fingerprint(_ loaded: LetterlockSettings) throws -> @Sendable (String) -> String {
            guard let path = saltFile ?? loaded.features.saltFile else { return FeatureSalt.plainFingerprint }
            do throws(Refusal) {
                guard let salt = try FeatureSalt(existing: path) else {
                    if saltFile == nil { return FeatureSalt.plainFingerprint }
                    throw Refusal(.storage, "no salt", detail: "reading \"\(path)\": no such file")
                }
                return { salt.fingerprint($0) }
            } catch {
                throw Stop(.noInput, error.detail)
            }
        }
    }
}
