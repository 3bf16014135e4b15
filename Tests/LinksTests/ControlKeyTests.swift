// Control links: made again from id and key, checked, and what is made of their token. The vectors are computed by
// the other side's cryptography too (Tests/RealServers/portal/test_control.py).

import Cryptography
import Links
import Mail
import Testing

@Suite struct ControlKeyTests {
    private static let key = ControlKey([UInt8](0..<32))
    private static let id = [UInt8](100..<116)

    @Test func aTokenIsMadeAgainAndChecked() throws {
        let token = try Self.key.token(for: Self.id)
        #expect(token.id == Self.id)
        #expect(token.revealed.utf8.count == 43)
        #expect(try Self.key.token(for: Self.id).revealed == token.revealed)
        let typed = try #require(ControlToken(token.revealed))
        #expect(try typed.id == Self.id && typed.auth() == token.auth())
        #expect(try ControlKey([UInt8](1..<33)).token(for: Self.id).auth() != token.auth())
    }

    @Test func everyOtherTokenProvesNothing() throws {
        let token = try Self.key.token(for: Self.id)
        let bytes = try #require(Base64URL.decode(token.revealed))
        for place in bytes.indices {
            var other = bytes
            other[place] ^= 1
            let forged = try #require(ControlToken(Base64URL.encode(other)))
            #expect(try forged.auth() != token.auth(), "byte \(place)")
            #expect(try Self.key.token(for: forged.id).auth() != forged.auth(), "byte \(place)")
        }
        for text in ["", "A", String(repeating: "A", count: 42), String(repeating: "A", count: 44), "=", "é"] {
            #expect(ControlToken(text) == nil, "\(text)")
        }
    }

    @Test func theDerivationsAreThoseOfThePage() throws {
        // Python: HMAC-SHA-256, HKDF with a salt of 32 zeros, of `cryptography`.
        let token = try Self.key.token(for: Self.id)
        #expect(token.revealed == "ZGVmZ2hpamtsbW5vcHFycyeYWcksc3l3EgoPqjtzhnA")
        #expect(Base64URL.encode(try token.auth()) == "EZMOiaqS9EEp7tMVYLaMvbmQI3Z2zyPCHSaoi_eScjY")
        #expect(Base64URL.encode(try token.verifier()) == "yW22J9hH4MCXGqcBe_nZB4GxT-zrRVV2bE-m15RhMjo")
        let label = try #require(Base64URL.decode("AAECAwQFBgcICQoLw8XLHZO3K06-4LkAwyjHq2-Sg6_PK5-u_y3wuwb-_P3vii0CBg"))
        #expect(try token.open(label: label, letterID: "letter") == "bob@elsewhere.example")
    }

    @Test func aLabelOpensUnderItsTokenAndLetterOnly() throws {
        let token = try Self.key.token(for: Self.id)
        let other = try Self.key.token(for: [UInt8](0..<16))
        let sealed = try token.seal(label: "Bób@elsewhere.example", letterID: "one")
        #expect(try token.open(label: sealed, letterID: "one") == "Bób@elsewhere.example")
        #expect(try token.seal(label: "x", letterID: "one") != token.seal(label: "x", letterID: "one"))
        #expect(throws: CryptographyError.self) { try token.open(label: sealed, letterID: "two") }
        #expect(throws: CryptographyError.self) { try other.open(label: sealed, letterID: "one") }
        for length in 0..<sealed.count {
            #expect(throws: CryptographyError.self) {
                try token.open(label: Array(sealed.prefix(length)), letterID: "one")
            }
        }
    }

    @Test func nothingIsShown() throws {
        let token = try Self.key.token(for: Self.id)
        #expect("\(token)" == "[32 bytes]" && "\(Self.key)" == "[32 bytes]")
    }
}
