// The table of the language against the readers: a key that is added to one must be added to the other.

import Foundation
import Mail
import Policy
import PolicyLanguage
import Testing

struct GrammarTests {
    /// The keys that the loader says it knows where it meets an unknown one.
    private func known(_ yaml: String) throws -> [String] {
        let findings = load(yaml.replacing("KEY", with: "zzzzzz")).diagnostics
        let finding = try #require(
            findings.first { $0.message.contains("'zzzzzz'") }, "\(yaml): \(findings.map(\.description))")
        let hint = try #require(finding.hint)
        return (hint.components(separatedBy: "known: ").last ?? "").components(separatedBy: ", ")
    }

    @Test("Every map of the grammar has the keys that its reader knows", arguments: PolicyGrammar.maps.map(\.name))
    func keys(_ name: String) throws {
        let map = try #require(PolicyGrammar.maps.first { $0.name == name })
        #expect(Set(map.keys.map(\.name)) == Set(try known(map.probe)))
        #expect(Set(map.keys.map(\.name)).count == map.keys.count)
    }

    @Test("Every map that a key takes is in the table, and every map of the table is taken")
    func maps() throws {
        func named(_ value: PolicyGrammar.Value) -> [String] {
            switch value {
            case .map(let name): [name]
            case .list(let inner), .table(let inner): named(inner)
            case .either(let values): values.flatMap(named)
            default: []
            }
        }
        let taken = Set(PolicyGrammar.maps.flatMap(\.keys).flatMap { named($0.value) } + ["file"])
        #expect(taken == Set(PolicyGrammar.maps.map(\.name)))
    }

    @Test("The schema is JSON, and policy/schema.json is it")
    func schema() throws {
        let data = Data(PolicyGrammar.schema.utf8)
        let parsed = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        let definitions = try #require(parsed["definitions"] as? [String: Any])
        #expect(Set(definitions.keys) == Set(PolicyGrammar.maps.map(\.name)))
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../policy/schema.json")
        let written = try String(contentsOf: file.standardized, encoding: .utf8)
        #expect(written == PolicyGrammar.schema + "\n", "letterlock policy schema > policy/schema.json")
    }
}
