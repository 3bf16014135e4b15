// Odd mail through the whole gateway with the policy that comes with Letterlock: what programs really write passes byte for
// byte, what cannot be read is refused with words the sender can act on; long addresses; SMTPUTF8 only where it is needed.

import Foundation
import Mail
import Policy
import Support
import Testing

struct OddMailTests {
    private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static func sample(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: tests.appendingPathComponent("Corpus/odd/\(name).eml")), as: UTF8.self)
    }
    private static func shipped() throws -> TestOptions {
        var options = TestOptions()
        options.policy = try String(
            contentsOf: tests.deletingLastPathComponent().appendingPathComponent("policy/rules.yaml"), encoding: .utf8)
        return options
    }

    @Test func whatProgramsWritePasses() async throws {
        try await withGateway(try Self.shipped()) { gateway in
            for name in [
                "tb-signed", "boundary-space", "filename-twice-the-same", "rfc822-base64", "subject-blank-fold",
                "unquoted-filename",
            ] {
                let message = try Self.sample(name)
                let reply = try await gateway.submit(message, to: "carol@elsewhere.example")
                #expect(reply.hasPrefix("250"), "\(name): \(reply)")
                let got = String(decoding: try #require(gateway.sink.messages.last).bytes.copy(), as: UTF8.self)
                #expect(got.hasSuffix(message), "\(name)")
            }
            for name in ["ct-name-cont-2047", "js-cont-2047", "js-plain"] {
                let reply = try await gateway.submit(try Self.sample(name), to: "carol@elsewhere.example")
                #expect(reply.contains("programs do not leave by mail"), "\(name): \(reply)")
            }
            // Inside of the encoded message the rules see as well.
            let inner = Data("Subject: x\r\n\r\n4111 1111 1111 1111\r\n".utf8).base64EncodedString()
            _ = try await gateway.submit(
                "Subject: x\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n\(inner)\r\n",
                to: "carol@elsewhere.example")
            #expect(gateway.plans.last?.decisions.first?.rules == ["card-numbers"])
        }
    }

    @Test func aRefusalSaysWhichPartCouldNotBeRead() async throws {
        try await withGateway(try Self.shipped()) { gateway in
            let zip = Data(Array("PK\u{3}\u{4}".utf8) + Array(repeating: 0xAA, count: 200)).base64EncodedString()
            let reply = try await gateway.submit(
                "Subject: x\r\nContent-Type: multipart/mixed; boundary=mm\r\n\r\n--mm\r\n\r\nhi\r\n"
                    + "--mm\r\nContent-Type: application/zip; name=\"payroll.zip\"\r\n"
                    + "Content-Transfer-Encoding: base64\r\n\r\n\(zip)\r\n--mm--\r\n",
                to: "carol@elsewhere.example")
            #expect(
                reply.hasPrefix("550 5.7.1 <carol@elsewhere.example>: part 2, application/zip, could not be read: "),
                "\(reply)")
            #expect(reply.contains("send the file itself and write [secure] into the subject"))
            #expect(!reply.contains("payroll"))
        }
    }

    @Test func longAddressesAreTaken() async throws {
        let long = "SRS0=" + String(repeating: "a", count: 251)
        try await withGateway { gateway in
            let message = Samples.plain(subject: "hi", body: "x")
            let reply = try await gateway.submit(message, to: "\(long)@example.net")
            #expect(reply.hasPrefix("250"), "\(reply)")
            #expect(gateway.sink.messages.last?.envelope.recipients.first?.localPart == long)
            let tooLong = try await gateway.submit(message, to: "b\(long)@example.net")
            #expect(tooLong.contains("the local part has 257 octets, more than 256"), "\(tooLong)")
        }
    }

    /// A client that says SMTPUTF8 for all its mail (RFC 6531 section 3.4): only what needs it needs it of the next hop.
    @Test func smtputf8IsAskedForWhereItIsNeeded() async throws {
        try await withScriptedHop { gateway, hop in
            func command(_ message: String, to: String = "bob@example.net") async throws -> String? {
                _ = try await gateway.submit(message, to: to, parameters: " SMTPUTF8 BODY=8BITMIME")
                return hop.record.commands.last { $0.hasPrefix("MAIL FROM") }
            }
            let body = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\ncaf\u{e9}\r\n"
            let plain = try await command("Subject: hi\r\n\(body)")
            #expect(plain?.contains("SMTPUTF8") == false && plain?.contains("8BITMIME") == true, "\(plain ?? "none")")
            #expect(try await command("Subject: caf\u{e9}\r\n\(body)")?.contains("SMTPUTF8") == true)
            let inPart =
                "Subject: hi\r\nContent-Type: multipart/mixed; boundary=mm\r\n\r\n--mm\r\nX-Note: \u{e9}\r\n\r\nx\r\n--mm--\r\n"
            #expect(try await command(inPart)?.contains("SMTPUTF8") == true)
            #expect(
                try await command("Subject: hi\r\n\(body)", to: "caf\u{e9}@example.net")?.contains("SMTPUTF8") == true)
        }
    }
}
