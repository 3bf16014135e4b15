// `letterlock policy schema`: the JSON Schema of policy and case files, for editors.

import ArgumentParser
import Policy
import PolicyLanguage
import PolicyTesting

extension PolicyCommand {
    struct Schema: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the JSON Schema of policy files, for editors.",
            discussion: "policy/schema.json is what this prints; editors find it by the first line of a policy file.")
        @Flag(name: .long, help: "The schema of case files instead.") var cases = false

        func run() throws { Console.out(cases ? CaseGrammar.schema : PolicyGrammar.schema) }
    }
}
