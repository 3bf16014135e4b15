// A signature in clear survives transport: leaves that a hop would change are encoded, exactly; what is signed already
// is never touched.

import Foundation
import MIME
import Mail
import Policy
import Sealing
import SettingValues
import Support
import Testing

struct SignedTests {
    private static let head = "From: alice@example.org\r\nTo: bob@example.net\r\nSubject: x\r\nMIME-Version: 1.0\r\n"

    /// What leaves where a rule says `sign`, and the plan's notes.
    private func sent(_ entity: String) async throws -> (text: String, notes: [String]) {
        let fixture = try SealingFixture(keys: ["gate@example.org"])
        let plan = try await fixture.plan(
            MessageBytes(bytes: Array(Self.head.utf8) + Array(entity.utf8)), to: ["bob@example.net"],
            rules: "then: { sign: true }")
        let outbound = try await fixture.signingSealer("gate@example.org").seal(plan, traced: false)
        await fixture.end()
        return (try #require(outbound.transmissions.first).content.text, plan.decisions.flatMap(\.notes))
    }

    /// The leaves of a message, their transfer encodings undone.
    private func leaves(_ message: String) throws -> [[UInt8]] {
        let parsed = try read(
            ReceivedMessage(
                envelope: Envelope(sender: nil, recipients: []), bytes: MessageBytes(message), origin: .init(id: "t"),
                receivedAtSeconds: 0), limits: Limits())
        return try parsed.root.all.filter { $0.children.isEmpty && $0.type.essence != "application/pgp-signature" }.map
        {
            try parsed.decodedBody(of: $0).copy()
        }
    }

    private static let long = String(repeating: "0123456789", count: 120)
    static let entities: [String] = [
        "\r\ntrailing blank \r\n-- \r\nAlice\t\r\n", "\r\nFrom the start\r\n>From not\r\nFrom\r\n", "\r\n\(long)\r\n",
        "\r\n\(long.dropLast(3)) From x\r\n.\r\n..\r\n--x\r\n", "\r\nno end ", "\r\n\r\n \r\n\r\n",
        "Content-Type: application/json\r\n\r\n{ \"a\": 1 }  \r\n",
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße \r\n",
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n漢字漢字漢字\r\n",
        "Content-Type: application/x\r\nContent-Transfer-Encoding: binary\r\n\r\na\u{0}b\nc\rd\r\n",
        "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nFrom =C3=BC=20\r\nx =\r\ny\r\n",
        "Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAwQF \r\nBgc=\r\n",
        """
        Content-Type: multipart/mixed; \r\n boundary="b"\r\n\r\npreamble \r\n--b \r\nContent-Type: text/plain; \r\n\
         charset=utf-8\r\n\r\nfrom \r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in \r\n\
        MIME-Version: 1.0\r\n\r\nFrom inside \r\n--b--\r\nepilogue \r\n
        """,
    ]

    @Test(arguments: entities) func leavesAreEncodedExactly(_ entity: String) async throws {
        let (text, notes) = try await sent(entity)
        #expect(notes == [] && text.contains("multipart/signed"))
        #expect(try TransportHarm.first(in: MessageBytes(text)) == nil)
        let (before, after) = (try leaves(Self.head + entity), try leaves(text))
        #expect(before == after)
    }

    static let unsignable: [(entity: String, why: String)] = [
        (
            "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC= \r\nx\r\n",
            "the message has blanks behind a soft line break"
        ),
        (
            """
            Content-Type: multipart/mixed; boundary=b\r\n\
            \r\n\
            --b\r\n\
            Content-Transfer-Encoding: base64\r\n\
            \r\n\
            AAEC*AA \r\n\
            --b--\r\n
            """,
            "part 1 has a line that ends in a blank"
        ),
        (
            """
            Content-Type: multipart/mixed; boundary=b\r\n\
            \r\n\
            --b\r\n\
            Content-Disposition: attachment; filename="größe.txt"\r\n\
            \r\n\
            plain\r\n\
            --b--\r\n
            """,
            "part 1 has octets above 127"
        ),
    ]

    @Test(arguments: unsignable) func whatCannotBeEncodedIsNotSigned(_ entity: String, _ why: String) async throws {
        let (text, notes) = try await sent(entity)
        #expect(!text.contains("multipart/signed"))
        #expect(text.hasSuffix(entity) && notes.contains { $0.contains(why) }, "\(notes)")
    }

    @Test func whatSurvivesStaysAsItIs() async throws {
        let entity =
            """
            Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nplain\r\n--b\r\n\
            Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n
            """
        #expect(try await sent(entity).text.contains(entity))
    }

    @Test func messagesInsideAreNeverEncodedThemselves() async throws {
        let inner = "Subject: in\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nFrom inside\r\n"
        let (text, _) = try await sent(
            """
            Content-Type: multipart/mixed; boundary=b\r\n\
            \r\n\
            --b\r\n\
            Content-Type: message/rfc822\r\n\
            Content-Transfer-Encoding: 8bit\r\n\
            \r\n\
            \(inner)\r\n\
            --b--\r\n
            """
        )
        #expect(text.contains("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\nSubject: in\r\n"))
        #expect(text.contains("Content-Transfer-Encoding: quoted-printable\r\n\r\n=46rom inside\r\n"))
    }

    private static func forwarded(_ body: String, deep: Bool) -> String {
        let signed =
            """
            Content-Type: multipart/signed; boundary=s; protocol="application/pgp-signature"\r\n\r\n--s\r\n\
            Content-Type: text/plain\r\n\r\n\(body)\r\n--s\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n\
            --s--\r\n
            """
        let inner = deep ? "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\(signed)" : signed
        return
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nFrom outside\r\n--b\r\n\(inner)\r\n--b--\r\n"
    }

    @Test(arguments: [false, true]) func signedPartsAreNeverTouched(deep: Bool) async throws {
        let fine = Self.forwarded("fine", deep: deep)
        let (text, notes) = try await sent(fine)
        #expect(notes == [] && text.contains("=46rom outside") && text.contains("\r\n\r\nfine\r\n--s\r\n"))
        for body in ["blank ", "From here", Self.long, "gr\u{fc}n"] {
            let entity = Self.forwarded(body, deep: deep)
            let (text, notes) = try await sent(entity)
            #expect(text == Self.head + entity, "it passes as it is")
            #expect(notes.count == 1 && notes[0].hasPrefix("not signed: part 2"))
        }
    }

    @Test(arguments: [
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: x \r\n",
        "Content-Transfer-Encoding: x-odd\r\n\r\nFrom x\r\n",
        "Content-Type: multipart/mixed; boundary=b\r\n\r\nblank \r\nFrom a preamble\r\n--b\r\n\r\nx\r\n--b--\r\n",
    ]) func whatCannotBeMendedIsNotSigned(_ entity: String) async throws {
        let (text, notes) = try await sent(entity)
        #expect(text == Self.head + entity && notes.count == 1 && notes[0].hasPrefix("not signed: "))
    }
}
