// Everyday odd shapes pass the shipped policy; their hostile siblings stay unknown, and only in what is unknown of
// them.

import Detection
import Foundation
import MIME
import Mail
import Policy
import Testing

struct OddShapeTests {
    private static func shipped() throws -> Ruleset { try #require(try StartingPolicyTests.startingPolicy().ruleset) }

    @Test(arguments: EverydayShapes.all) func everydayShapesPass(_ shape: Shape) throws {
        let decision = try Self.shipped().decision(message(shape.text))
        #expect(decision.outcome == .pass, "\(decision.notes)")
        #expect(decision.rules.isEmpty)
        // Not because nothing was looked at: the same with a card number in sight is found.
        let text = shape.text.replacing("Lunch?", with: "4111 1111 1111 1111").replacing(
            "See the", with: "4111111111111111"
        )
        .replacing("Hello", with: "4111 1111 1111 1111").replacing("could not", with: "4111 1111 1111 1111")
        guard text != shape.text else { return }
        #expect(try Self.shipped().decision(message(text)).rules.contains("card-numbers"))
    }

    /// What no program reads as another does, or nobody can read: part that is named, and what the rules must not say
    /// of it.
    static let hostile: [(Shape, part: String)] = [
        (
            Shape(
                "boundaries that differ", part: "Content-Type: text/plain", body: "x",
                type: "multipart/mixed; boundary=mm; boundary=nn"), "the message, multipart/mixed"
        ),
        (
            Shape(
                "a boundary with junk behind it", part: "", body: "x",
                type: "multipart/mixed; boundary=\"mm\"\nContent-Type: multipart/mixed; boundary=\"nn\""),
            "the message, multipart/mixed"
        ),
        (
            Shape(
                "two types that differ", whole: "Subject: a\nContent-Type: text/html\nContent-Type: text/plain\n\nx\n"),
            "the message, text/html"
        ),
        (
            Shape(
                "two types, one a multipart",
                whole:
                    """
                    Subject: a
                    Content-Type: text/plain
                    Content-Type: multipart/mixed; boundary=mm

                    --mm

                    x
                    --mm--

                    """
            ), "the message, text/plain"
        ),
        (
            Shape("a boundary in a comment", part: "", body: "x", type: "multipart/mixed (; boundary=nn); boundary=mm"),
            "the message, multipart/mixed"
        ),
        (
            Shape("a boundary that ends in a blank", part: "", body: "x", type: "multipart/mixed; boundary=\"mm \""),
            "the message, multipart/mixed"
        ),
        (
            Shape(
                "a boundary in pieces beside a plain one", part: "", body: "x",
                type: "multipart/mixed; boundary=mm; boundary*0=n; boundary*1=n"), "the message, multipart/mixed"
        ),
        (
            Shape("a boundary with a backslash", part: "", body: "x", type: #"multipart/mixed; boundary="m\m""#),
            "the message, multipart/mixed"
        ),
        (Shape("a boundary that is not found", type: "multipart/mixed; boundary=zz"), "the message, multipart/mixed"),
        (Shape("no boundary", type: "multipart/mixed"), "the message, multipart/mixed"),
        (
            Shape("a line that goes on behind the boundary", part: "", body: "x\n--mmm\nContent-Type: text/html\n\ny"),
            "part 2"
        ),
        (Shape("parts behind the end", part: "", body: "x\n--mm--\n--mm\n\ny"), "the message, multipart/mixed"),
        (
            Shape("a multipart that is no type", part: "", body: "x", type: "multipart-mixed; boundary=mm"),
            "the message"
        ),
        (
            Shape("charsets that differ", part: "Content-Type: text/plain; charset=utf-16; charset=utf-8", body: "x"),
            "part 2, text/plain"
        ),
        (
            Shape(
                "encodings that differ",
                part: "Content-Type: text/plain\nContent-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit",
                body: "YWJj"), "part 2, text/plain"
        ),
        (
            Shape(
                "an encoding nobody knows", part: "Content-Type: text/plain\nContent-Transfer-Encoding: x-rot99",
                body: "YWJj"), "part 2, text/plain"
        ),
        (
            Shape(
                "a message in an encoding nobody knows",
                part: "Content-Type: message/rfc822\nContent-Transfer-Encoding: x-rot99", body: "YWJj"),
            "part 2, message/rfc822"
        ),
        (
            Shape(
                "a message in damaged base64", part: "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64",
                body: "!!no base64, no header!!"), "part 2, message/rfc822"
        ),
        (
            Shape("a piece of a message", part: "Content-Type: message/partial; id=a; number=1; total=2", body: "x"),
            "part 2, message/partial"
        ),
        (
            Shape("a file elsewhere", part: "Content-Type: message/external-body; access-type=url", body: "x"),
            "part 2, message/external-body"
        ),
        (
            Shape(
                "an encrypted wrapper", part: "Content-Type: application/pkcs7-mime; name=a.dat", body: Shape.picture),
            "part 2, application/pkcs7-mime"
        ),
        (
            Shape(
                "a wrapper by its name", part: "Content-Type: application/octet-stream; name=winmail.dat",
                body: Shape.picture), "part 2, application/octet-stream"
        ),
        (
            Shape(
                "a delimiter behind a line that ends the header",
                whole: "Subject: a\nContent-Type: multipart/mixed; boundary=mm\njunk\n--mm\nX: y\n\nz\n--mm--\n"),
            "the message, multipart/mixed"
        ),
    ]
    @Test(arguments: hostile) func hostileShapesStayUnknown(_ shape: Shape, _ part: String) throws {
        let decision = try Self.shipped().decision(message(shape.text))
        #expect(decision.outcome != .pass)
        #expect(
            decision.notes.contains { $0.contains("applies because \(part), could not be read: ") }
                || decision.notes.contains { $0.contains("applies because \(part) could not be read: ") },
            "\(decision.notes)")
    }

    // MARK: Narrow

    private static let twoFiles =
        "Content-Type: multipart/mixed; boundary=mm\n\n--mm\nContent-Type: text/plain\n\nHello\n"
        + "--mm\nContent-Type: application/octet-stream; name*x=1\n"
        + "Content-Disposition: attachment; filename=a.dat\n\nx\n"
        + "--mm\nContent-Type: image/png; name=b.png\n\ny\n--mm--\n"

    /// A name that some program may read in another way: unknown are questions about that name, nothing else.
    @Test func anOddNameIsUnknownAlone() throws {
        let parsed = try message(Self.twoFiles)
        #expect(parsed.problems == [ReadProblem(.badFileName, path: "2")])
        func answer(_ when: String) throws -> Truth { try oneRule(when: when).answer(parsed) }
        let unknown = Truth.unknown(
            .permanent("part 2, application/octet-stream, could not be read: its file name can be read in several ways")
        )
        #expect(try answer("{ attachment: { extension: [exe] } }").unknown?.reason == unknown.unknown?.reason)
        #expect(try answer("{ attachment: { kind: program } }").unknown?.reason == unknown.unknown?.reason)
        #expect(try answer("{ attachment: { name: 'secret' } }").unknown?.reason == unknown.unknown?.reason)
        #expect(try answer("{ attachment: { extension: [dat] } }") == .yes)
        #expect(try answer("{ attachment: { type: 'application/x-msdownload' } }") == .no)
        #expect(try answer("{ attachment: { size: { over: 100KiB } } }") == .no)
        #expect(try answer("{ content: 'secret' }") == .no)
        #expect(try answer("{ attachment: { extension: [png], type: 'image/png' } }") == .yes)
        #expect(try answer("{ attachment: { type: 'image/png', name: 'secret' } }") == .no)
        #expect(try answer("{ attachment: { count: { over: 2 } } }") == .no)
    }

    @Test func anOddTypeIsUnknownAlone() throws {
        let parsed = try message(
            "Content-Type: multipart/mixed; boundary=mm\n\n--mm\n\nHello\n"
                + "--mm\nContent-Type: application//pdf\nContent-Disposition: attachment; filename=a.dat\n\nx\n--mm--\n"
        )
        func answer(_ when: String) throws -> Truth { try oneRule(when: when).answer(parsed) }
        #expect(try answer("{ attachment: { type: 'application/pdf' } }").unknown != nil)
        #expect(try answer("{ attachment: { name: 'secret' } }") == .no)
        #expect(try answer("{ content: 'secret' }") == .no)
    }
}
