// Dots on and off: the table of endings that must not end a message, and the round trip.

import Mail
import NIOCore
import SettingValues
import SMTP
import Testing

/// What receiving some bytes came to, in a form that can be compared.
private enum Received: Equatable, CustomStringConvertible {
    case more
    case message(String, left: String)
    case refused(Refusal.Cause, left: String)

    var description: String {
        switch self {
        case .more: "more"
        case .message(let text, let left): "message \(text.debugDescription) left \(left.debugDescription)"
        case .refused(let cause, let left): "refused \(cause) left \(left.debugDescription)"
        }
    }
}

private func receive(_ octets: [UInt8], step: Int, limits: Limits = Limits()) throws -> Received {
    var unstuffer = DotUnstuffer(limits: limits)
    for start in stride(from: 0, to: octets.count, by: step) {
        let end = min(start + step, octets.count)
        var buffer = ByteBuffer(bytes: octets[start..<end])
        let outcome = unstuffer.take(from: &buffer)
        let left = String(decoding: Array(buffer.readableBytesView) + octets[end...], as: UTF8.self)
        switch outcome {
        case .needMore: #expect(buffer.readableBytes == 0)
        case .message(let bytes, _): return .message(String(decoding: try bytes.copy(), as: UTF8.self), left: left)
        case .refused(let refusal): return .refused(refusal.cause, left: left)
        }
    }
    return .more
}

struct DotUnstufferTests {
    @Test(arguments: [
        (".\r\n", ""), ("a\r\n.\r\n", "a\r\n"), ("..\r\n.\r\n", ".\r\n"), ("...\r\n.\r\n", "..\r\n"),
        (".a\r\n.\r\n", "a\r\n"), ("a.\r\n.\r\n", "a.\r\n"), ("a\r\n..b\r\nc.d\r\n.\r\n", "a\r\n.b\r\nc.d\r\n"),
        ("\r\n.\r\n", "\r\n"), ("a\r\n\r\n\r\n..\r\n.\r\n", "a\r\n\r\n\r\n.\r\n"),
        ("\0\u{1a}\r\n.\r\n", "\0\u{1a}\r\n"),
    ])
    func takesWhatIsWellFormed(wire: String, content: String) throws {
        for step in [1, 2, 3, 1000] {
            #expect(try receive(Array((wire + "MAIL").utf8), step: step) == .message(content, left: "MAIL"))
        }
    }

    /// Each is an "end of data" to some server. None is one here, none is mended, and what follows is no command:
    /// the message goes on to its real end and is refused there.
    @Test(arguments: [
        "\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\r\n.\rx\n", "\r\n.\r\r\n", "\n.\r",
        "\r\n\n.\r\n",
        "\r\r\n.\n", "\r\n.\r\0\n", "\n\r.\n\r", "\n\r\n.\n", "\u{85}\n.\n", "\u{2028}\r.\n", "\r\n.\n.\n", "\n", "\r",
        "\r\n\r",
    ])
    func nothingElseEndsTheMessage(ending: String) throws {
        let smuggled = "MAIL FROM:<eve@example.org>\r\n"
        let wire = Array("Subject: a\r\n\r\ntext\(ending)\(smuggled)\r\n.\r\nQUIT\r\n".utf8)
        for step in 1...7 {
            #expect(try receive(wire, step: step) == .refused(.badLineEnding, left: "QUIT\r\n"), "step \(step)")
        }
        #expect(try receive(wire, step: 1000) == .refused(.badLineEnding, left: "QUIT\r\n"))
    }

    /// CR CR LF . CR LF holds CR LF . CR LF, so it ends the message: refused for the bare CR, and nothing lies behind.
    @Test func aBareCRBeforeTheRealEnd() throws {
        for step in [1, 2, 3, 100] {
            #expect(try receive(Array("a\r\r\n.\r\nQ".utf8), step: step) == .refused(.badLineEnding, left: "Q"))
        }
    }

