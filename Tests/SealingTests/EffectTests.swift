// Effects on the bytes: what changes, what stays, in every encoding, in clear and sealed.

import Foundation
import Links
import MIME
import Mail
import OpenPGP
import Policy
import Sealing
import Support
import Testing

struct EffectTests {
    static let head =
        "Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\r\nDKIM-Signature: v=1; b=abc\r\n"
        + "From: alice@example.org\r\n"
        + "To: bob@example.net\r\nSubject: Hi\r\nX-Internal-Ticket: 7\r\nMIME-Version: 1.0\r\n"

    /// What leaves for bob, in clear, without our Received field.
    private func passed(_ message: String, _ then: String) async throws -> String {
        let fixture = try SealingFixture(keys: [])
        let plan = try await fixture.plan(message, to: ["bob@example.net"], rules: "then: { \(then) }")
        let outbound = try await fixture.sealer.seal(plan, traced: false)
        await fixture.end()
        #expect(outbound.transmissions.map(\.role) == [.passed])
        return try #require(outbound.transmissions.first).content.text
    }

    private func footed(_ entity: String, _ footer: String = "The end.") async throws -> String {
        let text = try await passed(Self.head + entity, "footer: '\(footer)'")
        let start = Self.head.replacing("DKIM-Signature: v=1; b=abc\r\n", with: "")
        #expect(text.hasPrefix(start), "header fields stay as they are, but for the void signature")
        return String(text.dropFirst(start.count))
    }

