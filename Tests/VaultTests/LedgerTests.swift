// The ledger: who has been served is remembered by a keyed code, durably, and forgotten in time.

import Foundation
import GRDB
import Links
import Mail
import Testing
import Vault
import VaultSQLite

@Suite struct LedgerTests {
    let place: Place
    let ledger: GatewayDatabase
    let alice: Mailbox
    let bob: Mailbox
    let carol: Mailbox

    init() throws {
        place = try Place()
        ledger = try GatewayDatabase(folder: place.gateway)
        alice = try #require(Mailbox("alice@example.org"))
        bob = try #require(Mailbox("Bob@Elsewhere.example"))
        carol = try #require(Mailbox("carol@elsewhere.example"))
    }

    @Test func remembersAndForgets() async throws {
        let fingerprint = try ledger.fingerprint(MessageBytes("message"))
        #expect(ledger.isEmpty)
        #expect(try await ledger.remembered(sender: alice, fingerprint: fingerprint).delivered.isEmpty)
        try await ledger.record(sender: alice, recipients: [bob], fingerprint: fingerprint)
        #expect(!ledger.isEmpty)
        try await ledger.record(sender: alice, recipients: [bob, carol], fingerprint: fingerprint)
        #expect(
            try await ledger.remembered(sender: alice, fingerprint: fingerprint).delivered
                == ["bob@elsewhere.example", "carol@elsewhere.example"])
        // Another transaction with the same message has ended: what this one knows of the others stays.
        try await ledger.forget(sender: alice, recipients: [carol], fingerprint: fingerprint)
        #expect(
            try await ledger.remembered(sender: alice, fingerprint: fingerprint).delivered == ["bob@elsewhere.example"])
        try await ledger.forget(sender: alice, recipients: [bob, carol], fingerprint: fingerprint)
        #expect(try await ledger.remembered(sender: alice, fingerprint: fingerprint).delivered.isEmpty)
        #expect(ledger.isEmpty)
    }

    @Test func sendersMessagesAndKindsAreApart() async throws {
        let first = try ledger.fingerprint(MessageBytes("message"))
        let second = try ledger.fingerprint(MessageBytes("message "))
        try await ledger.record(sender: alice, recipients: [bob], fingerprint: first)
        try await ledger.passwordMailed(sender: alice, recipients: [carol], fingerprint: first)
        #expect(try await ledger.remembered(sender: alice, fingerprint: second).delivered.isEmpty)
        #expect(try await ledger.remembered(sender: nil, fingerprint: first).delivered.isEmpty)
        #expect(try await ledger.remembered(sender: carol, fingerprint: first).delivered.isEmpty)
        #expect(try await ledger.remembered(sender: alice, fingerprint: first).delivered == ["bob@elsewhere.example"])
        #expect(
            try await ledger.remembered(sender: alice, fingerprint: first).passwordMailed == ["carol@elsewhere.example"]
        )
        try await ledger.record(sender: nil, recipients: [bob], fingerprint: first)
        try await ledger.forget(sender: alice, recipients: [bob, carol], fingerprint: first)
        #expect(try await ledger.remembered(sender: alice, fingerprint: first).passwordMailed.isEmpty)
        #expect(try await ledger.remembered(sender: nil, fingerprint: first).delivered == ["bob@elsewhere.example"])
        #expect(!ledger.isEmpty)
    }

    @Test func theFingerprintIsKeyedAndStaysTheSame() async throws {
        let message = MessageBytes(String(repeating: "line\r\n", count: 50_000))
        let cut = MessageBytes(joining: [message.slice(0..<7), message.slice(7..<message.count)])
        let fingerprint = try ledger.fingerprint(message)
        #expect(fingerprint == (try ledger.fingerprint(cut)))
        #expect(try GatewayDatabase(folder: place.gateway).fingerprint(message) == fingerprint)
        let other = try Place()
        #expect(try GatewayDatabase(folder: other.gateway).fingerprint(message) != fingerprint)
    }

    @Test func rowsOutliveTheProcess() async throws {
        let folder = place.gateway
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
            let ledger = try GatewayDatabase(folder: folder)
            let bob = try #require(Mailbox("bob@elsewhere.example"))
            try await ledger.record(
                sender: bob, recipients: [bob], fingerprint: try ledger.fingerprint(MessageBytes("m")))
            kill(getpid(), SIGKILL)
        }
        let reopened = try GatewayDatabase(folder: place.gateway)
        #expect(!reopened.isEmpty)
        let fingerprint = try reopened.fingerprint(MessageBytes("m"))
        let sender = try #require(Mailbox("bob@elsewhere.example"))
        #expect(
            try await reopened.remembered(sender: sender, fingerprint: fingerprint).delivered == [
                "bob@elsewhere.example"
            ])
    }

    @Test func aCancelledTaskStillRemembers() async throws {
        let fingerprint = try ledger.fingerprint(MessageBytes("m"))
        await withTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask { [ledger, alice, bob] in
                #expect(Task.isCancelled)
                await #expect(throws: Never.self) {
                    try await ledger.record(sender: alice, recipients: [bob], fingerprint: fingerprint)
                }
            }
        }
        #expect(try await ledger.remembered(sender: alice, fingerprint: fingerprint).delivered.count == 1)
    }

    @Test func prunesAfterSevenDays() async throws {
        let fingerprint = try ledger.fingerprint(MessageBytes("m"))
        let week = RememberedMessage.keepSeconds
        for (recipient, seconds) in [(bob, 1000), (carol, 2000)] {
            try await ledger.record(sender: alice, recipients: [recipient], fingerprint: fingerprint)
            try await stranger("\(place.gateway)/gateway.db").write { database in
                try database.execute(
                    sql: "UPDATE ledger SET at = ? WHERE recipient = ?", arguments: [seconds, recipient.folded])
            }
        }
        #expect(try await ledger.prune(nowSeconds: 1000 + week - 1) == 0)
        #expect(try await ledger.prune(nowSeconds: 1000 + week) == 1)
        #expect(
            try await ledger.remembered(sender: alice, fingerprint: fingerprint).delivered == [
                "carol@elsewhere.example"
            ])
        #expect(try await ledger.prune(nowSeconds: 9000 + week) == 1)
        #expect(ledger.isEmpty)
        // Addresses that were forgotten are not in the files any more.
        for end in ["", "-wal"] {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(place.gateway)/gateway.db\(end)"))
            #expect(bytes.range(of: Data("elsewhere.example".utf8)) == nil)
        }
    }

    @Test func holdsNoContent() async throws {
        let canary = "CANARY-IN-A-MESSAGE"
        let fingerprint = try ledger.fingerprint(MessageBytes(canary))
        try await ledger.record(sender: alice, recipients: [bob], fingerprint: fingerprint)
        for end in ["", "-wal"] {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(place.gateway)/gateway.db\(end)"))
            #expect(bytes.range(of: Data(canary.utf8)) == nil)
        }
    }

    @Test func issuedLettersAreListedUntilTheyExpireOrAreWithdrawn() async throws {
        let letters = [3000, 2000, 4000].map { (expires: Int64) in
            IssuedLetter(
                id: "letter-\(expires)", sender: "alice@example.org", recipient: "bob@elsewhere.example",
                createdAtSeconds: expires - 1000, expiresAtSeconds: expires)
        }
        try await ledger.issued(letters, conversations: [])
        #expect(try await ledger.issuedLetters() == [letters[1], letters[0], letters[2]])
        #expect(ledger.isEmpty, "they are no ledger rows")
        _ = try await ledger.prune(nowSeconds: 2000)
        try await ledger.withdrawn([letters[2].id, "unknown"])
        #expect(try await ledger.issuedLetters() == [letters[0]])
    }

    @Test func refusalsAndReportsAreRememberedWithWhatWasSaid() async throws {
        let fingerprint = try ledger.fingerprint(MessageBytes("message"))
        let no = Refusal(.nextHopRefused(code: 552, enhanced: "5.3.4"), "next hop said: 552 5.3.4 too big")
        try await ledger.record(sender: alice, recipients: [carol], refused: [bob: no], fingerprint: fingerprint)
        try await ledger.passwordMailed(sender: alice, recipients: [bob], fingerprint: fingerprint)
        var known = try await ledger.remembered(sender: alice, fingerprint: fingerprint)
        #expect(known.delivered == ["carol@elsewhere.example"])
        #expect(known.refused == ["bob@elsewhere.example": no])
        #expect(known.passwordMailed == ["bob@elsewhere.example"])
        #expect(known.reported.isEmpty)
        #expect(known.settled == ["bob@elsewhere.example", "carol@elsewhere.example"])
        try await ledger.reported(sender: alice, recipients: [bob], fingerprint: fingerprint)
        known = try await GatewayDatabase(folder: place.gateway).remembered(sender: alice, fingerprint: fingerprint)
        #expect(known.reported == ["bob@elsewhere.example"])
        try await ledger.forget(sender: alice, recipients: [bob, carol], fingerprint: fingerprint)
        #expect(try await ledger.remembered(sender: alice, fingerprint: fingerprint) == RememberedMessage())
        #expect(ledger.isEmpty)
    }
}
