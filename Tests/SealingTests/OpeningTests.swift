// `decrypt` reads what other programs make, and loses nothing of it: PGP/MIME in its many forms, inline PGP, encrypted
// files.

import Foundation
import Mail
import Sealing
import Support
import Testing

struct OpeningTests {
    static let head = "From: alice@example.org\r\nTo: bob@example.net\r\nSubject: x\r\nMIME-Version: 1.0\r\n"

    /// A ciphertext for bob, armored, CRLF lines.
    static func armor(_ fixture: SealingFixture, _ plain: String, to: String = "bob@example.net") throws -> String {
        try armor(fixture, Data(plain.utf8), to: to)
    }

    static func armor(_ fixture: SealingFixture, _ plain: Data, to: String = "bob@example.net") throws -> String {
        String(decoding: try cipher(fixture, plain, to: to, ["--armor"]), as: UTF8.self)
            .replacingOccurrences(of: "\n", with: "\r\n")
    }

    static func cipher(
        _ fixture: SealingFixture, _ plain: Data, to: String = "bob@example.net", _ options: [String] = []
    ) throws -> Data {
        try TestGPG.run(
            "/usr/bin/gpg",
            ["--homedir", fixture.gpg.home, "--batch", "--trust-model", "always"] + options + ["-e", "-r", to],
            input: plain)
    }

    /// multipart/encrypted around a ciphertext, as an entity.
    static func encrypted(_ armor: String, boundary: String = "ee", after: String = "") -> String {
        """
        Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="\(boundary)"\r
        \r
        --\(boundary)\r
        Content-Type: application/pgp-encrypted\r
        \r
        Version: 1\r
        \r
        --\(boundary)\r
        Content-Type: application/octet-stream; name="encrypted.asc"\r
        \r
        \(armor)\r
        \(after)--\(boundary)--\r

        """
    }

    /// multipart/mixed around entities.
    static func mixed(_ entities: String...) -> String {
        "Content-Type: multipart/mixed; boundary=\"mm\"\r\n\r\n"
            + entities.map { "--mm\r\n\($0)" }.joined(separator: "\r\n") + "\r\n--mm--\r\n"
    }

    /// What comes of a message that bob opens.
    static func opened(_ make: (SealingFixture) throws -> String) async throws -> String {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let opened = try await fixture.opened(try make(fixture))
        #expect(opened.unopened == [])
        await fixture.end()
        return opened.bytes.text
    }

    // MARK: PGP/MIME

    @Test func exchangeForm() async throws {
        for (control, word) in [
            ("application/pgp-encrypted", "VmVyc2lvbjogMQ0K"), ("application/octet-stream", "VmVyc2lvbjogMQ=="),
        ] {
            let opened = try await Self.opened { fixture in
                let armor = try Self.armor(fixture, "Content-Type: text/plain\r\n\r\ninner text\r\n")
                let data = Data(armor.utf8).base64EncodedString(options: [
                    .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
                ])
                return Self.head
                    + Self.mixed(
                        "Content-Type: text/plain; charset=\"us-ascii\"\r\n\r\n",
                        """
                        Content-Type: \(control); name="PGPMIME version identification"\r\n\
                        Content-Transfer-Encoding: base64\r\n\
                        \r\n\
                        \(word)
                        """,
                        """
                        Content-Type: application/octet-stream; name="encrypted.asc"\r\n\
                        Content-Transfer-Encoding: base64\r\n\
                        \r\n\
                        \(data)
                        """
                    )
            }
            #expect(opened == Self.head + "Content-Type: text/plain\r\n\r\ninner text\r\n")
        }
    }

