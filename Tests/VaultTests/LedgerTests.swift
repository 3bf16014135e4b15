// The ledger: who has been served is remembered by a keyed code, durably, and forgotten in time.

import Cryptography
import Links
import Foundation
import GRDB
import Mail
import Testing
import Vault
@testable import VaultSQLite  // the statement of the look-up

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

    /// The look-up before and after each message: by the table's key, whatever else the ledger holds.
    @Test func theLookUpGoesByTheKey() async throws {
        let plan = try await stranger("\(place.gateway)/gateway.db").read { database in
            try Row.fetchAll(
                database, sql: "EXPLAIN QUERY PLAN \(GatewayDatabase.rowsOfOneMessage)",
                arguments: ["alice@example.org", Data(count: 32)]
            ).map { row -> String in row["detail"] }
        }
        #expect(plan == ["SEARCH ledger USING PRIMARY KEY (sender=? AND fingerprint=?)"])
    }

    /// Somebody else holds the write lock all the time: whoever forgets nothing does not ask for it.
    @Test func forgettingWhereThereIsNothingTakesNoLock() async throws {
        let ledger = try GatewayDatabase(folder: place.gateway, busySeconds: 0.05)
        let (mine, other) = (try ledger.fingerprint(MessageBytes("m")), try ledger.fingerprint(MessageBytes("o")))
        try await ledger.record(sender: alice, recipients: [bob], fingerprint: other)
        try await ledger.record(
            sender: alice, recipients: [carol], copied: [bob], receipted: [], refused: [:], fingerprint: mine)
        let stranger = try stranger("\(place.gateway)/gateway.db")
        try await stranger.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        // Of another message, of another recipient, of an archive's copy: nothing is to be forgotten.
        try await ledger.forget(sender: alice, recipients: [carol], fingerprint: other)
        try await ledger.forget(sender: nil, recipients: [bob, carol], fingerprint: other)
        try await ledger.forget(sender: alice, recipients: [bob], fingerprint: mine)
        await #expect(throws: Refusal.self) {
            try await ledger.forget(sender: alice, recipients: [bob, carol], fingerprint: mine)
        }
        try await stranger.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        try await ledger.forget(sender: alice, recipients: [bob, carol], fingerprint: mine)
        let known = try await ledger.remembered(sender: alice, fingerprint: mine)
        #expect(known.delivered.isEmpty && known.copied == [bob.folded])
        #expect(try await ledger.remembered(sender: alice, fingerprint: other).delivered == [bob.folded])
    }
}
