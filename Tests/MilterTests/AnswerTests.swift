// Answers as they go over the wire: verdicts, edits, and what an MTA that keeps no leading space is told.

import Mail
import Milter
import NIOCore
import Testing

@Suite struct AnswerTests {
    private func answer(
        _ verdict: MilterVerdict, steps: UInt32 = MTA.allSteps.rawValue, to: [String] = ["<bob@example.net>"]
    ) -> [(code: UInt8, data: [UInt8])] {
        var mta = MTA()
        mta.negotiate(steps: steps)
        mta.texts(.mail, "<alice@example.org>")
        for recipient in to { mta.texts(.recipient, recipient) }
        mta.content()
        return Array(run(mta.bytes, verdict: verdict).written.drop { $0.code != 0x4F }.dropFirst())
    }

    private func strings(_ data: [UInt8]) -> [String] {
        let texts = data.split(separator: 0, omittingEmptySubsequences: false).dropLast()
        return texts.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func lastWords() {
        #expect(answer(.accept([])).map(\.code) == [0x61])
        #expect(answer(.discard).map(\.code) == [0x64])
        let refusal = Refusal(.policy, "<bob@example.net>: 100% no\r\nDATA \u{e9}\u{1}", detail: "secret")
        let refused = answer(.refuse(refusal))
        #expect(refused.map(\.code) == [0x79])
        #expect(strings(refused.first?.data ?? []) == ["550 5.7.1 <bob@example.net>: 100%% no  DATA ? "])
    }

    @Test func a421WouldEndTheClientsSession() {
        let refusal = Refusal(.nextHopDeferred(code: 421, enhanced: "4.3.2"), "next hop said: closing")
        #expect(strings(answer(.refuse(refusal)).first?.data ?? []) == ["451 4.3.2 next hop said: closing"])
    }

    @Test func aLongTextIsOneLine() {
        let refusal = Refusal(.policy, String(repeating: "long ", count: 500))
        #expect(answer(.refuse(refusal)).first?.data.count ?? 9999 < 512)
    }

    @Test func editsOfFields() {
        let edits: [MilterEdit] = [
            .changeHeader(index: 2, name: Array("Subject".utf8), value: Array(" new\r\n\tfold".utf8)),
            .deleteHeader(index: 3, name: Array("Bcc".utf8)),
            .addHeader(name: Array("MIME-Version".utf8), value: Array(" 1.0".utf8)),
            .insertHeader(index: 1, name: Array("X".utf8), value: Array("tight".utf8)),
            .changeHeader(index: 1, name: Array("Subject".utf8), value: Array(" ".utf8)),
        ]
        let all = answer(.accept(edits))
        #expect(String(decoding: all.map(\.code), as: UTF8.self) == "mmhima")
        #expect(all[0].data == [0, 0, 0, 2] + Array("Subject\0 new\n\tfold\0".utf8))
        #expect(all[1].data == [0, 0, 0, 3] + Array("Bcc\0\0".utf8))
        #expect(all[2].data == Array("MIME-Version\0 1.0\0".utf8))
        #expect(all[3].data == [0, 0, 0, 1] + Array("X\0tight\0".utf8))
        let old = answer(.accept(edits), steps: 0x7F)
            .filter { $0.code != 0x63 }
        #expect(old[0].data == [0, 0, 0, 2] + Array("Subject\0new\n\tfold\0".utf8))
        #expect(old[2].data == Array("MIME-Version\01.0\0".utf8))
        #expect(old[4].data == [0, 0, 0, 1] + Array("Subject\0 \0".utf8), "an empty value would delete the field")
    }

    @Test(arguments: [0, 1, 65_534, 65_535, 65_536, 200_000])
    func bodiesGoInChunks(count: Int) {
        let body = MessageBytes(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0) })
        let all = answer(.accept([.replaceBody(body), .deleteRecipient(mailbox("x@example.net"))]))
        let chunks = all.filter { $0.code == 0x62 }
        #expect(chunks.allSatisfy { $0.data.count <= 65_535 } && !chunks.isEmpty)
        #expect(MessageBytes(bytes: chunks.flatMap(\.data)) == body)
        #expect(all.suffix(2).map(\.code) == [0x2D, 0x61])
    }

    @Test func recipientsAreTakenOutAsTheyWereGiven() {
        let all = answer(
            .accept([.deleteRecipient(mailbox("bob@example.net")), .addRecipient(mailbox("eve@example.net"))]),
            to: ["<@relay.example:bob@example.net>", "bob@example.net", "<bob@example.net>", "<bob@example.net>"])
        #expect(
            all.map { "\(UnicodeScalar($0.code)) \(strings($0.data).joined())" } == [
                "- <@relay.example:bob@example.net>", "- bob@example.net", "- <bob@example.net>", "+ <eve@example.net>",
                "a ",
            ])
    }

    @Test func progress() { #expect(frames(MilterSession.progress).map(\.code) == [0x70]) }
}
