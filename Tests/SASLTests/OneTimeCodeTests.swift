// Codes of an authenticator app: the vectors of RFC 6238, the window, base32, the URI.

import Mail
import SASL
import Testing

@Suite struct OneTimeCodeTests {
    private static let secret = OneTimeSecret(bytes: Array("12345678901234567890".utf8))

    @Test(
        "RFC 6238 appendix B, SHA-1",
        arguments: [
            (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
        ] as [(Int64, String)])
    func vectors(seconds: Int64, code: String) throws {
        let secret = try #require(Self.secret)
        #expect(secret.code(step: OneTimeSecret.step(atSeconds: seconds), digits: 8) == code)
        #expect(secret.code(step: OneTimeSecret.step(atSeconds: seconds)) == String(code.suffix(6)))
    }

    @Test("One step before and after counts, two do not")
    func window() throws {
        let secret = try #require(Self.secret)
        let code = try #require(secret.code(step: 100))
        for (seconds, expected) in [(2970, 100), (3000, 100), (3059, 100), (2969, nil), (3060, nil)]
            as [(Int64, Int64?)]
        {
            #expect(secret.matchingStep(code, atSeconds: seconds) == expected, "\(seconds)")
        }
        #expect(secret.matchingStep("\(code.prefix(3)) \(code.suffix(3))", atSeconds: 3000) == 100)
    }

    @Test("What is no code is none", arguments: ["", "12345", "1234567", "12a456", "１２３４５６", "-12345"])
    func noCode(text: String) throws {
        #expect(try #require(Self.secret).matchingStep(text, atSeconds: 59) == nil)
    }

    @Test("Base32 and back; only its one spelling is taken")
    func base32() throws {
        let secret = try #require(Self.secret)
        // Revealed to be compared.
        #expect(secret.base32.revealed == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
        #expect(OneTimeSecret(base32: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ") == secret)
        for wrong in ["", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1", "gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "GEZDGNBV"] {
            #expect(OneTimeSecret(base32: wrong) == nil, "\(wrong)")
        }
        #expect("\(secret)" == "[20 bytes]")
    }

    @Test func uri() throws {
        #expect(
            try #require(Self.secret).uri(for: "al ice@x", at: "Letter&lock").revealed
                == "otpauth://totp/Letter%26lock:al%20ice%40x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                + "&issuer=Letter%26lock&algorithm=SHA1&digits=6&period=30")
    }
}
