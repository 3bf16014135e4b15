// Texts and the code that shows them belong together: every key that code, page or script names is there, and every
// text is named somewhere. Keys are found where they stand in quotes (or in `{{ }}` of a template); those put together
// at run time are listed here.

import Foundation
import Mail
import Testing
import Wording

struct UseTests {
    /// Beginnings of keys that are completed at run time, and by what.
    private static let built: [(prefix: String, endings: [String], by: String)] = [
        (
            "heading-",
            ["wait", "code", "password", "resting", "gone", "insecure", "old", "trouble", "damaged", "closed"],
            "Portal/Assets/portal.js: show"
        ),
        ("mail-subject-", ["one", "many"], "Sealing/Mails/PasswordMail.swift: subject"),
        ("mail-sent-", ["one", "many"], "Sealing/Mails/PasswordMail.swift: subject"),
        ("sms-text", ["-short", "-replaces-short"], "Sealing/Mails/PasswordMail.swift: ReaderWords.text"),
        ("help-", ["heading", "first", "second"], "Portal/Pages.swift: notice"),
        ("missing-", ["heading", "first", "second"], "Portal/Pages.swift: notice"),
    ]
    private static let builtKeys = Set(built.flatMap { row in row.endings.map { row.prefix + $0 } })

    private static let sources = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources")

    /// Contents of all sources that can name a text.
    private static func files() throws -> [(name: String, text: String)] {
        var found: [(String, String)] = []
        let all = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        while let file = all?.nextObject() as? URL {
            guard ["swift", "js", "html"].contains(file.pathExtension), !file.path.contains("/Wording/") else {
                continue
            }
            found.append((file.lastPathComponent, try String(contentsOf: file, encoding: .utf8)))
        }
        return found
    }

    /// What stands in quotes or in the braces of a template.
    private static func quoted(_ text: String) -> Set<String> {
        var words = Set<String>()
        for piece in text.utf8.split(whereSeparator: { [34, 39, 96].contains($0) }) {
            if let word = String(piece), word.utf8.count < 80 { words.insert(word) }
        }
        for match in text.matches(of: /\{\{([a-z0-9-]+)\}\}/) { words.insert(String(match.1)) }
        return words
    }

    private static func english(_ area: Area) -> [String: String] { Messages.all[area]?[.en] ?? [:] }

    @Test func everyTextIsShownSomewhere() throws {
        let used = try Self.files().reduce(into: Self.builtKeys) { $0.formUnion(Self.quoted($1.text)) }
        for area in Area.allCases {
            let unused = Self.english(area).keys.filter { !used.contains($0) }.sorted()
            #expect(unused == [], "\(area.rawValue).en.json")
        }
    }

    @Test func everyTextThatCodeNamesIsThere() throws {
        var named = 0
        for (file, text) in try Self.files() where file.hasSuffix(".swift") {
            for match in text.matches(of: /text\(\s*\.([a-z]+),\s*"([a-z0-9-]+)"/) {
                guard let area = Area(rawValue: String(match.1)) else { continue }
                named += 1
                #expect(Self.english(area)[String(match.2)] != nil, "\(file): .\(match.1) \"\(match.2)\"")
            }
        }
        #expect(named > 20)
    }

    @Test func everyTextThatAPageNamesIsThere() throws {
        let there = Set(Area.allCases.flatMap { Self.english($0).keys })
        var named = 0
        for (file, text) in try Self.files() where file.hasSuffix(".js") {
            for match in text.matches(of: /\btext\("([a-z0-9-]+)"[,)]/) {
                named += 1
                #expect(there.contains(String(match.1)), "\(file): \"\(match.1)\"")
            }
        }
        #expect(named > 10)
        #expect(Self.builtKeys.subtracting(there) == [])
    }

    @Test(arguments: [
        [Area.page, .script, .letter, .answer, .conversation, .key], [.page, .control],
    ])
    func keysAreUniqueOnAPage(_ areas: [Area]) {
        var owner: [String: Area] = [:]
        for area in areas {
            for key in Self.english(area).keys where !key.hasPrefix("mail-") {
                #expect(owner[key] == nil, "\(key) stands in \(area.rawValue) and \(owner[key]?.rawValue ?? "")")
                owner[key] = area
            }
        }
    }

    /// The typography that a reader of the language expects.
    @Test func punctuationIsThatOfTheLanguage() {
        for area in Area.allCases {
            for (key, text) in Messages.all[area]?[.fr] ?? [:] {
                #expect(text.firstMatch(of: #/ [:;?!»]|« /#) == nil, "fr \(key): a space that breaks")
                #expect(text.firstMatch(of: #/[\p{L})][;?!»]|[\p{L})]:[^/]|«\p{L}/#) == nil, "fr \(key): no space")
            }
            for (key, text) in Messages.all[area]?[.es] ?? [:] where text.contains("?") {
                #expect(text.contains("¿"), "es \(key)")
            }
            for language in Language.allCases {
                for (key, text) in Messages.all[area]?[language] ?? [:] {
                    #expect(!text.contains("...") && !text.contains(" '") && !text.contains("\""), "\(language) \(key)")
                    #expect(text.firstMatch(of: /[a-zé]'[a-zé]/) == nil, "\(language) \(key): a straight apostrophe")
                }
            }
        }
    }
}
