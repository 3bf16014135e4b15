// Limits, attacks by nesting and number, and the proof by counting that reading is linear.

import MIME
import Mail
import SettingValues
import Testing

@Suite struct StructureTests {
    private func nested(_ depth: Int, close: Bool = true) -> String {
        var text = "Subject: deep\n"
        for level in 0..<depth {
            text += "Content-Type: multipart/mixed; boundary=\"b\(level)\"\n\n--b\(level)\n"
        }
        text += "Content-Type: text/plain\n\ncore\n"
        if close { for level in (0..<depth).reversed() { text += "--b\(level)--\n" } }
        return text
    }

    @Test(arguments: [1, 10, 100]) func readsNesting(_ depth: Int) throws {
        let message = try readText(nested(depth))
        #expect(message.problems.isEmpty)
        #expect(message.root.all.count == depth + 1)
        #expect(message.root.all.last?.path == Array(repeating: "1", count: depth).joined(separator: "."))
        guard case .text("core", nil) = message.root.all.last?.text else { return #expect(Bool(false)) }
    }

    @Test(arguments: [101, 5000]) func stopsAtTheDepthLimit(_ depth: Int) throws {
        let message = try readText(nested(depth))
        #expect(message.root.all.count == 101)
        #expect(message.problems.contains { $0.kind == .tooDeep && $0.hidesContent })
        guard case .unreadable = message.root.all.last?.text else { return #expect(Bool(false)) }
    }

    @Test func readsDeeperWhereTheLimitSaysSo() throws {
        var limits = Limits()
        limits.mimeDepth = 5000
        let message = try readText(nested(600), limits: limits)
        #expect(message.root.all.count == 601)
        #expect(message.problems.isEmpty)
    }

    @Test func messagesInMessagesCountAsDepth() throws {
        let text = String(repeating: "Content-Type: message/rfc822\n\n", count: 5000) + "Subject: core\n\nx"
        let message = try readText(text)
        #expect(message.root.all.count == 101)
        #expect(message.problems.contains { $0.kind == .tooDeep })
    }

    @Test func stopsAtThePartLimit() throws {
        let parts = String(repeating: "--b\n\nx\n", count: 20_000)
        let message = try readText("Content-Type: multipart/mixed; boundary=b\n\n\(parts)--b--\n")
        #expect(message.root.all.count == 10_000)
        #expect(message.problems.contains { $0.kind == .tooManyParts && $0.hidesContent })
        #expect(message.root.children.last?.path == "9999")
    }

    @Test func stopsAtTheHeaderLimit() throws {
        var limits = Limits()
        limits.headerBytes = 1000
        let message = try readText(
            "Subject: a\nX: \(String(repeating: "y", count: 2000))\nContent-Type: text/html\n\nbody", limits: limits)
        #expect(message.problems.contains { $0.kind == .headerTooLong && $0.hidesContent })
        #expect(message.subject == "a")
        guard case .text("body", _) = message.root.text else { return #expect(Bool(false)) }
    }

    @Test func stopsAtTooManyFields() throws {
        let message = try readText(String(repeating: "a:\n", count: 30_000) + "\nbody")
        #expect(message.root.header.fields.count == 20_000)
        #expect(message.problems.contains { $0.kind == .headerTooLong })
    }

    struct Attack: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let make: @Sendable (Int) -> String
    }
    static let attacks: [Attack] = [
        Attack(testDescription: "hyphens under many boundaries") { count in
            (0..<90).map {
                """
                Content-Type: multipart/mixed; boundary=\(String(repeating: "-", count: $0 + 1))x

                --\(String(repeating: "-", count: $0 + 1))x

                """
            }
            .joined() + "\n" + String(repeating: String(repeating: "-", count: 60) + "\n", count: count / 10)
        },
        Attack(testDescription: "prefix boundaries and padding") { count in
            (1...80).map {
                """
                Content-Type: multipart/mixed; boundary=\(String(repeating: "a", count: $0))

                --\(String(repeating: "a", count: $0))

                """
            }
            .joined() + "\n"
                + String(
                    repeating: "--" + String(repeating: "a", count: 80) + String(repeating: " ", count: 80) + "x\n",
                    count: count / 30)
        },
        Attack(testDescription: "many parts") {
            "Content-Type: multipart/mixed; boundary=b\n\n" + String(repeating: "--b\n\n", count: $0)
        },
        Attack(testDescription: "delimiters behind the end") {
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--b--\n" + String(repeating: "--b\n", count: $0)
        },
        Attack(testDescription: "many fields") { String(repeating: "a: b\n", count: $0) + "\n" },
        Attack(testDescription: "one folded field") { "a: b\n" + String(repeating: " c\n", count: $0) + "\n" },
        Attack(testDescription: "parameters") {
            "Content-Type: text/plain" + String(repeating: "; a=b", count: $0) + "\n\n"
        },
        Attack(testDescription: "continuations") { count in
            "Content-Type: text/plain" + (0..<count).map { "; a*\($0)=b" }.joined() + "\n\n"
        },
        Attack(testDescription: "comments") { "Content-Type: " + String(repeating: "(", count: $0) + "\n\n" },
        Attack(testDescription: "padding in base64") {
            "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + String(repeating: "YQ==\n", count: $0)
        },
        Attack(testDescription: "soft line breaks") {
            "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n"
                + String(repeating: "a=\n", count: $0)
        },
        Attack(testDescription: "armor beginnings") {
            "\n" + String(repeating: "-----BEGIN PGP MESSAGE-----\n", count: $0)
        },
        Attack(testDescription: "unclosed siblings") {
            String(repeating: "Content-Type: multipart/mixed; boundary=b\n\n--b\n", count: $0)
        },
    ]
    /// Twice the message, at most about twice the steps.
    @Test(arguments: attacks) func countsLinearWork(_ attack: Attack) throws {
        let small = attack.make(500)
        let large = attack.make(2000)
        let smallSteps = try countSteps(of: small)
        let largeSteps = try countSteps(of: large)
        let growth = large.utf8.count / small.utf8.count + 1
        #expect(largeSteps <= (smallSteps + 1000) * growth * 3 / 2)
        #expect(largeSteps <= large.utf8.count * 40 + 10_000)
    }

    @Test func delimitersNeedTheirLine() throws {
        let message = try readText("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none --b\n --b\nx--b--\n--b--\n")
        #expect(message.root.children.count == 1)
        #expect(message.problems.isEmpty)
    }

    /// White space at the end of the parameter and of the line is padding; programs that take it for part of the
    /// boundary would see other parts, so that it is a problem as well.
    @Test func boundariesWithTrailingSpaces() throws {
        let message = try readText(
            "Content-Type: multipart/mixed; boundary=\"b \"\n\n--b  \n\none\n--b \n\ntwo\n--b--\n")
        #expect(message.root.children.count == 2)
        #expect(message.problems.contains { $0.kind == .missingBoundary && $0.hidesContent })
    }

    @Test func anOverlongBoundaryHidesContent() throws {
        let boundary = String(repeating: "b", count: 251)
        let message = try readText(
            "Content-Type: multipart/mixed; boundary=\(boundary)\n\n--\(boundary)\n\nx\n--\(boundary)--\n")
        #expect(message.problems.contains { $0.hidesContent })
    }

    @Test(arguments: ["--b", "--b--", "--b \t", "--b--\t"]) func theLastLineNeedsNoEnd(_ last: String) throws {
        let message = try readText("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n\(last)")
        guard case .text("one", nil) = message.root.children[0].text else { return #expect(Bool(false)) }
        #expect(message.root.children.count == (last.hasPrefix("--b--") ? 1 : 2))
        #expect(message.problems.contains { $0.kind == .unclosedMultipart } == !last.hasPrefix("--b--"))
    }

    @Test func aHeaderMayEndAtADelimiter() throws {
        let message = try readText(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n--b\n\ntwo\n--b--\n")
        #expect(message.root.children.map(\.type.essence) == ["text/html", "text/plain"])
        #expect(message.root.children[0].bodyRange.isEmpty)
        #expect(message.problems.map(\.kind) == [.noHeaderEnd])
    }

    @Test func theOuterBoundaryEndsEverythingInside() throws {
        let message = try readText(
            """
            Content-Type: multipart/mixed; boundary=o

            --o
            Content-Type: message/rfc822

            Content-Type: multipart/mixed; boundary=i

            --i

            inner, never closed
            --o

            outer
            --o--

            """)
        #expect(message.root.all.map(\.path) == ["", "1", "1.1", "1.1.1", "2"])
        #expect(message.problems.map(\.kind) == [.unclosedMultipart])
    }

    @Test func emptyEntitiesStandInsideTheirParents() throws {
        let head = "Content-Type: multipart/mixed; boundary=b\n\n"
        for text in [
            head + "--b\nContent-Type: message/rfc822\n\n--b--\n", head + "--b\n--b\n--b--\n", head + "--b--\n",
            "--b\n",
            head + "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n--b--\n",
        ] {
            for part in try readText(text).root.all {
                for child in part.children {
                    #expect(child.range.lowerBound >= part.bodyRange.lowerBound)
                    #expect(child.range.upperBound <= part.bodyRange.upperBound)
                }
            }
        }
    }

    /// Lines that cannot be delimiters are passed over many at a time; octet by octet each line is looked at.
    @Test func linesArePassedOverAsTheyAreReadOneByOne() throws {
        let pieces = ["-", "--", "--b", "--b--", "a", "ab-c", "-a", "\r\n", "\n", "\r", "\r\n", "\n", "\0"]
        let head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
        for _ in 0..<300 {
            let body = (0..<Int.random(in: 1...60)).compactMap { _ in pieces.randomElement() }.joined()
            let octets = Array((head + body + "\r\n--b--\r\n").utf8)
            let slow = dump(try read(received(cut(octets, every: 1)), limits: Limits()))
            for size in [octets.count, Int.random(in: 2...20)] {
                let fast = dump(try read(received(cut(octets, every: size)), limits: Limits()))
                #expect(fast == slow, "\(body.debugDescription)")
            }
        }
    }
}
