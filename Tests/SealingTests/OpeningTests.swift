// `decrypt` reads what other programs make: PGP/MIME, inline PGP, and what Exchange makes of PGP/MIME.

import Foundation
import Mail
import Sealing
import Support
import Testing

struct OpeningTests {
    private static let head = "From: alice@example.org\r\nTo: bob@example.net\r\nSubject: x\r\nMIME-Version: 1.0\r\n"

    private static func armor(_ fixture: SealingFixture, _ plain: String) throws -> String {
        let cipher = try TestGPG.run(
            "/usr/bin/gpg",
            [
                "--homedir", fixture.gpg.home, "--batch", "--trust-model", "always", "--armor", "-e", "-r",
                "bob@example.net",
            ],
            input: Data(plain.utf8))
        return String(decoding: cipher, as: UTF8.self).replacingOccurrences(of: "\n", with: "\r\n")
    }

    @Test func inline() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let armor = try Self.armor(fixture, "Grüße\nzweite Zeile\n")
        let message = Self.head + "Content-Type: text/plain; charset=us-ascii\r\n\r\nbefore\r\n\(armor)after\r\n"
        let opened = try await fixture.open(MessageBytes(message))
        #expect(opened.hasPrefix(Self.head))
        #expect(opened.contains("Content-Type: text/plain; charset=utf-8\r\n"))
        #expect(opened.contains("\r\n\r\nbefore\r\nGrüße\r\nzweite Zeile\r\n"))
        #expect(opened.hasSuffix("after\r\n"))
        await fixture.end()
    }

    @Test func exchangeForm() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let armor = try Self.armor(fixture, "Content-Type: text/plain\r\n\r\ninner text\r\n")
        let message =
            Self.head + """
                Content-Type: multipart/mixed; boundary="b"\r
                \r
                --b\r
                Content-Type: text/plain; charset="us-ascii"\r
                \r
                \r
                --b\r
                Content-Type: application/pgp-encrypted; name="PGPMIME version identification"\r
                Content-Transfer-Encoding: base64\r
                \r
                VmVyc2lvbjogMQ0K\r
                --b\r
                Content-Type: application/octet-stream; name="encrypted.asc"\r
                Content-Transfer-Encoding: base64\r
                \r
                \(Data(armor.utf8).base64EncodedString(options: [.lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed]))\r
                --b--\r

                """
        let opened = try await fixture.open(MessageBytes(message))
        #expect(opened == Self.head + "Content-Type: text/plain\r\n\r\ninner text\r\n")
        await fixture.end()
    }

    @Test(arguments: ["no openpgp here", "-----BEGIN PGP MESSAGE-----\r\n\r\nnot armor\r\n-----END PGP MESSAGE-----"])
    func refusesWhatIsNone(_ body: String) async throws {
        let fixture = try SealingFixture(keys: [])
        await #expect(throws: OpeningError.self) {
            _ = try await fixture.open(MessageBytes(Self.head + "\r\n\(body)\r\n"))
        }
        await fixture.end()
    }

    @Test func refusesWithoutTheKey() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let stranger = try SealingFixture(keys: [])
        let message = Self.head + "\r\n" + (try Self.armor(fixture, "x"))
        await #expect(throws: OpeningError.self) { _ = try await stranger.open(MessageBytes(message)) }
        await fixture.end()
        await stranger.end()
    }
}
