// `letterlock policy`: check and test; the other sub-commands are in Policy/. Dry by nature: no network, no mail; the engine and the reader are those of
// the gateway.

import ArgumentParser
import Foundation
import Gateway
import Mail
import PolicyTesting
import Settings

struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Check, test, explain and compare the rules.",
        subcommands: [
            Check.self, Test.self, Explain.self, Diff.self, Init.self, Watch.self, Schema.self,
        ])

    /// The folder of rules and what the settings say around it.
    struct Place {
        let folder: String
        let surroundings: CaseSurroundings

        init(_ folder: String?, _ settings: SettingsOption) throws {
            let loaded = try settings.load()
            self.folder = folder ?? loaded.policy
            // Without any settings the rules are looked at for themselves, as where links are set up.
            surroundings = CaseSurroundings(
                inside: loaded.inside.entries, unattended: loaded.links.unattended.entries,
                links: settings.file == nil || loaded.links.url != nil)
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
}
