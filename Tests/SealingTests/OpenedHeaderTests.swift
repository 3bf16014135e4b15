// Header fields when a message is opened: in the order in which they stood, each once, none lost.

import Foundation
import Mail
import Sealing
import Support
import Testing

struct OpenedHeaderTests {
    // MARK: Our own

    /// Headers whose fields stand in an order that the outer Content-Type alone cannot tell.
    static let orders: [String] = [
        """
        From: alice@example.org\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\
        To: bob@example.net\r\n\
        Content-Transfer-Encoding: 8bit\r\n\
        Subject: order\r\n
        """,
        """
        Content-Type: text/plain\r\n\
        MIME-Version: 1.0\r\n\
        Content-Transfer-Encoding: 7bit\r\n\
        Subject: x\r\n\
        From: a@example.org\r\n
        """,
        """
        From: a@example.org\r\n\
        Content-Transfer-Encoding: 7bit\r\n\
        Subject: x\r\n\
        Thread-Topic: x\r\n\
        Content-Language: en\r\n\
        Keywords: q\r\n
        """,
        """
        Received: from a by b; Sun, 22 Nov 2026 10:00:00 +0000\r\n\
        Content-Type: text/plain\r\n\
        X-Z: 0\r\n\
        Content-ID: <1@x>\r\n\
        From: a@example.org\r\n\
        X-A: 1\r\n\
        X-A: 1\r\n\
        X-A: 2\r\n
        """,
        """
        Subject: x\r\n\
        Thread-Topic: x\r\n\
        Content-Language: en\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: text/plain\r\n\
        Comments: y\r\n\
        From: a@example.org\r\n
        """,
        """
        From: a@example.org\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: text/plain\r\n\
        Content-Transfer-Encoding: 7bit\r\n\
        To: b@example.org\r\n\
        Subject: x\r\n
        """,
    ]

