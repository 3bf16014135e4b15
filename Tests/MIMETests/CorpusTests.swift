// Whole messages as mail programs write them and as they arrive broken: everything that reading gives is compared with
// a recorded file that was looked through by eye. `RECORD=1 swift test` writes the files anew; a recorded run fails
// once.

import Foundation
import MIME
import Mail
import Testing

@Suite struct CorpusTests {
    @Test func hasMessages() {
        #expect(MIMECorpus.names.count >= 35)
    }

    @Test(arguments: MIMECorpus.names) func readsAsRecorded(_ name: String) throws {
        let octets = try MIMECorpus.octets(name)
        let seen = dump(try read(received(MessageBytes(bytes: octets)), limits: Limits()))
        let file = MIMECorpus.folder.appendingPathComponent("\(name).read")
        if ProcessInfo.processInfo.environment["RECORD"] == "1" {
            try Data(seen.utf8).write(to: file)
            Issue.record("recorded \(name).read")
            return
        }
        let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        #expect(seen == expected)
    }

    /// However the network cut it, a message reads the same.
    @Test(arguments: MIMECorpus.names) func readsTheSameHoweverCut(_ name: String) throws {
        let octets = try MIMECorpus.octets(name)
        let whole = dump(try read(received(MessageBytes(bytes: octets)), limits: Limits()))
        for size in [1, 2, 3, 64] {
            #expect(dump(try read(received(cut(octets, every: size)), limits: Limits())) == whole)
        }
    }

    /// Cut in two at every byte.
    @Test(arguments: ["boundary-prefixes", "raw-lf-only", "japanese-iso2022"])
    func readsTheSameCutInTwoAnywhere(_ name: String) throws {
        let octets = try MIMECorpus.octets(name)
        let whole = dump(try read(received(MessageBytes(bytes: octets)), limits: Limits()))
        for place in 0...octets.count {
            let pieces = [MessageBytes(bytes: octets[..<place]), MessageBytes(bytes: octets[place...])]
            #expect(dump(try read(received(MessageBytes(joining: pieces)), limits: Limits())) == whole)
        }
    }

    /// Truncated anywhere, and with any byte changed: never a trap, and ranges always nest.
    @Test(arguments: MIMECorpus.names) func survivesDamage(_ name: String) throws {
        let octets = try MIMECorpus.octets(name)
        var state: UInt32 = 99
        for _ in 0..<12 {
            state = state &* 1_664_525 &+ 1_013_904_223
            var damaged = octets
            if !damaged.isEmpty {
                damaged[Int(state >> 8) % damaged.count] =
                    [0, 10, 13, 34, 40, 45, 58, 59, 61, 63, 255][Int(state >> 24) % 11]
            }
            try expectSound(damaged)
            try expectSound(Array(octets[..<(Int(state >> 8) % (octets.count + 1))]))
        }
    }

    private func expectSound(_ octets: [UInt8]) throws {
        let message = try read(received(MessageBytes(bytes: octets)), limits: Limits())
        #expect(message.root.range == 0..<octets.count)
        expectNested(message.root)
    }

    private func expectNested(_ part: Part) {
        var reached = part.bodyRange.lowerBound
        #expect(part.range.lowerBound <= part.bodyRange.lowerBound)
        #expect(part.range.upperBound == part.bodyRange.upperBound)
        #expect(part.header.range.lowerBound == part.range.lowerBound)
        for child in part.children {
            #expect(child.range.lowerBound >= reached && child.range.upperBound <= part.bodyRange.upperBound)
            reached = child.range.upperBound
            expectNested(child)
        }
        #expect(reached <= part.bodyRange.upperBound)
    }
}
