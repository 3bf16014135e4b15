// Further readings that programs have of odd messages: encodings, labels, names, HTML. A rule has to find the number in
// each; and plain mail with an odd label has to pass.

import Detection
import MIME
import Mail
import Policy
import Testing

@Suite struct OddReadingTests {
    private static let card = "4111111111111111"
    private static func rules(_ atLeast: Int = 1) throws -> Ruleset {
        try oneRule(when: "{ content: { detector: payment-card, at-least: \(atLeast) } }")
    }

    static let found: [String] = [
        // Base64 that is none, that ends in plain text, with a line before it.
        "Content-Transfer-Encoding: base64\n\nmy card 4111 1111 1111 1111 till 12",
        "Content-Transfer-Encoding: base64\n\naGVsbG8gYWxs\n\nmy card 4111 1111 1111 1111",
        "Content-Transfer-Encoding: base64\n\n--HEAD--\nNDExMTExMTExMTExMTExMSA=",
        // Words for encodings.
        "Content-Transfer-Encoding: (a (b)) base64\n\nNDExMTExMTExMTExMTExMSA=",
        "Content-Transfer-Encoding: 8bit, base64\n\nNDExMTExMTExMTExMTExMSA=",
        "Content-Transfer-Encoding: 8bit, base64\n\n\(card)", "Content-Transfer-Encoding: untouched\n\n\(card)",
        "Content-Type: text/plain\n\nbegin-base64 600 a\nNDExMTExMTExMTExMTExMSA=\n====\n",
        // Charsets.
        "Content-Type: text/plain; charset=hz\n\n~{#4#1#1#1#1#1#1#1#1#1#1#1#1#1#1#1~}",
        "Subject: =?iso-2022-jp?Q?=1B$(Q\(card)=1B(B?=\n\nx", "Content-Type: text/plain\n\na\n4111 1111\r1111 1111 b",
        // Header.
        "To: \"4111\\ 1111\\ 1111\\ 1111\" <bob@partner.example>\n\nx", "Thread-Topic: \(card)\n\nx",
        "To: bob@partner.example (4111\\1111\\1111\\1111)\n\nx", "Content-Description: \(card)\n\nx",
        // HTML and the like.
        "Content-Type: text/html\n\n<!-- a --!>\(card)<!-- b -->",
        "Content-Type: text/html\n\n<p>4111<br style='display:none'>1111<br hidden>1111<hr hidden>1111</p>",
        "Content-Type: text/html\n\n<iframe srcdoc='&lt;p&gt;\(card)&lt;/p&gt;'></iframe>",
        "Content-Type: text/x-amp-html\n\n<b>4111</b>1111<i>1111</i>1111",
        "Content-Type: text/watch-html\n\n<b>4111</b>1111<i>1111</i>1111",
        "Content-Type: text/xml\n\n<a note=\"&#x34;111111111111111\"/>",
        "Content-Type: text/rfc822-headers\n\nFrom: a@b.example\nSubject:\n =?utf-8?B?NDExMTExMTExMTExMTExMQ==?=\n",
        // Names.
        "Content-Type: text/plain; name=\"=?utf-32?Q?\(card)?=\"\n\nx",
        "Content-Type: text/plain; name*=utf-32''\(card)\n\nx",
    ]
    @Test(arguments: found) func findsTheCard(_ text: String) throws {
        let message = try message(text + "\n")
        #expect(try Self.rules().answer(message) == .yes)
        #expect(try Self.rules(2).answer(message) != .yes)
    }

    /// A digit in a box: digit, variation selector, enclosing keycap.
    @Test func findsKeycaps() throws {
        let digits = Self.card.map { "\($0)\u{FE0F}\u{20E3}" }.joined()
        let text = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\(digits)\n"
        #expect(try Self.rules().answer(message(text)) == .yes)
    }

    /// Octets of a name that are no UTF-8: a no-break space of windows-1252.
    @Test func findsInNamesOfRawOctets() throws {
        let text = "Content-Type: text/plain; name=\"4111*1111*1111*1111.txt\"\r\n\r\nx\r\n"
        let octets = text.utf8.map { $0 == UInt8(ascii: "*") ? 0xA0 : $0 }
        let message = try message(MessageBytes(bytes: octets), from: "alice@example.org", to: ["c@elsewhere.example"])
        #expect(try Self.rules().answer(message) == .yes)
    }

    static let innocent: [String] = [
        "Content-Type: text/plain; charset*=us-ascii'en'utf-8\n\nlunch?",
        "Content-Type: text/plain; charset=utf-8; charset=latin1\n\nlunch?",
        "Content-Transfer-Encoding: unencoded\n\nLunch on Thursday?", "Content-Transfer-Encoding: x-7bit\n\nLunch?",
        "Thread-Topic: lunch\nContent-Description: a note\n\nlunch?",
    ]
    @Test(arguments: innocent) func plainMailPasses(_ text: String) throws {
        #expect(try Self.rules().answer(message(text + "\n")) == .no)
        let programs = try oneRule(when: "{ attachment: { kind: program } }")
        #expect(try programs.answer(message(text + "\n")) == .no)
    }

    static let unread: [String] = [
        "Content-Type: text/plain; charset=utf-8; charset=utf-16\n\nlunch?",
        "Content-Transfer-Encoding: untouched\n\nNDExMTExMTExMTExMTExMQ==",
        "Content-Transfer-Encoding: untouched\n\n=34=31=31=31=31=31=31=31=31=31=31=31=31=31=31=31",
        "Content-Transfer-Encoding: untouched\n\n34313131313131313131313131313131",
    ]
    @Test(arguments: unread) func whatMayBeEncodedIsUnknown(_ text: String) throws {
        #expect(try Self.rules().answer(message(text + "\n")).unknown != nil)
    }

    /// A picture whose name is in a charset that nobody knows is no program, whatever the charset.
    @Test func namesInUnknownCharsets() throws {
        let programs = try oneRule(when: "{ attachment: { kind: program } }")
        func answer(_ name: String) throws -> Truth {
            try programs.answer(message("Content-Type: image/png; name=\"\(name)\"\n\nx\n"))
        }
        #expect(try answer("=?x-nobody?B?YS5wbmc=?=") == .no)
        #expect(try answer("=?x-nobody?Q?a.exe?=") == .yes)
        #expect(try answer("=?x-ebcdic?B?gUuWlYc=?=").unknown != nil)
    }
}
