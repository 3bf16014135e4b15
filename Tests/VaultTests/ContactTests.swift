// Correspondents in gateway.db: kept, replaced, forgotten; and the proof of a reader's password.

import Cryptography
import Foundation
import Links
import Mail
import Testing

@testable import Vault  // to make an answer as the ledger does

struct ContactTests {
    private static func mailbox(_ text: String) throws -> Mailbox { try #require(Mailbox(text)) }

    private static func ledger(_ work: (Ledger, String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await work(try Ledger(folder: "\(folder)/gateway"), folder)
    }

    /// A wish that could not be carried out at once is tried again for days: it undoes no later one.
    @Test func aWishThatIsTriedAgainUndoesNoLaterOne() async throws {
        try await Self.ledger { ledger, _ in
            let carol = try Self.mailbox("carol@example.net")
            let password = try StandingPassword.make(Secret("our goose flies at 9"), rounds: 1000)
            func wish(_ name: String, at seconds: Int64, tries: Int) -> PasswordWish {
                PasswordWish(
                    TakenAnswer(
                        id: AnswerID(letter: "letter", answer: name), token: "t", takenAtSeconds: seconds, tries: tries,
                        state: .waiting, isCounted: false))
            }
            func keep(_ wish: PasswordWish?) async throws -> Bool {
                try await ledger.keepStandingPassword(
                    recipient: carol, password, by: .reader, wish: wish, nowSeconds: 1000)
                return try await ledger.standingPassword(of: carol) != nil
            }
            #expect(try await keep(wish("one", at: 100, tries: 0)))
            // In the same second, and by himself.
            #expect(try await ledger.forgetStandingPassword(for: carol, wish: wish("two", at: 100, tries: 0)))
            #expect(try await keep(wish("one", at: 100, tries: 1)) == false)
            #expect(try await ledger.isNewest(wish("one", at: 100, tries: 2), of: carol) == false)
            #expect(try await keep(wish("three", at: 101, tries: 0)))
            #expect(try await keep(wish("three", at: 101, tries: 1)))
            // The other way round: a forgetting that is tried again takes no later password.
            _ = try await ledger.forgetStandingPassword(for: carol, wish: wish("two", at: 100, tries: 3))
            #expect(try await ledger.standingPassword(of: carol) != nil)
            // The administrator's word counts like a reader's.
            #expect(try await ledger.forgetStandingPassword(for: carol, nowSeconds: 200))
            #expect(try await keep(wish("three", at: 101, tries: 4)) == false)
            _ = try await ledger.prune(nowSeconds: 200 + 9 * 86_400)
            #expect(try await keep(wish("four", at: 10 * 86_400, tries: 0)))
        }
    }

    @Test func passwordsAreKeptReplacedAndForgotten() async throws {
        try await Self.ledger { ledger, folder in
            let carol = try Self.mailbox("Carol@Example.NET")
            let other = try Self.mailbox("carol@example.net")
            #expect(try await ledger.standingPassword(of: carol) == nil)
            let first = try StandingPassword.make(Secret("our goose flies at 9"), rounds: 1000)
            try await ledger.keepStandingPassword(recipient: carol, first, by: .command, nowSeconds: 100)
            let kept = try #require(try await ledger.standingPassword(of: other))
            #expect(kept.salt == first.salt && kept.kind == .chosen && kept.rounds == 1000)
            #expect(kept.stretched.withBytes { Array($0) } == first.stretched.withBytes { Array($0) })
            let second = try StandingPassword.make(Secret("another goose at 10"), rounds: 2000)
            try await ledger.keepStandingPassword(
                recipient: carol, stretched: second.stretched.withBytes { Array($0) }, salt: second.salt, kind: .chosen,
                rounds: 2000, nowSeconds: 200)
            try await ledger.setPhone("+33612345678", of: carol)
            let line = try #require(try await ledger.contacts([other])["carol@example.net"])
            #expect(line.passwordSetBy == "reader" && line.passwordSetAtSeconds == 200 && line.phone == "+33612345678")
            #expect(try await ledger.forgetStandingPassword(for: carol))
            #expect(try await ledger.forgetStandingPassword(for: carol) == false)
            #expect(try await ledger.standingPassword(of: carol) == nil)
            #expect(try await ledger.allContacts().map(\.phone) == ["+33612345678"], "the number stays")
            try await ledger.setPhone(nil, of: carol)
            #expect(try await ledger.allContacts().isEmpty)
            // Nothing of a password that was forgotten lies in the file.
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/gateway/gateway.db"))
            #expect(bytes.range(of: Data(second.stretched.withBytes { Array($0) })) == nil)
        }
    }

    @Test func whatIsNotUsedIsForgotten() async throws {
        try await Self.ledger { ledger, _ in
            let (old, new) = (try Self.mailbox("old@example.net"), try Self.mailbox("new@example.net"))
            for mailbox in [old, new] {
                let password = try StandingPassword.make(Secret("our goose flies at 9"), rounds: 1000)
                try await ledger.keepStandingPassword(recipient: mailbox, password, by: .command, nowSeconds: 100)
            }
            try await ledger.usedStandingPasswords([new], nowSeconds: 500)
            #expect(try await ledger.forgetStandingPasswords(unusedSinceSeconds: 100) == 0)
            #expect(try await ledger.forgetStandingPasswords(unusedSinceSeconds: 400) == 1)
            #expect(try await ledger.allContacts().map(\.address) == ["new@example.net"])
            #expect(try await ledger.removeContact(new))
            #expect(try await ledger.removeContact(new) == false)
        }
    }

    @Test(arguments: [(31, 16, 600_000), (32, 15, 600_000), (32, 16, 0), (32, 16, 100_000_000)])
    func oddPasswordsAreNotKept(stretched: Int, salt: Int, rounds: Int) async throws {
        try await Self.ledger { ledger, _ in
            let carol = try Self.mailbox("carol@example.net")
            await #expect(throws: Refusal.self) {
                try await ledger.keepStandingPassword(
                    recipient: carol, stretched: [UInt8](repeating: 1, count: stretched),
                    salt: [UInt8](repeating: 2, count: salt), kind: .made, rounds: rounds, nowSeconds: 1)
            }
            #expect(try await ledger.allContacts().isEmpty)
        }
    }
}
