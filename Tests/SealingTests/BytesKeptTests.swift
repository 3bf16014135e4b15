// Promise 4: what is sealed opens to what came in, byte for byte; header protection leaves no trace.

import Foundation
import Mail
import Sealing
import Support
import Testing

struct BytesKeptTests {
    /// Entities as they come, well-formed or not. `%` stands for the header fields that are the same everywhere.
    static let messages: [String] = [
        """
        %MIME-Version: 1.0\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: 8bit\r\n\
        \r\n\
        Grüße\r\n
        """,
        "%\r\nno MIME at all\r\n",
        "%Content-Type: text/plain;\r\n\tcharset=\"us-ascii\";\r\n\tformat=flowed;\r\n\r\ntrailing semicolon\r\n",
        "%content-TYPE:text/html\r\nContent-Language: en\r\nX-Other: after\r\n\r\n<p>x</p>\r\n",
        """
        %MIME-Version: 1.0 (Apple Message framework v1)\r\nContent-Type: multipart/mixed; boundary="a b"\r\n\r\n\
        pre\r\n--a b\r\n\r\none\r\n--a b--\r\nepilogue\r\n\r\n\r\n
        """,
        "%Content-Type: nonsense\r\n\r\nunreadable type\r\n",
        "%Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\ntwo types\r\n",
        "%Content-Type: (comment) text/plain\r\n\r\ncomment first\r\n",
        "%Content-Type: text/plain; hp=\"clear\"\r\n\r\nhp there already\r\n",
        "%MIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n",
        "%Content-Type: text/plain\r\n\r\nno line end at the end",
        "%Content-Type: text/plain\r\n\r\n",
        "%Content-Type: text/plain\r\nMIME-Version: 1.0\r\n\r\n.dots\r\n..\r\n\r\n--\r\nFrom here\r\n",
    ]
    private static let fields = """
        Received: from a by b; Sun, 22 Nov 2026 10:00:00 +0000\r
        From: =?utf-8?Q?Al=C3=AFce?= <alice@example.org>\r
        To: bob@example.net\r
        Subject: =?utf-8?B?R3LDvMOfZQ==?=\r
          =?utf-8?Q?_folded?=\r
        X-Odd:no space after the colon\r
        Message-ID: <1@example.org>\r

        """

    @Test(arguments: messages)
    func opensToWhatCameIn(_ template: String) async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let message = template.replacingOccurrences(of: "%", with: Self.fields)
        let plan = try await fixture.plan(message, to: ["bob@example.net"])
        let sealed = try await fixture.sealer.sealOne(plan)
        #expect(sealed.text.contains("multipart/encrypted"))
        #expect(try await fixture.open(sealed) == message)
        await fixture.end()
    }

    @Test func hiddenSubjectComesBack() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let message =
            Self.fields + "Thread-Topic: Grüße\r\nKeywords: secret words\r\nContent-Type: text/plain\r\n\r\nx\r\n"
        let plan = try await fixture.plan(message, to: ["bob@example.net"], then: ", hide-subject: true")
        let sealed = try await fixture.sealer.sealOne(plan)
        #expect(sealed.text.contains("Subject: [...]\r\n"))
        #expect(!sealed.text.contains("Thread-Topic"))
        #expect(!sealed.text.contains("R3LDvMOfZQ"))
        #expect(try await fixture.open(sealed) == message)
        await fixture.end()
    }

    @Test func addedOnTheWayStays() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let message = Self.fields + "Content-Type: text/plain\r\n\r\nx\r\n"
        let plan = try await fixture.plan(message, to: ["bob@example.net"])
        let sealed = try await fixture.sealer.sealOne(plan)
        let added = MessageBytes(joining: [MessageBytes("Received: by c\r\nX-Spam: no\r\n"), sealed])
        #expect(try await fixture.open(added) == "Received: by c\r\nX-Spam: no\r\n" + message)
        await fixture.end()
    }

    @Test func losesNothingLarge() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let line = String(repeating: "0123456789abcdef", count: 4) + "\r\n"
        let message = Self.fields + "Content-Type: text/plain\r\n\r\n" + String(repeating: line, count: 40_000)
        let plan = try await fixture.plan(message, to: ["bob@example.net"])
        let sealed = try await fixture.sealer.sealOne(plan)
        #expect(try await fixture.open(sealed) == message)
        await fixture.end()
    }
}
