// What counts as encrypted, and everything near it that does not; where `decrypt` finds ciphertexts.

import Foundation
import MIME
import Mail
import Packets
import SettingValues
import Testing

@Suite struct ProtectionTests {
    static let armor =
        (try? String(contentsOf: MIMECorpus.folder.appendingPathComponent("../pgp/armored.asc"), encoding: .utf8)) ?? ""

    static func message(
        type: String = "multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b", preamble: String = "",
        control: String = "Content-Type: application/pgp-encrypted\n\nVersion: 1\n",
        data: String = "Content-Type: application/octet-stream; name=\"encrypted.asc\"\n\n\(armor)",
        epilogue: String = ""
    ) -> String {
        "Subject: x\nContent-Type: \(type)\n\n\(preamble)\n--b\n\(control)\n--b\n\(data)\n--b--\n\(epilogue)"
    }

    @Test func exactlyTwoPartsCount() throws {
        guard case .pgpMIME(let message) = try readText(Self.message()).encryption else { return #expect(Bool(false)) }
        #expect(message.recipients.count == 1)
        #expect(message.protection == .seipdV1)
    }

    static let near: [(String, String)] = [
        ("clear preamble", message(preamble: "this is secret")),
        ("clear epilogue", message(epilogue: "this is secret\n")),
        ("no protocol", message(type: "multipart/encrypted; boundary=b")),
        ("other protocol", message(type: "multipart/encrypted; protocol=\"application/x\"; boundary=b")),
        ("no version", message(control: "Content-Type: application/pgp-encrypted\n\n")),
        ("version 2", message(control: "Content-Type: application/pgp-encrypted\n\nVersion: 2\n")),
        (
            "text beside the version",
            message(control: "Content-Type: application/pgp-encrypted\n\nVersion: 1\nsecret\n")
        ),
        (
            "text far behind the version",
            message(
                control:
                    """
                    Content-Type: application/pgp-encrypted

                    Version: 1
                    \(String(repeating: "\n", count: 100))secret

                    """
            )
        ),
        ("text before the armor", message(data: "Content-Type: application/octet-stream\n\nsecret\n\(armor)")),
        ("text behind the armor", message(data: "Content-Type: application/octet-stream\n\n\(armor)\nsecret\n")),
        ("other field", message(data: "Content-Type: application/octet-stream\nX-Secret: y\n\n\(armor)")),
        ("junk in the part header", message(data: "Content-Type: application/octet-stream\nsecret\n\n\(armor)")),
        ("text part", message(data: "Content-Type: text/plain\n\n\(armor)")),
        (
            "unknown armor header",
            message(
                data:
                    """
                    Content-Type: application/octet-stream

                    \(armor.replacing("MESSAGE-----\n\n", with: "MESSAGE-----\nSecret: y\n\n"))
                    """
            )
        ),
        ("no armor", message(data: "Content-Type: application/octet-stream\n\nplain")),
        (
            "only begins like armor",
            message(data: "Content-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n\nhello")
        ),
        ("three parts", message(data: "Content-Type: application/octet-stream\n\n\(armor)\n--b\n\nsecret")),
        (
            "one part",
            """
            Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b

            --b
            Content-Type: application/pgp-encrypted

            Version: 1
            --b--

            """
        ),
        (
            "parts swapped",
            message(
                control: "Content-Type: application/octet-stream\n\n\(armor)",
                data: "Content-Type: application/pgp-encrypted\n\nVersion: 1\n")
        ),
        ("inside multipart/mixed", message(type: "multipart/mixed; boundary=b")),
        (
            "signature in place of a message",
            message(
                data:
                    "Content-Type: application/octet-stream\n\n\(armor.replacing("PGP MESSAGE", with: "PGP SIGNATURE"))"
            )
        ),
        ("inline", "Content-Type: text/plain\n\n\(armor)"),
        ("inline with text", "Content-Type: text/plain\n\nhello\n\(armor)bye\n"),
        ("forwarded", "Content-Type: message/rfc822\n\n\(message())"),
    ]
    @Test(arguments: near) func nearIsPartial(_ name: String, _ text: String) throws {
        #expect(try readText(text).encryption == .partialPGP)
    }

    static let not: [(String, String)] = [
        ("plain", "\nhello"), ("a word", "\nmultipart/encrypted application/pgp-encrypted"),
        ("quoted begin", "\n> -----BEGIN PGP MESSAGE-----\n> \n> -----END PGP MESSAGE-----\n"),
        ("begin in a line", "\nx -----BEGIN PGP MESSAGE-----\nx -----END PGP MESSAGE-----"),
        ("public key", "\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----\n"),
        ("named like one", "Content-Type: application/octet-stream; name=encrypted.asc\n\nx"),
    ]
    @Test(arguments: not) func nothingIsNone(_ name: String, _ text: String) throws {
        #expect(try readText(text).encryption == .none)
    }

    @Test(arguments: [
        "This is an OpenPGP/MIME encrypted message (RFC 4880 and 3156)",
        "This is an OpenPGP/MIME encrypted message (RFC 2440 and 3156)",
        "This is an OpenPGP/MIME encrypted message\n(RFC 9580 and 3156)",
        "OpenPGP/MIME message (Automatically encrypted by Stalwart)", "This is a multi-part message in MIME format.",
    ]) func theKnownPreamblesAreHarmless(_ preamble: String) throws {
        guard case .pgpMIME = try readText(Self.message(preamble: preamble)).encryption else {
            return #expect(Bool(false))
        }
    }

    /// As programs write it: MIME-Version repeated, parts in a transfer encoding.
    static let dressed: [(String, String)] = [
        (
            "MIME-Version",
            message(control: "Content-Type: application/pgp-encrypted\nMIME-Version: 1.0\n\nVersion: 1\n")
        ),
        (
            "MIME-Version in both",
            message(
                control: "MIME-Version: 1.0\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n",
                data: "MIME-Version: 1.0\nContent-Type: application/octet-stream\n\n\(armor)")
        ),
        (
            "base64",
            message(
                control:
                    """
                    Content-Type: application/pgp-encrypted
                    Content-Transfer-Encoding: base64

                    \(encoded("Version: 1\r\n"))

                    """,
                data:
                    "Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n\(encoded(armor))\n")
        ),
        (
            "quoted-printable",
            message(
                data:
                    """
                    Content-Type: application/octet-stream
                    Content-Transfer-Encoding: quoted-printable

                    \(armor.replacing("=", with: "=3D"))
                    """
            )
        ),
    ]
    private static func encoded(_ text: String) -> String {
        Data(text.utf8).base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed])
    }
    @Test(arguments: dressed) func dressedPartsCount(_ name: String, _ text: String) throws {
        guard case .pgpMIME = try readText(text).encryption else { return #expect(Bool(false)) }
    }

    /// A card number where everybody can read it never satisfies a rule, whatever stands around it.
    static let card = "4111 1111 1111 1111"
    static let inClear: [(String, String)] = [
        ("preamble", message(preamble: card)),
        ("behind a known preamble", message(preamble: "This is a multi-part message in MIME format.\n\(card)")),
        ("epilogue", message(epilogue: "\(card)\n")),
        ("a known sentence as epilogue", message(epilogue: "This is a multi-part message in MIME format.\n")),
        ("armor comment", message(data: dataPart("Comment: \(card)"))),
        ("armor comments", message(data: dataPart("Comment: 4111 1111\nComment: 1111 1111"))),
        ("armor version", message(data: dataPart("Version: GnuPG v\(card)"))),
        ("armor MessageID", message(data: dataPart("MessageID: 4111111111111111"))),
        (
            "a description",
            message(data: "Content-Type: application/octet-stream\nContent-Description: \(card)\n\n\(armor)")
        ),
        (
            "MIME-Version",
            message(data: "Content-Type: application/octet-stream\nMIME-Version: 1.0 (\(card))\n\n\(armor)")
        ),
        (
            "in the base64",
            message(
                data:
                    """
                    Content-Type: application/octet-stream
                    Content-Transfer-Encoding: base64

                    \(encoded(armor))

                    (\(card))
                    """
            )
        ),
        (
            "encoded before the armor",
            message(
                data:
                    """
                    Content-Type: application/octet-stream
                    Content-Transfer-Encoding: base64

                    \(encoded("\(card)\r\n\(armor)"))

                    """
            )
        ),
        ("a third part", message(data: "Content-Type: application/octet-stream\n\n\(armor)\n--b\n\n\(card)")),
    ]
    private static func dataPart(_ header: String) -> String {
        """
        Content-Type: application/octet-stream

        \(armor.replacing("MESSAGE-----\n\n", with: "MESSAGE-----\n\(header)\n\n"))
        """
    }
    @Test(arguments: inClear) func whatStandsInClearSatisfiesNothing(_ name: String, _ text: String) throws {
        #expect(try readText(text).encryption == .partialPGP)
    }

    @Test func headersOfProgramsAreHarmless() throws {
        for header in [
            "Version: GnuPG v2.0.22 (GNU/Linux)", "Comment: https://www.example.org/openpgp", "Charset: utf-8",
        ] {
            guard case .pgpMIME = try readText(Self.message(data: Self.dataPart(header))).encryption else {
                #expect(Bool(false), "\(header)")
                continue
            }
        }
    }

    static let smime: [(String, Encryption, Signature)] = [
        ("application/pkcs7-mime; smime-type=enveloped-data", .smime, .none),
        ("application/x-pkcs7-mime", .smime, .none),
        ("application/pkcs7-mime; smime-type=authEnveloped-data", .smime, .none),
        ("application/pkcs7-mime; smime-type=signed-data", .none, .smime),
        ("application/pkcs7-mime; smime-type=certs-only", .none, .none),
        ("multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b", .none, .smime),
        ("multipart/signed; protocol=\"application/pgp-signature\"; boundary=b", .none, .pgpMIME),
        ("multipart/signed; boundary=b", .none, .none),
    ]
    @Test(arguments: smime) func readsSMIMEAndSignatures(
        _ type: String, _ encryption: Encryption, _ signature: Signature
    ) throws {
        let message = try readText("Content-Type: \(type)\n\n--b\n\nx\n--b--\n")
        #expect(message.encryption == encryption)
        #expect(message.signature == signature)
    }

    // MARK: Locations

    private func locations(_ name: String) throws -> [OpenPGPLocation] {
        try read(received(MessageBytes(bytes: MIMECorpus.octets(name))), limits: Limits()).openPGPLocations()
    }

    @Test(arguments: ["pgp-mime-thunderbird", "pgp-exchange-mangled"])
    func findsTheCiphertext(_ name: String) throws {
        let found = try locations(name)
        #expect(found.count == 1)
        guard case .entity(let sealed) = try #require(found.first) else {
            Issue.record("no entity")
            return
        }
        #expect(sealed.isAlone && sealed.isMessage && sealed.container.path == "" && sealed.control != nil)
        let message = try read(received(MessageBytes(bytes: MIMECorpus.octets(name))), limits: Limits())
        let block = try Armor.decode(try message.decodedBody(of: sealed.data))
        #expect(try EncryptedMessage.parse(block.bytes).recipients.count == 1)
    }

    /// The armored blocks of a text part.
    private func blocks(_ location: OpenPGPLocation?) -> [ArmoredText.Piece] {
        guard case .text(_, let text) = location else { return [] }
        return text.pieces
    }

    @Test func findsTheBlockOfAText() throws {
        let pieces = blocks(try locations("pgp-inline").first)
        #expect(pieces.count == 3 && pieces.first == .text(Array("Hi,\r\n\r\n".utf8)))
        #expect(pieces.last == .text(Array("\r\nCheers\r\n".utf8)))
        guard case .block(let block) = pieces.dropFirst().first else {
            Issue.record("no block")
            return
        }
        let armor = try Armor.decode(MessageBytes(bytes: block.armor))
        #expect(try EncryptedMessage.parse(armor.bytes).recipients.count == 1)
    }

    @Test func findsInlineBlocksInEncodedParts() throws {
        let encoded = Data(Self.armor.utf8).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
        let text =
            """
            Content-Type: multipart/mixed; boundary=b

            --b
            Content-Transfer-Encoding: base64

            \(encoded)
            --b

            \(Self.armor)
            --b--

            """
        let found = try readText(text).openPGPLocations()
        #expect(found.map(\.part.path) == ["1", "2"])
        for location in found {
            guard case .block(let block) = blocks(location).first else {
                Issue.record("no block in \(location.part.path)")
                continue
            }
            #expect(try Armor.decode(MessageBytes(bytes: block.armor)).kind == .message)
        }
    }

    @Test func findsNothingWhereThereIsNothing() throws {
        for name in ["plain-mutt", "mailing-list", "pgp-inline-talk", "smime-enveloped"] {
            #expect(try locations(name).isEmpty)
        }
    }
}
