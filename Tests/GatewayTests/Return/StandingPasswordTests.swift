// A reader's wish to keep a password: only the letter's own is kept, whatever the portal's file says.

import Cryptography
import Foundation
import Gateway
import Links
import Mail
import Support
import Testing
import Vault
import VaultSQLite

struct StandingPasswordTests {
    private struct Kept {
        let ledger: GatewayDatabase
        let letters: LetterDatabase
        let letter: LockedLetter
        let secrets: LetterSecrets
        let stretched: [UInt8]
        let reader: Mailbox

        init(_ folder: TemporaryFolder, rounds: Int = LetterKeys.defaultRounds) async throws {
            ledger = try GatewayDatabase(folder: folder.file("gateway"))
            letters = try LetterDatabase(folder: folder.file("letters"))
            let (content, key) = try LetterLocker.lockContent(index: Array("{}".utf8), message: MessageBytes("x"))
            let seen = Box()
            (letter, secrets) = try LetterLocker.lockLetter(
                for: key, LetterTerms(contentID: content.id, createdAtSeconds: 1, expiresAtSeconds: 1_000_000),
                rounds: rounds,
                stretcher: PasswordStretcher { (password, salt, rounds) throws(CryptographyError) in
                    let made = try PasswordStretcher.pbkdf2(password, salt: salt, rounds: rounds)
                    seen.bytes = made.withBytes { Array($0) }
                    return made
                })
            stretched = seen.bytes
            try await letters.keep([content], [letter])
            reader = try #require(Mailbox("carol@example.net"))
        }
    }

    /// Written and read on one thread.
    private final class Box: @unchecked Sendable { var bytes: [UInt8] = [] }

    @Test func theLettersOwnPasswordIsKept() async throws {
        let folder = try TemporaryFolder()
        let kept = try await Kept(folder)
        let desk = StandingPasswords(ledger: kept.ledger, letters: kept.letters)
        let code = kept.secrets.linkSecret.revealed
        var wrong = kept.stretched
        wrong[0] ^= 1
        for (stretched, id, secret) in [
            (wrong, kept.letter.id, code), (kept.stretched, "AAAAAAAAAAAAAAAAAAAAAA", code),
            (kept.stretched, kept.letter.id, "AAAAAAAAAAAAAAAAAAAAAA"),
            (kept.stretched, kept.letter.id, "not base64url!"),
            ([], kept.letter.id, code), (kept.stretched + [0], kept.letter.id, code),
        ] {
            let done = try await desk.keep(
                stretched: stretched, letterID: id, linkSecret: secret, recipient: kept.reader, nowSeconds: 5)
            #expect(!done)
        }
        #expect(try await kept.ledger.allContacts().isEmpty)
        #expect(
            try await desk.keep(
                stretched: kept.stretched, letterID: kept.letter.id, linkSecret: code, recipient: kept.reader,
                nowSeconds: 5))
        let standing = try #require(try await kept.ledger.standingPassword(of: kept.reader))
        #expect(standing.kind == .made && standing.salt == kept.letter.parameters.salt)
        #expect(standing.opens(linkSecret: code, verifier: kept.letter.verifiers.auth))
        #expect(try await kept.ledger.allContacts().map(\.passwordSetBy) == ["reader"])
        #expect(try await desk.forget(recipient: kept.reader, nowSeconds: 5000))
        #expect(try await desk.forget(recipient: kept.reader, nowSeconds: 5000) == false)
    }

    /// A portal that wrote fewer rounds into its file must not make a password cheap to guess for all later letters.
    @Test func cheapRoundsAreNotKept() async throws {
        let folder = try TemporaryFolder()
        let kept = try await Kept(folder, rounds: 1000)
        let desk = StandingPasswords(ledger: kept.ledger, letters: kept.letters)
        let done = try await desk.keep(
            stretched: kept.stretched, letterID: kept.letter.id, linkSecret: kept.secrets.linkSecret.revealed,
            recipient: kept.reader, nowSeconds: 5)
        #expect(!done)
    }
}
