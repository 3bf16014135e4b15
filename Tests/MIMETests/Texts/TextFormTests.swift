// Texts that are shown differently from how they are written, and wrappers whose text cannot be read.

import MIME
import Mail
import Testing

@Suite struct TextFormTests {
    private func visible(_ text: String) throws -> String? {
        guard case .text(_, let visible) = try readText(text).root.text else { return "no text" }
        return visible
    }

    @Test func foldedCalendarsAreUnfolded() throws {
        #expect(
            try visible("Content-Type: text/calendar\n\nSUMMARY:confi\n dential\n\t!\nEND")
                == "SUMMARY:confidential!\nEND")
        #expect(try visible("Content-Type: text/vcard\n\nNOTE:a\n  b") == "NOTE:a b")
        #expect(try visible("Content-Type: text/calendar\n\n") == "")
    }

    @Test func flowedTextIsJoinedWhereSpacesGo() throws {
        let head = "Content-Type: text/plain; format=flowed; delsp=yes\n\n"
        #expect(try visible(head + "confi \ndential\nnext\n-- \nsignature") == "confidential\nnext\n-- \nsignature")
        let spaced = "Content-Type: text/plain; format=flowed\n\n"
        #expect(try visible(spaced + "lab \nresults") == "lab results")
        #expect(try visible(spaced + "> lab \n> results \n> of May\n> end") == "> lab results of May\n> end")
    }

    static let wrappers: [(String, Bool)] = [
        ("application/pkcs7-mime; smime-type=signed-data", true), ("application/pkcs7-mime", true),
        ("application/pkcs7-mime; smime-type=enveloped-data", false), ("application/ms-tnef", true),
        ("application/octet-stream; name=WINMAIL.DAT", true), ("application/octet-stream; name=smime.p7m", true),
        ("application/octet-stream; name=a.zip", false), ("image/png", false), ("message/rfc822", false),
    ]
    @Test(arguments: wrappers) func wrappersAreUnreadable(_ type: String, _ isUnreadable: Bool) throws {
        let message = try readText("Content-Type: \(type)\n\nx: y\n\nx")
        if case .unreadable = message.root.text { #expect(isUnreadable) } else { #expect(!isUnreadable) }
    }

    static let uuencoded: [(String, Bool)] = [
        ("begin 644 a.txt\n#0V%T\n`\nend\n", false), ("begin 644 a.exe\n#35I0\n`\nend\n", false),
        ("begin 644 a.zip\n$4$L#!```\n`\nend\n", true), ("begin 644 a\n#abcd\nend\n", true),
        ("hi\n\nbegin 0755 a\nx\nend", true), ("begin 644 a\nnever", false),
        ("begin to end\nend\n", false), ("x begin 644 a\nend\n", false), ("begin 644\nend", false),
        ("begin 644 a\nendless", false),
    ]
    @Test(arguments: uuencoded) func filesInsideTextsAreAProblem(_ text: String, _ isProblem: Bool) throws {
        #expect(try readText("\n\(text)").problems.contains { $0.hidesContent } == isProblem)
    }

    @Test func aMessageInAnUnknownEncodingIsUnreadable() throws {
        let message = try readText(
            "Content-Type: message/rfc822\nContent-Transfer-Encoding: x-zip64\n\nU3ViamVjdDogeAoKeA==")
        guard case .unreadable = message.root.text else { return #expect(Bool(false)) }
        #expect(message.problems.contains { $0.hidesContent })
    }

    @Test func nulIsLeftOutOfTexts() throws {
        let message = try readText("\ncon\u{0}fidential")
        guard case .text("confidential", nil) = message.root.text else { return #expect(Bool(false)) }
        #expect(message.problems.map(\.kind) == [.nulOctet])
        #expect(try readText("Content-Type: text/plain\u{0}; x\n\n").problems.contains { $0.hidesContent })
    }

    @Test func metaCharsetsThatCannotBeAreIgnored() throws {
        for name in ["utf-16", "klingon", "utf-7", ""] {
            let message = try readText("Content-Type: text/html\n\n<meta charset=\"\(name)\">secret")
            guard case .text(_, "secret") = message.root.text else { return #expect(Bool(false), "\(name)") }
        }
    }
}
