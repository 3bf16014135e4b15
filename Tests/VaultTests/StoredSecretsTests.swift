// Nothing that the portal stores opens a letter: a real letter, kept and opened, and then the files searched.

import Cryptography
import Foundation
import Links
import Mail
import Testing
import Vault
import VaultSQLite

@Suite struct StoredSecretsTests {
    @Test func nothingThePortalStoresOpensALetter() async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let canary = "CANARY-\(UUID().uuidString)"
        let (content, key) = try LetterLocker.lockContent(
            index: Array("{\"subject\":\"\(canary)\"}".utf8),
            message: MessageBytes("Subject: \(canary)\r\n\r\n\(canary)"))
        let (letter, secrets) = try LetterLocker.lockLetter(
            for: key, LetterTerms(contentID: content.id, createdAtSeconds: 1000, expiresAtSeconds: 9000), rounds: 10)
        try await store.keep([content], [letter])
        try await store.makeReadable([letter.id])

        let portal = try PortalLetterDatabase(folder: place.letters)
        let parameters = try #require(try await portal.parameters(letter.id, nowSeconds: 2000))
        let opener = try LetterOpener(
            id: letter.id, linkSecret: secrets.linkSecret.revealed, password: secrets.password.revealed,
            kind: parameters.passwordKind, kdf: parameters.kdf, rounds: parameters.rounds, salt: parameters.salt,
            leastRounds: 1)
        guard case .opened(let given) = try await portal.attempt(letter.id, proof: opener.proof, nowSeconds: 2000)
        else {
            Issue.record("not opened")
            return
        }
        let keys = try opener.unwrap(given.wrappedKeys)
        let chunk = try #require(
            try await portal.chunk(letter.id, proof: opener.proof, index: 0, nowSeconds: 2000).value)
        let opened = try LetterOpener.open([chunk], key: keys.content)
        #expect(String(decoding: try opened.message.copy(), as: UTF8.self).contains(canary))

        let stored = place.lettersBytes()
        let linkSecret = try #require(Base64URL.decode(secrets.linkSecret.revealed))
        let searched: [[UInt8]] = [
            Array(canary.utf8), Array(secrets.linkSecret.revealed.utf8), linkSecret,
            Array(secrets.password.revealed.utf8),
            Array(LinkPassword.normalise(secrets.password.revealed, kind: .made).utf8), opener.proof.auth,
            Array(Base64URL.encode(opener.proof.auth).utf8), opener.proof.link,
            keys.conversation.withBytes { Array($0) },
        ]
        for secret in searched { #expect(stored.range(of: Data(secret)) == nil) }
        #expect(stored.range(of: Data(letter.verifiers.link)) != nil)
        #expect(stored.range(of: Data(letter.verifiers.auth)) != nil, "the search looks at the right bytes")
    }
}