    @Test(arguments: orders, [false, true])
    func fieldsComeBackInTheirOrder(_ header: String, hides: Bool) async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let message = header + "\r\nbody\r\n"
        let plan = try await fixture.plan(
            message, to: ["bob@example.net"], then: hides ? ", hide-subject: true" : "")
        let sealed = try await fixture.sealer.sealOne(plan)
        #expect(try await fixture.open(sealed) == message)
        await fixture.end()
    }

    @Test func whatWasSealedBeforeComesBackAsItCame() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let message = OpeningTests.head + "\r\nsee\r\n\(try OpeningTests.armor(fixture, "inner\n"))"
        let plan = try await fixture.plan(message, to: ["bob@example.net"])
        let sealed = try await fixture.sealer.sealOne(plan)
        let opened = try await fixture.opened(sealed)
        #expect(opened.bytes.text == message && opened.unopened == [] && opened.notes.count == 1)
        #expect(try await fixture.open(opened.bytes) == OpeningTests.head + "\r\nsee\r\ninner\r\n")
        await fixture.end()
    }

    // MARK: Others'

    private func opened(_ outer: String, _ inner: String) async throws -> String {
        try await OpeningTests.opened { outer + OpeningTests.encrypted(try OpeningTests.armor($0, inner)) }
    }

    @Test func fieldsInAnotherOrderAreNotDoubled() async throws {
        let opened = try await opened(
            "From: ann@x.example\r\nTo: bob@example.net\r\nSubject: [...]\r\nDate: d\r\nMIME-Version: 1.0\r\n",
            """
            MIME-Version: 1.0\r\n\
            Subject: real one\r\n\
            From: ann@x.example\r\n\
            To: bob@example.net\r\n\
            Cc: c@x.example\r\n\
            HP-Outer: Subject: [...]\r\n\
            Content-Type: text/plain; charset="utf-8"; hp="cipher"\r\n\
            \r\n\
            body\r\n
            """
        )
        #expect(
            opened
                == """
                From: ann@x.example\r\n\
                To: bob@example.net\r\n\
                Subject: real one\r\n\
                Date: d\r\n\
                MIME-Version: 1.0\r\n\
                Cc: c@x.example\r\n\
                Content-Type: text/plain; charset="utf-8"\r\n\
                \r\n\
                body\r\n
                """
        )
    }

    @Test func whatWasChangedOnTheWayIsKept() async throws {
        let opened = try await opened(
            "From: ann via list <list@x.example>\r\nSubject: [list] [...]\r\nMIME-Version: 1.0\r\n",
            """
            Content-Type: text/plain; hp="cipher"\r\n\
            From: ann@x.example\r\n\
            Subject: real\r\n\
            HP-Outer: From: ann@x.example\r\n\
            HP-Outer: Subject: [...]\r\n\
            \r\n\
            body\r\n
            """
        )
        for line in [
            "From: ann@x.example", "X-Outer-From: ann via list <list@x.example>", "Subject: real",
            "X-Outer-Subject: [list] [...]",
        ] {
            #expect(("\r\n" + opened).contains("\r\n\(line)\r\n"), "\(line)")
        }
        #expect(opened.components(separatedBy: "\r\nSubject: ").count == 2)
    }

    @Test func fieldsInsideWithoutProtectionAreKept() async throws {
        let opened = try await opened(
            "From: ann@x.example\r\nSubject: ...\r\nDate: outside\r\nMIME-Version: 1.0\r\n",
            """
            Subject: real\r\n\
            From: ann@x.example\r\n\
            Date: inside\r\n\
            Keywords: k\r\n\
            Content-Type: text/plain\r\n\
            \r\n\
            body\r\n
            """
        )
        for line in ["Subject: real", "Date: outside", "X-Inner-Date: inside", "Keywords: k"] {
            #expect(("\r\n" + opened).contains("\r\n\(line)\r\n"), "\(line)")
        }
        #expect(("\r\n" + opened).components(separatedBy: "\r\nSubject: ").count == 2)
    }

    @Test func theSubjectInsideOfAPartComesBack() async throws {
        let inner =
            """
            Content-Type: text/plain; hp="cipher"\r\n\
            Subject: quarter figures\r\n\
            From: alice@example.org\r\n\
            Keywords: k\r\n\
            HP-Outer: Subject: [...]\r\n\
            HP-Outer: From: alice@example.org\r\n\
            \r\n\
            nine\r\n
            """
        for (outside, wanted) in [
            ("[...]", "quarter figures"), ("[list] [...]", "[list] quarter figures"), ("other", "other"),
        ] {
            let opened = try await OpeningTests.opened { fixture in
                OpeningTests.head.replacing("Subject: x", with: "Subject: \(outside)")
                    + OpeningTests.mixed(
                        OpeningTests.encrypted(try OpeningTests.armor(fixture, inner)),
                        "Content-Type: text/plain\r\n\r\n-- footer")
            }
            #expect(opened.contains("\r\nSubject: \(wanted)\r\nMIME-Version"), "\(opened)")
            #expect(
                opened.contains("quarter figures") && opened.contains("Keywords: k") && opened.contains("-- footer"))
        }
    }

    @Test func theSubjectOfAnUnprotectedPartComesBackOnce() async throws {
        let opened = try await OpeningTests.opened { fixture in
            let parts = try ["first", "second"].map { subject in
                OpeningTests.encrypted(
                    try OpeningTests.armor(
                        fixture, "Subject: \(subject)\r\nContent-Type: text/plain\r\n\r\n\(subject) body\r\n"),
                    boundary: subject)
            }
            return OpeningTests.head.replacing("Subject: x", with: "Subject: ...")
                + OpeningTests.mixed(parts[0], parts[1])
        }
        #expect(opened.contains("\r\nSubject: first\r\nMIME-Version"))
        #expect(opened.contains("--mm\r\nContent-Type: text/plain\r\n\r\nfirst body"))
        #expect(opened.contains("--mm\r\nSubject: second\r\nContent-Type: text/plain\r\n\r\nsecond body"))
    }
}
