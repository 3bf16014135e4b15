// Every text in every language, with the same values; no text that nobody asks for.

import Mail
import Testing
import Wording

struct MessageTests {
    /// Names in braces, in any order.
    private static func names(_ text: String) -> [String] {
        text.matches(of: /\{([a-z-]+)\}/).map { String($0.1) }.sorted()
    }

    @Test(arguments: Area.allCases) func everyTextIsThereInEveryLanguage(_ area: Area) throws {
        let files = try #require(Messages.all[area])
        let english = try #require(files[.en])
        for language in Language.allCases {
            let texts = try #require(files[language])
            #expect(Set(texts.keys) == Set(english.keys), "\(area.rawValue).\(language.rawValue).json")
            for (key, text) in texts {
                #expect(!text.isEmpty, "\(area.rawValue).\(language.rawValue).json: \(key)")
                #expect(
                    Self.names(text) == Self.names(english[key] ?? ""),
                    "\(area.rawValue).\(language.rawValue).json: \(key)")
            }
        }
    }

    @Test func valuesAreFilledIn() {
        #expect(Language.fr.text(.page, "no such key {a}", ["a": "b"]) == "no such key b")
        #expect(Language.fr.text(.page, "{x} stays", ["a": "b"]) == "{x} stays")
    }
}
