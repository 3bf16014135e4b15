// docs/letterlock.yaml against the code: it loads when uncommented, every default is the code's, every key is there.

import Foundation
import Mail
import Settings
import SettingValues
import Testing

@Suite struct DocumentationTests {
    /// The file with its settings uncommented; remarks (`# text`) stay comments.
    private func uncommented() throws -> String {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/letterlock.yaml")
        return try String(contentsOf: url.standardized, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in
                let rest = line.dropFirst()
                let isRemark = rest.isEmpty || (rest.hasPrefix(" ") && !rest.hasPrefix("  "))
                return line.hasPrefix("#") && !isRemark ? String(rest) : String(line)
            }
            .joined(separator: "\n")
    }

    @Test("Every default in docs/letterlock.yaml is the default of the code")
    func defaults() throws {
        let documented = try LetterlockSettings.load(text: try uncommented(), name: "letterlock.yaml")
        #expect(documented == (try LetterlockSettings.load(text: "", name: "letterlock.yaml")))
    }

    @Test("Every key is documented, in the order of the table, and no other")
    func keys() throws {
        #expect(paths(of: try uncommented()) == LetterlockSettings.keyPaths)
    }

    @Test("Every documented key has a remark directly above it")
    func remarks() throws {
        var previous = ""
        for line in try uncommented().split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if !line.isEmpty, !line.hasPrefix("#") { #expect(previous.hasPrefix("# "), "\(line)") }
            previous = line
        }
    }

    @Test("As it stands, all commented out, the file gives the defaults")
    func commentedOut() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/letterlock.yaml")
        let settings = try LetterlockSettings.load(
            file: path.standardized.path(percentEncoded: false), environment: [:])
        #expect(settings.hostname == "localhost")
        #expect(settings.keys.hasSuffix("/docs/keys"))
    }

    @Test("Every limit of the gateway can be set")
    func limits() {
        let settable = LetterlockSettings.keyPaths.filter { $0.hasPrefix("limits.") }.count
        #expect(settable == Mirror(reflecting: Limits()).children.count)
    }

    /// Dotted paths of the file's keys: `key:` at the margin, those of a section two columns in.
    private func paths(of text: String) -> [String] {
        var section = ""
        var paths: [String] = []
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        for (index, line) in lines.enumerated() {
            let key = line.prefix { $0 != ":" }.trimmingCharacters(in: .whitespaces)
            let isInside = line.hasPrefix("  ")
            if !isInside, line.hasSuffix(":"), index + 1 < lines.count, lines[index + 1].hasPrefix("  ") {
                section = key
            } else {
                paths.append(isInside ? "\(section).\(key)" : key)
            }
        }
        return paths
    }
}
