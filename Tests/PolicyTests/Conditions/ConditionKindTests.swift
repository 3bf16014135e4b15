// The kinds of conditions: the list is what the language knows, and each kind stands in one file.

import Foundation
import Policy
import Testing

struct ConditionKindTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Sources/Policy/Conditions").standardized

    @Test func theGrammarHasTheKeysOfTheKinds() throws {
        let map = try #require(PolicyGrammar.maps.first { $0.name == "conditions" })
        #expect(map.keys.map(\.name) == ConditionKind.known.map(\.key))
        #expect(Set(map.keys.map(\.name)).count == map.keys.count)
    }

    @Test func eachKindIsOneFile() throws {
        var places: [String: [String]] = [:]
        let files = try #require(FileManager.default.enumerator(at: Self.folder, includingPropertiesForKeys: nil))
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /= ConditionKind\(\s*key: "([a-z-]+)"/) {
                places[String(match.output.1), default: []].append(file.lastPathComponent)
                // What is read there is made there.
                #expect(text.contains("extension ConditionReader"), "\(file.lastPathComponent)")
            }
        }
        #expect(Set(places.keys) == Set(ConditionKind.known.map(\.key)))
        for (key, files) in places { #expect(files.count == 1, "\(key): \(files)") }
    }
}