    @Test(arguments: [
        ("The vault opens at nine.\r\nBring it.\r\n", "charset=utf-8\r\n\r\nThe vault opens at nine.\r\nBring it.\r\n"),
        ("Note: milk\n\nbread\n", "charset=utf-8\r\n\r\nNote: milk\r\n\r\nbread\r\n"),
        ("Grüße", "charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße"),
        ("Content-Type: text/plain\n\nline\nnext\n", "Content-Type: text/plain\r\n\r\nline\r\nnext\r\n"),
        ("\nno field\n", "MIME-Version: 1.0\r\n\r\nno field\r\n"),
        ("Content-Type: text/plain\nno field\n\nrest\n", "Content-Type: text/plain\r\n\r\nno field\r\n\r\nrest\r\n"),
    ])
    func plaintextsOfAnyForm(_ plain: String, _ wanted: String) async throws {
        let opened = try await Self.opened { Self.head + Self.encrypted(try Self.armor($0, plain)) }
        #expect(opened.hasPrefix(Self.head) && opened.hasSuffix(wanted))
    }

    @Test func binaryPartsKeepTheirLineEnds() async throws {
        let inner =
            """
            Content-Type: multipart/mixed; boundary=i

            --i

            text
            --i
            Content-Type: application/x
            Content-Transfer-Encoding: binary

            a
            b

            --i--

            """
        let opened = try await Self.opened { Self.head + Self.encrypted(try Self.armor($0, inner)) }
        #expect(opened.contains("--i\r\n\r\ntext\r\n--i\r\n") && opened.contains("binary\r\n\r\na\nb\n\r\n--i--\r\n"))
    }

    @Test func twelvePartsAreOpened() async throws {
        let opened = try await Self.opened { fixture in
            let parts = try (1...12).map { number in
                Self.encrypted(
                    try Self.armor(fixture, "Content-Type: text/plain\r\n\r\nsecret \(number).\r\n"),
                    boundary: "e\(number)x")
            }
            return Self.head + "Content-Type: multipart/mixed; boundary=\"mm\"\r\n\r\n"
                + parts.map { "--mm\r\n\($0)" }.joined(separator: "\r\n") + "\r\n--mm--\r\n"
        }
        for number in 1...12 { #expect(opened.contains("secret \(number).")) }
        #expect(!opened.contains("PGP"))
    }

    @Test func aForwardedMessageKeepsItsHeader() async throws {
        let inner = "From: carol@example.com\r\nSubject: quarter\r\nMIME-Version: 1.0\r\n"
        let opened = try await Self.opened { fixture in
            Self.head
                + Self.mixed(
                    "Content-Type: text/plain\r\n\r\nfyi",
                    "Content-Type: message/rfc822\r\n\r\n" + inner
                        + Self.encrypted(try Self.armor(fixture, "Content-Type: text/plain\r\n\r\nnine\r\n")))
        }
        #expect(opened.contains("fyi") && opened.contains(inner + "Content-Type: text/plain\r\n\r\nnine\r\n"))
    }

    @Test func encodedMessagesAreDecodedToOpenWhatIsInThem() async throws {
        let header = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        func encoded(_ text: String) -> String {
            header
                + Data(text.utf8).base64EncodedString(options: [
                    .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
                ])
        }
        let opened = try await Self.opened { fixture in
            let sealed = Self.encrypted(try Self.armor(fixture, "Content-Type: text/plain\r\n\r\nnine\r\n"))
            return Self.head + Self.mixed(encoded("Subject: in\r\n\(sealed)"), encoded("Subject: clear\r\n\r\nx\r\n"))
        }
        #expect(opened.contains("8bit\r\n\r\nSubject: in\r\nContent-Type: text/plain\r\n\r\nnine\r\n"))
        #expect(opened.contains(encoded("Subject: clear\r\n\r\nx\r\n")))
    }

    @Test func whatStandsBesideStays() async throws {
        let plain = "Content-Type: text/plain\r\n\r\nnine\r\n"
        let third = try await Self.opened { fixture in
            Self.head
                + Self.encrypted(
                    try Self.armor(fixture, plain), after: "--ee\r\nContent-Type: text/plain\r\n\r\nlist footer\r\n")
                + "epilogue of a list\r\n"
        }
        for text in ["Content-Type: multipart/mixed; boundary=\"ee\"\r\n", "nine", "list footer", "epilogue of a list"]
        {
            #expect(third.contains(text), "\(text)")
        }
        #expect(!third.contains("PGP") && !third.contains("\r\nVersion: 1"))
        let note = try await Self.opened { fixture in
            Self.head
                + Self.mixed(
                    "Content-Type: text/plain\r\n\r\nexternal sender!",
                    "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n",
                    "Content-Type: application/octet-stream\r\n\r\n" + (try Self.armor(fixture, plain)),
                    "Content-Type: text/plain\r\n\r\nfooter")
        }
        for text in ["external sender!", "nine", "footer"] { #expect(note.contains(text), "\(text)") }
        #expect(!note.contains("\r\nVersion: 1"))
    }

    @Test func onlyWhatIsInsideMayNotEndThePartAround() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let lost = Self.encrypted(
            try Self.armor(fixture, "Content-Type: text/plain\r\n\r\nx\r\n--mm--\r\nlost?\r\n"))
        let fine = Self.encrypted(
            try Self.armor(fixture, "Content-Type: text/plain\r\n\r\nfine\r\n"), boundary: "ff")
        let opened = try await fixture.opened(Self.head + Self.mixed(lost, fine))
        #expect(opened.unopened.count == 1 && opened.unopened[0].hasPrefix("part 1.2, application/octet-stream: "))
        #expect(opened.bytes.text.contains("fine") && opened.bytes.text.contains(lost))
        await fixture.end()
    }

    // MARK: What cannot be opened

    @Test func whatCannotBeOpenedStaysAndIsNamed() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let stranger = try SealingFixture(keys: ["eve@example.net"])
        let foreign = Self.encrypted(try Self.armor(stranger, "secret", to: "eve@example.net"))
        let mine = try Self.armor(fixture, "for bob\r\n")
        let opened = try await fixture.opened(Self.head + Self.mixed("\r\n\(mine)", foreign))
        #expect(opened.bytes.text.contains("for bob") && opened.bytes.text.contains(foreign))
        #expect(opened.unopened.count == 1)
        #expect(opened.unopened[0].hasPrefix("part 2.2, application/octet-stream: no secret key"))
        await #expect(throws: OpeningError.self) { _ = try await fixture.opened(Self.head + foreign) }
        await fixture.end()
        await stranger.end()
    }

