// What counts as encrypted, and everything near it that does not; where `decrypt` finds ciphertexts.

import Foundation
import MIME
import Mail
import Packets
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
                    "Content-Type: application/pgp-encrypted\n\nVersion: 1\n\(String(repeating: "\n", count: 100))secret\n"
            )
        ),
        ("text before the armor", message(data: "Content-Type: application/octet-stream\n\nsecret\n\(armor)")),
        ("text behind the armor", message(data: "Content-Type: application/octet-stream\n\n\(armor)\nsecret\n")),
        ("other field", message(data: "Content-Type: application/octet-stream\nX-Secret: y\n\n\(armor)")),
        ("junk in the part header", message(data: "Content-Type: application/octet-stream\nsecret\n\n\(armor)")),
        (
            "encoded",
            message(
                data: "Content-Type: application/octet-stream\nContent-Transfer-Encoding: quoted-printable\n\n\(armor)")
        ),
        ("text part", message(data: "Content-Type: text/plain\n\n\(armor)")),
        (
            "unknown armor header",
            message(
                data:
                    "Content-Type: application/octet-stream\n\n\(armor.replacing("MESSAGE-----\n\n", with: "MESSAGE-----\nSecret: y\n\n"))"
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
            "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\n\n--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b--\n"
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

    @Test(arguments: ["4880", "2440"]) func theKnownPreambleIsHarmless(_ rfc: String) throws {
        let text = Self.message(preamble: "This is an OpenPGP/MIME encrypted message (RFC \(rfc) and 3156)")
        guard case .pgpMIME = try readText(text).encryption else { return #expect(Bool(false)) }
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

    @Test(arguments: [
        ("pgp-mime-thunderbird", OpenPGPLocation.Form.pgpMIME), ("pgp-exchange-mangled", .mangled),
        ("pgp-inline", .inline),
    ])
    func findsTheCiphertext(_ name: String, _ form: OpenPGPLocation.Form) throws {
        let found = try locations(name)
        #expect(found.count == 1)
        let location = try #require(found.first)
        #expect(location.form == form)
        #expect(location.path == "")
        #expect(location.isArmored)
        let block = try Armor.decode(location.ciphertext)
        #expect(try EncryptedMessage.parse(block.bytes).recipients.count == 1)
        if form == .inline {
            #expect(location.before == MessageBytes("Hi,\r\n\r\n"))
            #expect(location.after == MessageBytes("\r\nCheers\r\n"))
        }
    }

    @Test func findsInlineBlocksInEncodedParts() throws {
        let encoded = Data(Self.armor.utf8).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
        let text =
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\n\(encoded)\n--b\n\n\(Self.armor)\n--b--\n"
        let found = try readText(text).openPGPLocations()
        #expect(found.map(\.path) == ["1", "2"])
        #expect(found.map(\.form) == [.inline, .inline])
        for location in found { #expect(try Armor.decode(location.ciphertext).kind == .message) }
    }

    @Test func findsNothingWhereThereIsNothing() throws {
        for name in ["plain-mutt", "mailing-list", "pgp-inline-talk", "smime-enveloped"] {
            #expect(try locations(name).isEmpty)
        }
    }
}
