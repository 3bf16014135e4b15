// `letterlock policy`: check, test and explain. Dry by nature: no network, no mail; the engine and the reader are those of
// the gateway.

import ArgumentParser
import Foundation
import Gateway
import Mail
import PolicyTesting
import Settings

struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Check, test and explain the rules.",
        subcommands: [Check.self, Test.self, Explain.self])

    /// The folder of rules and what the settings say around it.
    struct Place {
        let folder: String
        let surroundings: CaseSurroundings
        /// The same as the gateway has it: cases may hold messages whatever the settings say.
        let served: CaseSurroundings

        init(_ folder: String?, _ settings: SettingsOption) throws {
            let loaded = try settings.load()
            self.folder = folder ?? loaded.policy
            // Without any settings the rules are looked at for themselves, as where links are set up.
            let around = CaseSurroundings(
                inside: loaded.inside.entries, unattended: loaded.links.unattended.entries,
                links: settings.file == nil || loaded.links.url != nil)
            surroundings = around
            var served = around
            served.quarantine = settings.file == nil || GatewayConfiguration(loaded).quarantine != nil
            self.served = served
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find every error in the rules and their cases, with its place and a hint.",
            discussion: "Exit code 78 where there is an error; warnings alone are 0.")
        @Argument(help: "Folder of rules. Default: the settings' `policy`, else ./policy.") var folder: String?
        @Flag(name: .long, help: "Write JSON.") var json = false
        @OptionGroup var settings: SettingsOption

        func run() async throws {
            let place = try Place(folder, settings)
            let loaded = PolicyFolder.load(place.folder, surroundings: place.served.surroundings)
            let cases = CaseFolder(policyFolder: place.folder, fallback: place.surroundings)
            let findings = loaded.diagnostics + cases.diagnostics
            if json {
                try Console.json(findings.map(Finding.init))
            } else {
                for finding in findings { Console.out(finding.description) }
            }
            let errors = findings.count { $0.severity == .error }
            guard errors == 0 else { throw Stop(.configuration, "\(errors) errors in \"\(place.folder)\"") }
            Console.note(
                "\(loaded.rulesCount) rules, \(cases.cases.count) cases, \(findings.count) warnings, no errors")
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the cases beside the rules.",
            discussion: "Exit code 1 where a case fails, 78 where rules or cases cannot be read.")
        @Argument(help: "Folder of rules. Default: the settings' `policy`, else ./policy.") var folder: String?
        @Option(name: .long, help: "Run only cases whose name holds this.") var filter: String?
        @Flag(name: .long, help: "Write JSON.") var json = false
        @Flag(name: .long, help: "Write JUnit XML.") var junit = false
        @OptionGroup var settings: SettingsOption

        func run() async throws {
            let place = try Place(folder, settings)
            let loaded = PolicyFolder.load(place.folder, surroundings: place.surroundings.surroundings)
            let cases = CaseFolder(policyFolder: place.folder, fallback: place.surroundings)
            let errors = (loaded.diagnostics + cases.diagnostics).filter { $0.severity == .error }
            guard errors.isEmpty else {
                throw Stop(
                    .configuration,
                    "rules or cases cannot be used\n\(errors.map(\.description).joined(separator: "\n"))")
            }
            guard !cases.cases.isEmpty else {
                throw Stop(
                    .noInput,
                    "no cases in \"\(place.folder)/tests\"\n  hint: write a *.yaml file there; docs/policy.md shows how"
                )
            }
            guard let run = CaseRunner.run(cases.cases, policyFolder: place.folder, filter: filter) else {
                throw Stop(.configuration, "the rules cannot be used")
            }
            guard !run.results.isEmpty else { throw Stop(.noInput, "no case's name holds \"\(filter ?? "")\"") }
            if json {
                try Console.json(run)
            } else {
                Console.out(junit ? run.junit : run.text)
            }
            guard run.failed == 0 else { throw Stop(.no, "\(run.failed) of \(run.results.count) cases failed") }
        }
    }

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show for one message what each rule saw and what would happen.",
            discussion: "Digits are masked. Exit code 1 where the message would be refused.")
        @Option(name: .long, help: "Folder of rules. Default: the settings' `policy`, else ./policy.") var policy:
            String?
        @Option(name: .long, help: "Folder of certificates. Default: the settings' `keys`.") var keys: String?
        @Option(name: .long, help: "Envelope sender; <> is the null sender.") var from: String
        @Option(name: .long, parsing: .upToNextOption, help: "Envelope recipients.") var to: [String]
        @Flag(name: .long, help: "Write JSON.") var json = false
        @OptionGroup var settings: SettingsOption
        @Argument(help: "Message file; stdin where missing or -.") var file: String?

        func run() async throws {
            let loaded = try settings.load()
            let (recipients, file) = try Recipients.read(to, file: file)
            let message = try Console.readMessage(file, limits: loaded.limits)
            let sender = Mailbox(from)
            guard sender != nil || from == "<>" || from.isEmpty else {
                throw Stop(.usage, "--from \"\(from)\" is no mail address")
            }
            let configuration = GatewayConfiguration(loaded)
            if settings.file == nil {
                Console.note(
                    "no settings file: `inside` is empty, so nobody counts as one of ours; name one with --config")
            }
            // Without any settings a rule may hold messages back, as in `check`.
            let surroundings =
                settings.file == nil ? CaseSurroundings(links: false).surroundings : configuration.surroundings
            let rules = PolicyFolder.load(policy ?? loaded.policy, surroundings: surroundings)
            guard let ruleset = rules.ruleset else {
                throw Stop(
                    .configuration,
                    "the policy cannot be used\n\(rules.diagnostics.map(\.description).joined(separator: "\n"))")
            }
            let known = try await known(keys ?? loaded.keys, recipients + (sender.map { [$0] } ?? []), configuration)
            let report: ExplanationReport
            do throws(Refusal) {
                report = try ExplanationReport(
                    message: message, sender: sender, recipients: recipients, known: known, rules: ruleset,
                    limits: loaded.limits)
            } catch {
                throw Stop(error, doing: "reading the message")
            }
            if json { try Console.json(report) } else { Console.out(report.text) }
            guard report.accepted else { throw Stop(.no, "the message would be refused") }
        }

        private func known(_ folder: String, _ addresses: [Mailbox], _ configuration: GatewayConfiguration) async throws
            -> KnownKeys
        {
            guard FileManager.default.fileExists(atPath: folder) else {
                Console.note("no key folder \"\(folder)\": nobody has a key in this explanation")
                return KnownKeys()
            }
            do throws(Refusal) {
                let work = try WorkFolder()
                defer { work.remove() }
                let desk = try KeyDesk(
                    keysFolder: folder, gpgProgram: configuration.gpgProgram,
                    gpgTimeoutSeconds: configuration.gpgTimeoutSeconds,
                    workFolder: work.path)
                let known = await desk.known(addresses)
                await desk.close()
                return known
            } catch {
                throw Stop(error, doing: "looking up keys")
            }
        }
    }
}
