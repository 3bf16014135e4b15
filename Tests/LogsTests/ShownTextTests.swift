// Text of others on its way to a terminal.

import Logs
import Testing

@Suite struct ShownTextTests {
    @Test(arguments: [
        ("plain, \u{E9}\u{1F989}", "plain, \u{E9}\u{1F989}"), ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\u{1B}[31m", "\\u001b[31m"), ("\u{202E}moc", "\\u202emoc"), ("a\u{200B}b\u{FEFF}", "a\\u200bb\\ufeff"),
        ("\u{2028}\u{85}\u{7F}\u{0}", "\\u2028\\u0085\\u007f\\u0000"), ("back\\slash", "back\\slash"),
    ])
    func whatIsObeyedIsEscaped(text: String, shown: String) {
        #expect(ShownText.escaped(text) == shown)
    }

    @Test func ourOwnLinesMayStay() {
        #expect(ShownText.escaped("a\n\tb\r\u{1B}", keepsLines: true) == "a\n\tb\\r\\u001b")
    }
}
