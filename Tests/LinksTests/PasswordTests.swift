// Passwords: what is made, and that whatever a person makes of it by hand comes to one spelling.

import Links
import Testing

@Suite struct PasswordTests {
    private static let alphabet = Set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

    @Test func madeOnesAreThreeGroupsOfCrockfordBase32() throws {
        var seen: Set<String> = []
        var used: Set<Character> = []
        for _ in 0..<300 {
            let password = try LinkPassword.make()
            let groups = password.split(separator: "-", omittingEmptySubsequences: false)
            #expect(groups.map(\.count) == [4, 4, 4])
            #expect(groups.joined().allSatisfy(Self.alphabet.contains))
            #expect(LinkPassword.normalise(password, kind: .made) == groups.joined())
            seen.insert(password)
            used.formUnion(groups.joined())
        }
        #expect(seen.count == 300)
        #expect(used == Self.alphabet)
    }

    @Test(arguments: [
        "7QXK-40M1-ZT9P", "7qxk-40m1-zt9p", "7QXK40M1ZT9P", " 7QXK 40M1 ZT9P\r\n", "7qxk-4om1-zt9p", "7QXK-4OMI-ZT9P",
        "7qxk-40ml-zt9p", "7QXK\u{2013}40M1\u{2014}ZT9P", "7QXK\u{2011}40M1\u{2212}ZT9P", "7QXK.40M1_ZT9P",
        "\u{ff17}QXK\u{3000}40M1\u{a0}ZT9P", "7-Q-X-K-4-0-M-1-Z-T-9-P-",
    ])
    func spellingsOfAMadeOneMeet(typed: String) {
        #expect(LinkPassword.normalise(typed, kind: .made) == "7QXK40M1ZT9P")
    }

    @Test(arguments: [
        ("correct horse", "correct horse"), ("  Correct \t\u{a0} HORSE \r\n", "correct horse"),
        ("CAF\u{45}\u{301}", "caf\u{e9}"), ("\u{fb01}sh", "fish"), ("Pass\u{2011}Word", "pass-word"),
        ("\u{feff}x\u{a0}", "x"), ("\u{85}x", "\u{85}x"), ("   ", ""), ("", ""), ("O0Il", "o0il"),
        ("Stra\u{df}e", "stra\u{df}e"), ("STRASSE", "strasse"), ("\u{130}zmir", "i\u{307}zmir"),
        ("\u{39f}\u{394}\u{39f}\u{3a3}", "\u{3bf}\u{3b4}\u{3bf}\u{3c3}"), ("\u{3c2}\u{3c3}", "\u{3c3}\u{3c3}"),
        ("\u{2764}\u{fe0f}", "\u{2764}"), ("\u{1f468}\u{200d}\u{1f469}", "\u{1f468}\u{1f469}"),
        ("\u{201c}don\u{2019}t\u{201d}", "\"don't\""), ("\u{ff21}\u{ff42}\u{ff11}\u{3000}x", "ab1 x"),
    ])
    func chosenOnesComeToOneForm(typed: String, normalised: String) {
        let made = LinkPassword.normalise(typed, kind: .chosen)
        #expect(Array(made.unicodeScalars) == Array(normalised.unicodeScalars))
        #expect(LinkPassword.normalise(made, kind: .chosen) == made)
    }

    @Test func anyTextIsTaken() {
        for text in ["\u{0}", "🔑🔑", String(repeating: "é", count: 10_000), "\u{202e}abc"] {
            _ = LinkPassword.normalise(text, kind: .made)
            _ = LinkPassword.normalise(text, kind: .chosen)
        }
    }
}
