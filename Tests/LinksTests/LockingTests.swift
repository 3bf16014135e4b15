// A letter opens with its link and its password, and with nothing else: each single change is refused.

import Cryptography
import Links
import Mail
import Testing

@Suite struct LockingTests {
    static let index = Array(#"{"version":1,"subject":"Grüße"}"#.utf8)
    static let message = "From: alice@example.org\r\n\r\nHello.\r\n"

    struct Locked {
        let content: LockedContent
        let letter: LockedLetter
        let secrets: LetterSecrets

        init(message: MessageBytes = MessageBytes(LockingTests.message)) throws {
            let (content, key) = try LetterLocker.lockContent(index: LockingTests.index, message: message)
            self.content = content
            (letter, secrets) = try LetterLocker.lockLetter(
                for: key, LetterTerms(contentID: content.id, createdAtSeconds: 1000, expiresAtSeconds: 2000),
                rounds: 10)
        }

        func opener(password: String? = nil, linkSecret: String? = nil, id: String? = nil) throws -> LetterOpener {
            try LetterOpener(
                id: id ?? letter.id, linkSecret: linkSecret ?? secrets.linkSecret.revealed,
                password: password ?? secrets.password.revealed, kind: letter.parameters.passwordKind,
                rounds: letter.parameters.rounds, salt: letter.parameters.salt, leastRounds: 1)
        }
    }

    @Test func opensWithLinkAndPassword() throws {
        let locked = try Locked()
        let opener = try locked.opener(password: locked.secrets.password.revealed.lowercased())
        #expect(try SHA256Digest.of(opener.proof.auth) == locked.letter.verifiers.auth)
        let keys = try opener.unwrap(locked.letter.wrappedKeys)
        let opened = try LetterOpener.open(try locked.content.chunks.map { try $0.copy() }, key: keys.content)
        #expect(opened.index == Self.index)
        #expect(opened.message == MessageBytes(Self.message))
        #expect(locked.letter.expiresAtSeconds == 2000)
        #expect(locked.letter.contentID == locked.content.id)
    }

    @Test func wrongPasswordLinkSecretOrIDOpenNothing() throws {
        let locked = try Locked()
        let wrong = [
            try locked.opener(password: "0000-0000-0000"),
            try locked.opener(linkSecret: String(repeating: "A", count: 22)),
        ]
        for opener in wrong {
            #expect(try SHA256Digest.of(opener.proof.auth) != locked.letter.verifiers.auth)
            #expect(throws: CryptographyError.wrongTag("the wrapped keys")) {
                try opener.unwrap(locked.letter.wrappedKeys)
            }
        }
        // Keys of one letter put into another's record: bound by the associated data.
        #expect(throws: CryptographyError.wrongTag("the wrapped keys")) {
            try locked.opener(id: "AAAAAAAAAAAAAAAAAAAAAA").unwrap(locked.letter.wrappedKeys)
        }
    }

    @Test func everyAlteredByteOfTheWrappedKeysIsRefused() throws {
        let locked = try Locked()
        let opener = try locked.opener()
        for place in locked.letter.wrappedKeys.indices {
            var wrapped = locked.letter.wrappedKeys
            wrapped[place] ^= 1
            #expect(throws: CryptographyError.wrongTag("the wrapped keys")) { try opener.unwrap(wrapped) }
        }
        for length in [0, 11, 12, 28, 59, 60] {
            #expect(throws: CryptographyError.malformed("the wrapped keys")) {
                try opener.unwrap(Array(locked.letter.wrappedKeys.prefix(length)))
            }
        }
    }

    @Test func nothingIsUsedTwice() throws {
        let (content, key) = try LetterLocker.lockContent(index: Self.index, message: MessageBytes(Self.message))
        let again = try LetterLocker.lockContent(index: Self.index, message: MessageBytes(Self.message)).0
        #expect(try content.chunks[0].copy() != again.chunks[0].copy())
        #expect(content.id != again.id)
        let letters = try (0..<5).map { _ in
            try LetterLocker.lockLetter(
                for: key, LetterTerms(contentID: content.id, createdAtSeconds: 0, expiresAtSeconds: 1), rounds: 1)
        }
        for values in [
            letters.map { Array($0.0.id.utf8) }, letters.map(\.0.parameters.salt),
            letters.map(\.0.verifiers.auth), letters.map(\.0.control.verifier), letters.map(\.0.control.label),
            letters.map(\.0.wrappedKeys), letters.map(\.0.conversationPublicKey),
            letters.map { Array($0.1.linkSecret.revealed.utf8) }, letters.map { Array($0.1.password.revealed.utf8) },
        ] {
            #expect(Set(values).count == letters.count)
        }
    }

    @Test func nothingStoredHoldsASecret() throws {
        let locked = try Locked()
        let stored = String(reflecting: locked.letter) + String(reflecting: locked.content)
        #expect(!stored.contains(locked.secrets.linkSecret.revealed))
        #expect(!stored.contains(locked.secrets.password.revealed))
        #expect(Base64URL.decode(locked.letter.id)?.count == 16)
        #expect(Base64URL.decode(locked.secrets.linkSecret.revealed)?.count == 16)
        #expect(locked.letter.verifiers.auth != (try locked.opener().proof.auth))
        #expect(locked.letter.parameters.rounds == 10 && LetterKeys.defaultRounds == 600_000)
        #expect(!"\(locked.secrets)".contains(locked.secrets.password.revealed))
    }

    @Test(arguments: ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA==", "!AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAB"])
    func linkSecretsThatAreNone(text: String) throws {
        let locked = try Locked()
        #expect(throws: CryptographyError.malformed("the link secret")) { try locked.opener(linkSecret: text) }
    }

    @Test(arguments: [Int.min, -1, 0, 599_999, 10_000_001, Int.max])
    func roundsThatAPortalMayNotAskFor(rounds: Int) {
        #expect(throws: CryptographyError.malformed("the number of rounds")) {
            try LetterOpener(
                id: "x", linkSecret: String(repeating: "A", count: 22), password: "", kind: .made, rounds: rounds,
                salt: [UInt8](repeating: 0, count: 16))
        }
    }

    @Test func derivationsAndSaltsThatAPortalMayNotAskFor() {
        let secret = String(repeating: "A", count: 22)
        #expect(throws: CryptographyError.malformed("the key derivation \"none\"")) {
            try LetterOpener(
                id: "x", linkSecret: secret, password: "", kind: .made, kdf: "none", rounds: 1, salt: [], leastRounds: 1
            )
        }
        #expect(throws: CryptographyError.malformed("the salt")) {
            try LetterOpener(
                id: "x", linkSecret: secret, password: "", kind: .made, rounds: 1, salt: [1], leastRounds: 1)
        }
    }
}
