// The walks of docs/inside/flow.md: each file that they name exists once, and no message passes more of them than it
// must.

import Foundation
import Testing

struct FlowTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// File names of the rows under a heading, in order.
    /// - Parameter passed: true for those only that the message itself passes.
    private static func walk(_ heading: String, passed: Bool = false) throws -> [String] {
        let text = try String(contentsOf: root.appendingPathComponent("docs/inside/flow.md"), encoding: .utf8)
        let section = text.components(separatedBy: "\n## \(heading)\n")[1].components(separatedBy: "\n## ")[0]
        return section.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 4, Int(cells[0]) != nil || (cells[0] == "·" && !passed) else { return nil }
            return cells[1].trimmingCharacters(in: CharacterSet(charactersIn: "`"))
        }
    }

    private static let sources: [String: Int] = {
        var names: [String: Int] = [:]
        let files = FileManager.default.enumerator(
            at: root.appendingPathComponent("Sources"), includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL { names[file.lastPathComponent, default: 0] += 1 }
        return names
    }()

    @Test(arguments: ["A message", "An answer"]) func everyFileIsThereAndNamedOnce(heading: String) throws {
        let walk = try Self.walk(heading)
        #expect(walk.count > 10, "the test must have read the table")
        #expect(Set(walk).count == walk.count, "each step once")
        for name in walk { #expect(Self.sources[name] == 1, "docs/inside/flow.md names \(name)") }
    }

    @Test func aMessagePassesAtMostThirtyFiles() throws {
        #expect(try Self.walk("A message", passed: true).count <= 30)
    }
}