    @Test(arguments: ["no openpgp here", "-----BEGIN PGP MESSAGE-----\r\n\r\nnot armor\r\n-----END PGP MESSAGE-----"])
    func refusesWhatIsNone(_ body: String) async throws {
        let fixture = try SealingFixture(keys: [])
        await #expect(throws: OpeningError.self) { _ = try await fixture.opened(Self.head + "\r\n\(body)\r\n") }
        await fixture.end()
    }

    @Test func tenThousandBlocksAreBoundedWork() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let junk = "-----BEGIN PGP MESSAGE-----\r\n\r\nAAAA\r\n-----END PGP MESSAGE-----\r\n"
        let first = try Self.armor(fixture, "one\r\n")
        let opened = try await fixture.opened(
            Self.head + "\r\n\(first)" + String(repeating: junk, count: 10_000))
        #expect(opened.openedCount == 1 && opened.unopened.count == 500)
        #expect(opened.unopened.last?.hasPrefix("9501 more sealed places: not tried") == true)
        #expect(opened.bytes.text.components(separatedBy: junk).count == 10_001)
        await fixture.end()
    }

    @Test func layersAreOpenedUpToALimit() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        var entity = "Content-Type: text/plain\r\n\r\ndeep\r\n"
        for layer in 1...9 {
            entity = Self.encrypted(try Self.armor(fixture, entity), boundary: "layer\(layer)")
            if layer == 8 {
                let opened = try await fixture.opened(Self.head + entity)
                #expect(opened.bytes.text == Self.head + "Content-Type: text/plain\r\n\r\ndeep\r\n")
            }
        }
        let opened = try await fixture.opened(Self.head + entity)
        #expect(opened.openedCount == 8 && opened.unopened.count == 1)
        #expect(opened.unopened[0].contains("more than 8 layers"))
        await fixture.end()
    }
}