    @Test(arguments: ["", "a", "a\r\n", "a\r\n.", "a\r\n.\r", ".", ".\r", "a\r\n..\r\n", "a\r"])
    func waitsForTheRest(wire: String) throws {
        for step in [1, 2, 100] { #expect(try receive(Array(wire.utf8), step: step) == .more) }
    }

    @Test func messagesOverTheLimitAreSwallowedToTheirEnd() throws {
        var limits = Limits()
        limits.messageBytes = 10
        for step in [1, 3, 100] {
            #expect(
                try receive(Array("12345678\r\n.\r\nQ".utf8), step: step, limits: limits)
                    == .message("12345678\r\n", left: "Q"))
            #expect(
                try receive(Array("123456789\r\n.\r\nQ".utf8), step: step, limits: limits)
                    == .refused(.messageTooBig, left: "Q"))
            // The doubled dot and the end do not count.
            #expect(
                try receive(Array("..345678\r\n..\r\n.\r\nQ".utf8), step: step, limits: limits)
                    == .message(".345678\r\n.\r\n", left: "Q").tooBigAt(10))
        }
    }

    @Test func linesOverTheLimitAreRefused() throws {
        var limits = Limits()
        limits.textLineBytes = 8
        for step in [1, 3, 100] {
            #expect(
                try receive(Array("123456\r\n.\r\n".utf8), step: step, limits: limits)
                    == .message("123456\r\n", left: ""))
            #expect(
                try receive(Array("1234567\r\n.\r\n".utf8), step: step, limits: limits)
                    == .refused(.badLineEnding, left: ""))
        }
    }

    @Test func eightBitIsSeenWhereverItIs() {
        for length in [1, 31, 32, 33, 100, 1000] {
            for place in [0, length / 2, length - 1] {
                var octets = [UInt8](repeating: 97, count: length)
                octets[place] = 0x80
                var buffer = ByteBuffer(bytes: octets + Array("\r\n.\r\n".utf8))
                var unstuffer = DotUnstuffer(limits: Limits())
                guard case .message(_, hasEightBit: true) = unstuffer.take(from: &buffer) else {
                    Issue.record("not seen at \(place) of \(length)")
                    continue
                }
            }
        }
        var buffer = ByteBuffer(string: String(repeating: "a", count: 100) + "\r\n.\r\n")
        var unstuffer = DotUnstuffer(limits: Limits())
        guard case .message(_, hasEightBit: false) = unstuffer.take(from: &buffer) else { return #expect(Bool(false)) }
    }
}

extension Received {
    /// The expectation for a message whose content may be over a limit: the content decides.
    fileprivate func tooBigAt(_ limit: Int) -> Received {
        guard case .message(let text, let left) = self, text.utf8.count > limit else { return self }
        return .refused(.messageTooBig, left: left)
    }
}

struct DotStufferTests {
    private func stuffed(_ octets: [UInt8], step: Int) -> [UInt8] {
        var stuffer = DotStuffer()
        var target = ByteBuffer()
        for start in stride(from: 0, to: octets.count, by: step) {
            octets[start..<min(start + step, octets.count)].withUnsafeBytes { stuffer.stuff($0, into: &target) }
        }
        stuffer.finish(into: &target)
        return Array(target.readableBytesView)
    }

    @Test(arguments: [
        ("", ".\r\n"), ("a\r\n", "a\r\n.\r\n"), ("a", "a\r\n.\r\n"), ("a\r", "a\r\r\n.\r\n"), ("a\n", "a\n\r\n.\r\n"),
        (".", "..\r\n.\r\n"), (".\r\n", "..\r\n.\r\n"), ("..\r\n", "...\r\n.\r\n"),
        ("a.b\r\n.c", "a.b\r\n..c\r\n.\r\n"),
        ("a\n.\nb\r\n", "a\n..\nb\r\n.\r\n"), ("a\r.\rb\r\n", "a\r..\rb\r\n.\r\n"),
        ("\r\n\r\n.\r\n", "\r\n\r\n..\r\n.\r\n"),
    ])
    func writes(content: String, wire: String) {
        for step in [1, 2, 3, 100] {
            #expect(String(decoding: stuffed(Array(content.utf8), step: step), as: UTF8.self) == wire)
        }
    }

    /// A small generator with a seed, so that a failure can be repeated.
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    @Test func whatIsStuffedComesBack() throws {
        var random = Seeded(state: 42)
        for round in 0..<300 {
            var text = ""
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                text += [".", "..", "a", "\r\n", "\r\n.", "line of text", ". "].randomElement(using: &random) ?? ""
            }
            if !text.isEmpty, !text.hasSuffix("\r\n") { text += "\r\n" }
            let wire = stuffed(Array(text.utf8), step: 1 + round % 5)
            #expect(try receive(wire, step: 1 + round % 7) == .message(text, left: ""), "\(text.debugDescription)")
        }
    }

    /// Whatever is in a message, it cannot end its own transmission.
    @Test func noContentEndsTheMessageItself() throws {
        var random = Seeded(state: 7)
        for round in 0..<500 {
            var text = ""
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                text += [".", "\r", "\n", "\r\n", "a", "\r\n.\r\n", "\n.\n"].randomElement(using: &random) ?? ""
            }
            let wire = stuffed(Array(text.utf8), step: 1 + round % 4) + Array("END".utf8)
            switch try receive(wire, step: 1 + round % 3) {
            case .more: Issue.record("no end: \(text.debugDescription)")
            case .message(_, let left), .refused(_, let left): #expect(left == "END", "\(text.debugDescription)")
            }
        }
    }
}
