// `letterlock policy check`: every error in the rules and their cases, and what can be said of the rules together.
// Reads the policy folder; writes findings to stdout.

import ArgumentParser
import Foundation
import Gateway
import Mail
import PolicyTesting

extension PolicyCommand {
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find every error in the rules and their cases, with its place and a hint.",
            discussion: """
                Warnings are about rules that load and do not do what they look like; infos are worth knowing. Exit \
                code 78 \
                where there is an error; warnings alone are 0, and with --strict 1.
                """)
        @Argument(help: "Folder of rules. Default: the settings' `policy`, else ./policy.") var folder: String?
        @Flag(name: .long, help: "Write JSON.") var json = false
        @Flag(name: .long, help: "Fail where there is a warning.") var strict = false
        @OptionGroup var settings: SettingsOption

        func run() async throws {
            let place = try Place(folder, settings)
            let loaded = PolicyFolder.check(
                place.folder, surroundings: place.served.surroundings,
                nowSeconds: Int64(Date().timeIntervalSince1970))
            let cases = CaseFolder(policyFolder: place.folder, fallback: place.surroundings)
            let findings = loaded.diagnostics + cases.diagnostics
            if json {
                try Console.json(findings.map(Finding.init))
            } else {
                for finding in findings { Console.out(finding.description) }
            }
            let count = { (severity: Diagnostic.Severity) in findings.count { $0.severity == severity } }
            guard count(.error) == 0 else {
                throw Stop(.configuration, "\(Counted.of(count(.error), "error")) in \"\(place.folder)\"")
            }
            let infos = count(.info) > 0 ? ", \(Counted.of(count(.info), "info"))" : ""
            Console.note(
                "\(Counted.of(loaded.rulesCount, "rule")), \(Counted.of(cases.cases.count, "case")), "
                    + "\(Counted.of(count(.warning), "warning"))\(infos), no errors"
            )
            guard !strict || count(.warning) == 0 else {
                throw Stop(
                    .no, "\(Counted.of(count(.warning), "warning")) in \"\(place.folder)\", and --strict allows none")
            }
        }
    }
}
