// `letterlock policy test`: the cases beside the rules, how much of the rules they have seen, and which mistakes they
// would not notice. Reads the policy folder; sends nothing.

import ArgumentParser
import Extraction
import Foundation
import Gateway
import Mail
import Policy
import PolicyTesting

extension PolicyCommand {
    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the cases beside the rules.",
            discussion: """
                Exit code 1 where a case or an invariant fails, where coverage is below --threshold, or where a mutant \
                survives; 78 where rules or cases cannot be read.
                """)
        @Argument(help: "Folder of rules. Default: the settings' `policy`, else ./policy.") var folder: String?
        @Option(name: .long, help: "Run only cases whose name holds this.") var filter: String?
        @Option(name: .long, help: "Judge cases without `at:` as at this time. Default: 2026-01-01T12:00:00Z.")
        var at: String?
        @Flag(name: .long, help: "Show which rules and conditions the cases have seen true and false.") var coverage =
            false
        @Option(name: .long, help: "With --coverage: fail below so many percent.") var threshold: Int?
        @Flag(name: .long, help: "Run the cases against rules with one mistake each, and list those that none notices.")
        var mutate = false
        @Option(name: .long, help: "Messages made up for the invariants.") var generate = 200
        @Option(name: .long, help: "Where the made-up messages begin; the same number makes the same messages.")
        var seed: UInt64 = 1
        @Option(name: .long, help: "Cases at a time. Default: one for each processor.") var jobs: Int?
        @Option(name: .long, help: "With --coverage: write a page to this file too.") var html: String?
        @Flag(name: .long, help: "Write JSON.") var json = false
        @Flag(name: .long, help: "Write JUnit XML.") var junit = false
        @Flag(name: .long, help: "Write TAP version 14.") var tap = false
        @OptionGroup var settings: SettingsOption

        struct Output: Encodable {
            let results: [CaseResult]
            let coverage: Coverage?
            let mutation: MutationRun?
        }

        func validate() throws {
            guard [json, junit, tap].count(where: { $0 }) <= 1 else {
                throw ValidationError("--json, --junit and --tap: one of them")
            }
            if let threshold, !(0...100).contains(threshold) { throw ValidationError("--threshold is 0 to 100") }
            if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs is 1 to 256") }
            guard (0...100_000).contains(generate) else { throw ValidationError("--generate is 0 to 100000") }
        }

        func run() async throws {
            let place = try Place(folder, settings)
            let folder = try cases(place)
            let files = try files(place)
            let pool = try extraction()
            let jobs = jobs ?? ProcessInfo.processInfo.activeProcessorCount
            let wanted = folder.cases.filter { one in
                filter.map { one.name.lowercased().contains($0.lowercased()) } ?? true
            }
            guard !wanted.isEmpty else { throw Stop(.noInput, "no case's name holds \"\(filter ?? "")\"") }
            guard let prepared = await PreparedCases(wanted, files: files, extraction: pool) else {
                throw Stop(.configuration, "the rules cannot be used")
            }
            var run = await CaseRunner.run(prepared, jobs: jobs)
            if filter == nil, !folder.invariants.isEmpty {
                let trial = InvariantTrial(folder.invariants, prepared, files: files, seed: seed, count: generate)
                run = CaseRun(results: run.results + (await trial.results()))
            }
            let seen = coverage || threshold != nil || html != nil ? Coverage(prepared) : nil
            if let html, let seen { try PolicyCommand.write(seen.page(of: files), to: html) }
            // Rules whose cases fail as they are tell nothing about mistakes in them.
            let mutation = mutate && run.failed == 0 ? await MutationRun(prepared, jobs: jobs) : nil
            try write(run, seen, mutation)
            try judge(run, seen, mutation)
        }

        private func cases(_ place: Place) throws -> CaseFolder {
            let loaded = PolicyFolder.load(place.folder, surroundings: place.surroundings.surroundings)
            let standard = try at.map(PolicyTime.seconds) ?? PolicyCase.defaultSeconds
            let folder = CaseFolder(policyFolder: place.folder, fallback: place.surroundings, nowSeconds: standard)
            let errors = (loaded.diagnostics + folder.diagnostics).filter { $0.severity == .error }
            guard errors.isEmpty else {
                throw Stop(
                    .configuration,
                    "rules or cases cannot be used\n\(errors.map(\.description).joined(separator: "\n"))")
            }
            guard !folder.cases.isEmpty else {
                throw Stop(
                    .noInput,
                    "no cases in \"\(place.folder)/tests\"\n  hint: write a *.yaml file there; "
                        + "docs/policy/policy-testing.md shows how"
                )
            }
            return folder
        }

        private func files(_ place: Place) throws -> [PolicyFile] {
            do throws(Diagnostic) { return try PolicyFolder.files(in: place.folder) } catch {
                throw Stop(.configuration, error.description)
            }
        }

        private func extraction() throws -> ExtractionPool? {
            let extraction = GatewayConfiguration(try settings.load()).extraction
            return extraction.isOn ? ExtractionPool(extraction) : nil
        }

        private func write(_ run: CaseRun, _ seen: Coverage?, _ mutation: MutationRun?) throws {
            if json {
                return try Console.json(Output(results: run.results, coverage: seen, mutation: mutation))
            }
            if junit { return Console.out(run.junit) }
            if tap { return Console.out(run.tap) }
            Console.out(run.text)
            if let seen { Console.out(seen.text) }
            if let mutation { Console.out(mutation.text) }
        }

        private func judge(_ run: CaseRun, _ seen: Coverage?, _ mutation: MutationRun?) throws {
            guard run.failed == 0 else {
                throw Stop(.no, "\(run.failed) of \(Counted.of(run.results.count, "case")) failed")
            }
            if let threshold, let seen, seen.percent < threshold {
                throw Stop(.no, "coverage is \(seen.percent) %, and --threshold asks for \(threshold) %")
            }
            if let mutation, !mutation.survivors.isEmpty {
                throw Stop(
                    .no, "\(mutation.survivors.count) of \(Counted.of(mutation.results.count, "mutant")) survived")
            }
        }
    }
}
