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
        "From: alice@example.org\r\nContent-Type: text/plain; charset=utf-8\r\nTo: bob@example.net\r\nContent-Transfer-Encoding: 8bit\r\nSubject: order\r\n",
        "Content-Type: text/plain\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: 7bit\r\nSubject: x\r\nFrom: a@example.org\r\n",
        "From: a@example.org\r\nContent-Transfer-Encoding: 7bit\r\nSubject: x\r\nThread-Topic: x\r\nContent-Language: en\r\nKeywords: q\r\n",
        "Received: from a by b; Sun, 22 Nov 2026 10:00:00 +0000\r\nContent-Type: text/plain\r\nX-Z: 0\r\nContent-ID: <1@x>\r\nFrom: a@example.org\r\nX-A: 1\r\nX-A: 1\r\nX-A: 2\r\n",
        "Subject: x\r\nThread-Topic: x\r\nContent-Language: en\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\nComments: y\r\nFrom: a@example.org\r\n",
        "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: 7bit\r\nTo: b@example.org\r\nSubject: x\r\n",
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
            "MIME-Version: 1.0\r\nSubject: real one\r\nFrom: ann@x.example\r\nTo: bob@example.net\r\nCc: c@x.example\r\nHP-Outer: Subject: [...]\r\nContent-Type: text/plain; charset=\"utf-8\"; hp=\"cipher\"\r\n\r\nbody\r\n"
        )
        #expect(
            opened
                == "From: ann@x.example\r\nTo: bob@example.net\r\nSubject: real one\r\nDate: d\r\nMIME-Version: 1.0\r\nCc: c@x.example\r\nContent-Type: text/plain; charset=\"utf-8\"\r\n\r\nbody\r\n"
        )
    }

    @Test func whatWasChangedOnTheWayIsKept() async throws {
        let opened = try await opened(
            "From: ann via list <list@x.example>\r\nSubject: [list] [...]\r\nMIME-Version: 1.0\r\n",
            "Content-Type: text/plain; hp=\"cipher\"\r\nFrom: ann@x.example\r\nSubject: real\r\nHP-Outer: From: ann@x.example\r\nHP-Outer: Subject: [...]\r\n\r\nbody\r\n"
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
            "Subject: real\r\nFrom: ann@x.example\r\nDate: inside\r\nKeywords: k\r\nContent-Type: text/plain\r\n\r\nbody\r\n"
        )
        for line in ["Subject: real", "Date: outside", "X-Inner-Date: inside", "Keywords: k"] {
            #expect(("\r\n" + opened).contains("\r\n\(line)\r\n"), "\(line)")
        }
        #expect(("\r\n" + opened).components(separatedBy: "\r\nSubject: ").count == 2)
    }

    @Test func theSubjectInsideOfAPartComesBack() async throws {
        let inner =
            "Content-Type: text/plain; hp=\"cipher\"\r\nSubject: quarter figures\r\nFrom: alice@example.org\r\nKeywords: k\r\nHP-Outer: Subject: [...]\r\nHP-Outer: From: alice@example.org\r\n\r\nnine\r\n"
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
