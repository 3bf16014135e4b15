// The walls: every import line under Sources/ must stand in the table of docs/architecture.md.

import Foundation
import Testing

struct ImportTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let system: Set<String> = [
        "Foundation", "FoundationEssentials", "Glibc", "Dispatch", "Synchronization", "Swift", "CoreFoundation",
    ]

    /// Rows of the module table: target to what it may import.
    private static func table() throws -> [String: Set<String>] {
        let text = try String(contentsOf: root.appendingPathComponent("docs/architecture.md"), encoding: .utf8)
        let section = text.components(separatedBy: "\n## Modules\n")[1].components(separatedBy: "\n## ")[0]
        var rows: [String: Set<String>] = [:]
        for line in section.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            let name = cells[1].trimmingCharacters(in: CharacterSet(charactersIn: "`"))
            rows[name] = Set(cells[3].components(separatedBy: ", ").filter { !$0.isEmpty })
        }
        return rows
    }

    /// Import lines of all Swift files of a target.
    private static func imports(of target: String) throws -> [(file: String, line: String, module: String)] {
        let folder = root.appendingPathComponent("Sources/\(target)")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        var found: [(String, String, String)] = []
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                guard let at = words.firstIndex(of: "import"), at <= 2, words.count > at + 1 else { continue }
                guard
                    words[..<at].allSatisfy({
                        $0.hasPrefix("@") || ["package", "public", "internal", "private"].contains($0)
                    })
                else { continue }
                let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "typealias", "let", "var"]
                let name = kinds.contains(words[at + 1]) && words.count > at + 2 ? words[at + 2] : words[at + 1]
                found.append((file.lastPathComponent, String(line), String(name.split(separator: ".")[0])))
            }
        }
        return found
    }

    private static func targets() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent("Sources").path).sorted()
    }

    @Test func everyTargetHasARow() throws {
        let rows = try Self.table()
        #expect(Set(try Self.targets()) == Set(rows.keys))
    }

    @Test func importsStandInTheTable() throws {
        let rows = try Self.table()
        var seen = 0
        for target in try Self.targets() {
            let allowed = rows[target] ?? []
            for (file, line, module) in try Self.imports(of: target) where !Self.system.contains(module) {
                seen += 1
                #expect(allowed.contains(module), "\(target)/\(file): \"\(line)\" is not in docs/architecture.md")
            }
        }
        #expect(seen > 50, "the test must have read imports")
    }

    @Test func tableNamesNothingUnused() throws {
        for (target, allowed) in try Self.table() {
            let used = Set(try Self.imports(of: target).map(\.module))
            for module in allowed {
                #expect(
                    used.contains(module), "docs/architecture.md lets \(target) import \(module), which it does not")
            }
        }
    }

    @Test func nothingReachesAroundTheWalls() throws {
        for target in try Self.targets() {
            for (file, line, _) in try Self.imports(of: target) {
                #expect(!line.contains("@testable") && !line.contains("@_spi"), "\(target)/\(file): \(line)")
            }
        }
    }

    /// The promises' table names suites and files that exist.
    @Test func promisesNameRealTests() throws {
        let text = try String(contentsOf: Self.root.appendingPathComponent("docs/architecture.md"), encoding: .utf8)
        let section = text.components(separatedBy: "\n## Promises\n")[1].components(separatedBy: "\n## ")[0]
        let rows = section.split(separator: "\n").filter { $0.hasPrefix("| ") && $0.contains("**") }
        #expect(rows.count == 8)
        for row in rows {
            let cell = row.split(separator: "|").last ?? ""
            let names = cell.split(separator: "`").filter { $0.contains("Tests") }
            #expect(!names.isEmpty, "\(row)")
            for name in names {
                let path = name.hasPrefix("Tests/") ? String(name) : "Tests/\(name)"
                let found = ["", ".swift"].contains {
                    FileManager.default.fileExists(atPath: Self.root.appendingPathComponent(path + $0).path)
                }
                #expect(found, "docs/architecture.md names \(name), which does not exist")
            }
        }
    }

    @Test func portalLinksNoKeyring() throws {
        let rows = try Self.table()
        var open = ["letterlock-portal"]
        var reached: Set<String> = []
        while let next = open.popLast() {
            for module in rows[next] ?? [] where reached.insert(module).inserted { open.append(module) }
        }
        #expect(reached.isDisjoint(with: ["OpenPGP", "CGPGME", "SMTP", "Delivery", "Sealing", "Gateway"]))
    }
}
