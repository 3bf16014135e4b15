// The quarantine's rows: one commit with the ledger, nobody held twice, content that goes with its last recipient.

import Foundation
import GRDB
import Mail
import Testing
import Vault
import VaultContract

@testable import VaultSQLite  // to bound the size of the file as a full disk does

@Suite struct QuarantineTests {
    private let bob = Mailbox("Bob@Keyed.example")
    private let carol = Mailbox("carol@open.example")

    private func entry(_ id: String, _ recipients: [Mailbox], expires: Int64 = 5000) -> QuarantineEntry {
        QuarantineEntry(
            id: id, sender: "",
            recipients: recipients.map {
                .init(address: $0.description, rules: ["a", "b"], reason: "because")
            }, circumstances: "{}", sealedTo: "F0", bytes: 7, receivedAtSeconds: 1000, heldAtSeconds: 1001,
            expiresAtSeconds: expires)
    }

    private func hold(
        _ ledger: GatewayDatabase, _ id: String, _ recipients: [Mailbox], _ print: MessageFingerprint,
        content: MessageBytes = MessageBytes("sealed"), expires: Int64 = 5000
    ) async throws -> Bool {
        try await ledger.hold(
            entry(id, recipients, expires: expires), sender: nil, recipients: recipients, fingerprint: print,
            content: content, notices: [.heldOfficer])
    }

    @Test func aFullOrLockedDatabaseHoldsNothing() async throws {
        let place = try Place()
        let ledger = try GatewayDatabase(folder: place.gateway, busySeconds: 0.1)
        let bob = try #require(bob)
        let print = try ledger.fingerprint(MessageBytes("x"))
        let pages = try await ledger.database.read("counting") { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
        _ = try await ledger.database.write("limiting") {
            try Int.fetchOne($0, sql: "PRAGMA max_page_count = \(pages + 10)")
        }
        let large = MessageBytes(bytes: [UInt8](repeating: 1, count: 1_000_000))
        let full = await refusal { _ = try await hold(ledger, "AAAAA-AAAAA", [bob], print, content: large) }
        #expect(full?.cause == .storage && full?.detail.contains("the disk is full") == true)
        let other = try stranger("\(place.gateway)/gateway.db")
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let locked = await refusal { _ = try await hold(ledger, "AAAAA-AAAAA", [bob], print) }
        #expect(locked?.cause == .storage && locked?.replyCode == 451)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        #expect(try await ledger.quarantined(settled: true).isEmpty)
        #expect(try await ledger.remembered(sender: nil, fingerprint: print).held.isEmpty)
        #expect(try await ledger.waiting(QuarantineNotice.allCases) == 0)
        #expect(try await hold(ledger, "AAAAA-AAAAA", [bob], print))
    }

    @Test func idsCanBeTyped() throws {
        let ids = try (0..<200).map { _ in try QuarantineID.make() }
        #expect(Set(ids).count == 200)
        for id in ids {
            #expect(QuarantineID.normalise(id) == id)
            #expect(QuarantineID.normalise(id.lowercased().replacing("-", with: " ").replacing("0", with: "o")) == id)
        }
        for wrong in ["", "AAAAA", "AAAAA-AAAAAA", "AAAAU-AAAAA", "../../etc"] {
            #expect(QuarantineID.normalise(wrong) == nil)
        }
    }
}