    @Test func headerFieldsComeAndGo() async throws {
        let message = Self.head + "Content-Type: text/plain\r\n\r\nbody\r\n"
        let text = try await passed(
            message, "remove-header: [x-internal-ticket], add-header: { X-Classification: Gr\u{fc}n }")
        #expect(
            text
                == message.replacing("DKIM-Signature: v=1; b=abc\r\n", with: "")
                .replacing("X-Internal-Ticket: 7\r\n", with: "")
                .replacing("text/plain\r\n", with: "text/plain\r\nX-Classification: =?UTF-8?B?R3LDvG4=?=\r\n"))
    }

    @Test func withoutAChangeNothingIsTouched() async throws {
        let message = Self.head + "Content-Type: text/plain\r\n\r\nbody"
        #expect(try await passed(message, "remove-header: [X-Nothing], receipt: true") == message)
    }

    @Test func footersBelowText() async throws {
        let plain = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        #expect(
            try await footed(plain + "Gr\u{fc}n\r\n", "F\u{fc}r Sie") == plain + "Gr\u{fc}n\r\n\r\nF\u{fc}r Sie\r\n")
        // No line end before: one is made.
        #expect(try await footed(plain + "last") == plain + "last\r\n\r\nThe end.\r\n")
        let bare = "\r\nno MIME fields\r\n"
        #expect(try await footed(bare) == bare + "\r\nThe end.\r\n")
        let quoted =
            "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        #expect(try await footed(quoted + "R=E9sum=E9\r\n", "1=1") == quoted + "R=E9sum=E9\r\n\r\n1=3D1\r\n")
        // A soft line break at the end does not swallow the gap.
        #expect(try await footed(quoted + "soft=\r\n") == quoted + "soft=\r\n\r\n\r\nThe end.\r\n")
    }

    @Test func flowedLinesAreStuffed() async throws {
        let head = "Content-Type: text/plain; format=flowed\r\n\r\n"
        let text = try await passed(Self.head + head + "x\r\n", #"footer: "> a  \nFrom b\nc ""#)
        #expect(text.hasSuffix("\r\n\r\nx\r\n\r\n > a\r\n From b\r\nc\r\n"))
    }

    @Test func base64IsEncodedAnewWithTheSameText() async throws {
        let head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        let long = String(repeating: "Gr\u{fc}n ", count: 40) + "\r\n"
        let encoded = Data(long.utf8).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
        let text = try await footed(head + encoded + "\r\n", "F\u{fc}r Sie")
        let body = text.dropFirst(head.count)
        #expect(text.hasPrefix(head) && body.split(separator: "\r\n").allSatisfy { $0.count <= 76 })
        let octets = Data(base64Encoded: String(body), options: .ignoreUnknownCharacters) ?? Data()
        #expect(String(decoding: octets, as: UTF8.self) == long + "\r\nF\u{fc}r Sie\r\n")
    }

    /// The charset has no letter for it, or 7-bit cannot carry it: the same text in UTF-8.
    @Test func charsetsThatCannotTakeTheFooter() async throws {
        let latin =
            """
            Content-Type: text/plain; charset=iso-8859-1; format=flowed\r\n\
            Content-Transfer-Encoding: quoted-printable\r\n\
            \r\n
            """
        let wanted =
            """
            Content-Type: text/plain; charset=utf-8; format=flowed\r\n\
            Content-Transfer-Encoding: quoted-printable\r\n\
            \r\n
            """
        #expect(
            try await footed(latin + "R=E9sum=E9\r\n", "5 \u{20ac}") == wanted
                + "R=C3=A9sum=C3=A9\r\n\r\n5 =E2=82=AC\r\n")
        let ascii = "Content-Type: text/plain\r\n\r\n"
        #expect(
            try await footed(ascii + "x = y\r\n", "5 \u{20ac}")
                == "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
                + "x =3D y\r\n\r\n5 =E2=82=AC\r\n")
    }

    @Test func everyFormOfTheBodyGetsItAndNothingElse() async throws {
        let entity = """
            Content-Type: multipart/mixed; boundary=a\r
            \r
            preamble\r
            --a\r
            Content-Type: multipart/alternative; boundary=b\r
            \r
            --b\r
            \r
            plain\r
            --b\r
            Content-Type: text/html; charset=iso-8859-1\r
            \r
            <html><body><p>x</p></BODY></html>\r
            --b--\r
            --a\r
            Content-Type: text/plain; name=notes.txt\r
            Content-Disposition: attachment\r
            \r
            an attachment\r
            --a--\r
            epilogue\r

            """
        let text = try await footed(entity, "Gr\u{fc}n & <b>")
        // The plain form has to become UTF-8.
        #expect(text.contains("--b\r\nContent-Type: text/plain; charset=utf-8\r\n"))
        #expect(text.contains("plain\r\n\r\nGr=C3=BCn & <b>\r\n--b\r\n"))
        #expect(text.contains("<p>x</p>\r\n<div>Gr&#252;n &amp; &lt;b&gt;</div>\r\n</BODY></html>\r\n--b--"))
        #expect(text.hasSuffix(entity.components(separatedBy: "--b--")[1]))
    }

    @Test func attachmentsAreTakenOut() async throws {
        let entity = """
            Content-Type: multipart/mixed; boundary=a\r
            \r
            --a\r
            \r
            text\r
            --a\r
            Content-Type: application/x-msdownload; name="r\u{e9}.exe"\r
            \r
            MZ\r
            --a\r
            Content-Type: image/png\r
            \r
            png\r
            --a--\r

            """
        let text = try await passed(Self.head + entity, "strip-attachment: { kind: program }, footer: bye")
        #expect(
            !text.contains("MZ") && !text.contains("Content-Type: application/x-msdownload") && !text.contains("DKIM"))
        #expect(
            text.contains(
                """
                --a\r\n\
                Content-Type: text/plain; charset=utf-8\r\n\
                Content-Transfer-Encoding: quoted-printable\r\n\
                \r\n\
                The attachment
                """
            ))
        #expect(
            text.contains("--a\r\n\r\ntext\r\n\r\nbye\r\n--a\r\n")
                && text.hasSuffix("--a\r\nContent-Type: image/png\r\n\r\npng\r\n--a--\r\n"))
        let whole = try await passed(
            Self.head
                + "Content-Type: application/x-msdownload; name=a.exe\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                + "TVo=\r\n",
            "strip-attachment: { extension: exe }")
        #expect(!whole.contains("TVo=") && !whole.contains("base64") && whole.contains("The attachment \"a.exe\""))
        #expect(whole.contains("Subject: Hi\r\n") && whole.components(separatedBy: "Content-Type").count == 2)
    }

    /// Broken messages too: whatever comes, it leaves with the new field and is otherwise no shorter, or the plan says
    /// why not.
    @Test func brokenMessagesDoNoHarm() async throws {
        let fixture = try SealingFixture(keys: [])
        let seed = Array(
            (Self.head + """
                Content-Type: multipart/mixed; boundary=a\r
                \r
                --a\r
                Content-Type: text/html; charset=iso-8859-15\r
                Content-Transfer-Encoding: quoted-printable\r
                \r
                <body>=E9=\r
                </body>\r
                --a\r
                Content-Type: application/pdf; name=a.pdf\r
                Content-Transfer-Encoding: base64\r
                \r
                AAAA\r
                --a--\r

                """).utf8)
        var state: UInt64 = 7
        func random(_ below: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % max(1, below)
        }
        let sealer = try fixture.sealer
        var left = 0
        for _ in 0..<300 {
            var octets = seed
            for _ in 0...random(4) {
                let place = random(octets.count)
                switch random(3) {
                case 0: octets[place] = UInt8(random(256))
                case 1: octets.removeSubrange(place..<min(octets.count, place + random(60)))
                default: octets.insert(contentsOf: [13, 10], at: place)
                }
            }
            let plan = try await fixture.plan(
                MessageBytes(bytes: octets), to: ["bob@example.net"],
                rules: "then: { footer: Gr\u{fc}n, add-header: { X-Added: y }, strip-attachment: { extension: pdf } }")
            guard plan.refusal == nil else { continue }
            left += 1
            let text = String(
                decoding: try #require(try await sealer.seal(plan, traced: false).transmissions.first).content.copy(),
                as: UTF8.self)
            #expect(text.contains("X-Added: y\r\n"))
            let stripped = plan.decisions[0].effects.strippedParts
            #expect(stripped.isEmpty ? text.utf8.count >= octets.count - 40 : text.contains("was taken out"))
        }
        #expect(left > 50)
        await fixture.end()
    }

    // MARK: Sealed

    @Test func insideOfTheSealToo() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net", "archive@example.org"])
        let message = Self.head + "Content-Type: text/plain\r\n\r\nbody\r\n"
        let plan = try await fixture.plan(
            message, to: ["bob@example.net"],
            rules:
                """
                then: { protect: required, with: [pgp], footer: bye, \
                add-header: { X-A: b }, copy-to: archive@example.org }
                """
        )
        let outbound = try await fixture.sealer.seal(plan, traced: false)
        let bob = try #require(Mailbox("bob@example.net"))
        #expect(outbound.transmissions.map(\.role) == [.archive(for: [bob]), .sealed])
        let sealed = outbound.transmissions[1]
        #expect(sealed.content.text.contains("X-A: b\r\n") && !sealed.content.text.contains("bye"))
        #expect(
            try await fixture.open(sealed.content)
                == message.replacing("DKIM-Signature: v=1; b=abc\r\n", with: "")
                .replacing("text/plain\r\n\r\nbody\r\n", with: "text/plain\r\nX-A: b\r\n\r\nbody\r\n\r\nbye\r\n"))
        // The archive has it as it came.
        let copy = outbound.transmissions[0]
        #expect(copy.recipients.map(\.description) == ["archive@example.org"])
        #expect(try await fixture.open(copy.content) == message.replacing("DKIM-Signature: v=1; b=abc\r\n", with: ""))
        await fixture.end()
    }

    @Test func redirectedMailKeepsItsRecipientsName() async throws {
        let fixture = try SealingFixture(keys: ["box@example.org"])
        let plan = try await fixture.plan(
            Self.head + "\r\nx\r\n", to: ["bob@example.net"],
            rules: "then: { protect: required, with: [pgp], redirect: box@example.org }")
        let sent = try #require(try await fixture.sealer.seal(plan).transmissions.first)
        let (bob, box) = (try #require(Mailbox("bob@example.net")), try #require(Mailbox("box@example.org")))
        #expect(sent.recipients == [bob] && sent.redirects == [bob: box])
        #expect(try await fixture.open(sent.content).contains("x\r\n"))
        await fixture.end()
    }

    @Test func aRuleShortensALettersLife() async throws {
        let fixture = try SealingFixture(keys: [])
        for (expire, seconds) in [("2h", 7200), ("300d", 86_400)] as [(String, Int64)] {
            let plan = try await fixture.plan(
                Self.head + "\r\nx\r\n", to: ["bob@example.net"],
                rules: "then: { protect: required, link: { expire: \(expire) } }")
            let letter = try #require(try await fixture.sealer.seal(plan).letters.first)
            #expect(letter.record.expiresAtSeconds - letter.record.createdAtSeconds == seconds)
        }
        await fixture.end()
    }

    @Test func eachLinkSaysItsOwnEnd() async throws {
        let fixture = try SealingFixture(keys: [])
        let plan = try await fixture.plan(
            Self.head + "\r\nx\r\n", to: ["bob@example.net", "carol@example.net"],
            rules: "then: { protect: required, with: [link] }\n  - id: short\n"
                + "    when: { recipient: { in: [bob@example.net] } }\n    then: { link: { expire: 1h } }")
        let made = try await fixture.sealer.seal(plan)
        let mail = try #require(made.transmissions.first { $0.sender == nil }).content.text
        #expect(mail.components(separatedBy: "The link works until").count == 3)
        #expect(Set(made.letters.map { $0.record.expiresAtSeconds - $0.record.createdAtSeconds }) == [3600, 86_400])
        await fixture.end()
    }

    // MARK: Signed

    /// gpg's word on a multipart/signed message; the signed part.
    private func verified(_ message: String, _ fixture: SealingFixture) throws -> String {
        let boundary = try #require(message.firstMatch(of: /boundary="([^"]+)"/)).1
        let pieces = message.components(separatedBy: "--\(boundary)\r\n")
        #expect(pieces.count == 3)
        let entity = String(pieces[1].dropLast(1))
        try fixture.folder.write("entity", entity)
        try fixture.folder.write(
            "sig.asc", pieces[2].components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n"))
        let status = try TestGPG.run(
            "/usr/bin/gpg",
            [
                "--homedir", fixture.gpg.home, "--batch", "--status-fd", "1", "--verify",
                fixture.folder.file("sig.asc"), fixture.folder.file("entity"),
            ])
        #expect(String(decoding: status, as: UTF8.self).contains("GOODSIG"))
        return entity
    }

    @Test(arguments: [
        "Content-Type: text/plain\r\n\r\nbody \r\nFrom x\r\n", "\r\nno type, no end",
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\u{fc}n = gr\u{fc}n\r\n",
        """
        Content-Type: multipart/mixed; boundary=q\r\n\
        Content-Transfer-Encoding: 8bit\r\n\
        \r\n\
        --q\r\n\
        Content-Transfer-Encoding: 8bit\r\n\
        \r\n\
        \u{fc}\r\n\
        --q--\r\n
        """,
    ])
    func whatPassesInClearIsSigned(entity: String) async throws {
        let fixture = try SealingFixture(keys: ["gate@example.org"])
        let plan = try await fixture.plan(
            Self.head + entity, to: ["bob@example.net"], rules: "then: { sign: true, footer: bye }")
        let outbound = try await fixture.signingSealer("gate@example.org").seal(plan, traced: false)
        let text = try #require(outbound.transmissions.first).content.text
        #expect(text.contains("multipart/signed; micalg=pgp-sha") && text.utf8.allSatisfy { $0 < 128 })
        #expect(!text.contains("DKIM") && text.components(separatedBy: "Subject: Hi").count == 2)
        let signed = try verified(text, fixture)
        #expect(signed.contains("bye"))
        let last = String(entity.split(separator: "\r\n").last ?? "?").replacing("From ", with: "=46rom ")
        if !entity.contains("\u{fc}") { #expect(signed.contains(last)) }
        await fixture.end()
    }

    @Test func theSignatureIsInsideOfTheEncryption() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net", "gate@example.org"])
        let message = Self.head + "Content-Type: text/plain\r\n\r\nbody\r\n"
        let plan = try await fixture.plan(
            message, to: ["bob@example.net"], rules: "then: { protect: required, with: [pgp], sign: true }")
        let name = try fixture.gpg.fingerprint(of: "gate@example.org")
        let sent = try #require(try await fixture.signingSealer(name).seal(plan, traced: false).transmissions.first)
        #expect(try await fixture.open(sent.content) == message.replacing("DKIM-Signature: v=1; b=abc\r\n", with: ""))
        let armor = sent.content.text.components(separatedBy: "-----BEGIN")[1].components(separatedBy: "\r\n--=_")[0]
        try fixture.folder.write("sealed.asc", "-----BEGIN\(armor)\r\n")
        let status = try TestGPG.run(
            "/usr/bin/gpg",
            [
                "--homedir", fixture.gpg.home, "--batch", "--status-fd", "1", "--output", "/dev/null", "--yes",
                "--decrypt", fixture.folder.file("sealed.asc"),
            ])
        #expect(String(decoding: status, as: UTF8.self).contains("GOODSIG"))
        await fixture.end()
    }

    @Test func nothingLeavesUnsigned() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        for then in ["sign: true", "protect: required, with: [pgp], sign: true"] {
            let plan = try await fixture.plan(
                Self.head + "\r\nx\r\n", to: ["bob@example.net"], rules: "then: { \(then) }")
            for sealer in [try fixture.sealer, try fixture.signingSealer("nobody@example.org")] {
                do throws(Refusal) {
                    _ = try await sealer.seal(plan)
                    Issue.record("it left: \(then)")
                } catch { #expect(error.cause == .engine && !error.isPermanent) }
            }
        }
        await fixture.end()
    }
}
