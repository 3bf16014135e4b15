// Which language a mailbox is written to in.

import Mail
import SettingValues
import SettingValues
import Testing

@Suite struct LanguageMapTests {
    private let map = LanguageMap(
        fallback: .fr,
        entries: [
            ".co.uk": .en, ".uk": .it, "example.net": .nl, "Marie@Example.NET": .de, "\"o.k\"@example.net": .es,
        ])

    @Test(
        "The closest entry counts: the address, its domain, then the longest suffix",
        arguments: [
            ("bob@x.co.uk", Language.en), ("bob@co.uk", .it), ("bob@uk", .fr), ("bob@example.net", .nl),
            ("bob@sub.example.net", .fr), ("marie@example.net", .de), ("MARIE@EXAMPLE.net", .de),
            ("marie@sub.example.net", .fr), ("o.k@example.net", .es),
        ])
    func closest(address: String, expected: Language) throws {
        #expect(map.language(for: try #require(Mailbox(address))) == expected)
    }
}
