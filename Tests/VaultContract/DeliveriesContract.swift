// What is demanded of the ledger of deliveries, and of the list of letters beside it.

import Cryptography
import Links
import Foundation
import Mail
import Testing
import Vault

/// Who has been served is remembered by a keyed code, and forgotten in time.
package struct DeliveriesContract: Sendable {
    /// All that is demanded.
    package static let behaviours = [
        Behaviour("Deliveries: remembersAndForgets", Self.init) { try await $0.remembersAndForgets() },
        Behaviour("Deliveries: sendersMessagesAndKindsAreApart", Self.init) {
            try await $0.sendersMessagesAndKindsAreApart()
        },
        Behaviour("Deliveries: theFingerprintIsKeyedAndStaysTheSame", Self.init) {
            try await $0.theFingerprintIsKeyedAndStaysTheSame()
        },
        Behaviour("Deliveries: aCancelledTaskStillRemembers", Self.init) {
            try await $0.aCancelledTaskStillRemembers()
        },
        Behaviour("Deliveries: holdsNoContent", Self.init) { try await $0.holdsNoContent() },
        Behaviour("Deliveries: issuedLettersAreListedUntilTheyExpireOrAreWithdrawn", Self.init) {
            try await $0.issuedLettersAreListedUntilTheyExpireOrAreWithdrawn()
        },
        Behaviour("Deliveries: copiesAndReceiptsAreNoRecipients", Self.init) {
            try await $0.copiesAndReceiptsAreNoRecipients()
        },
        Behaviour("Deliveries: refusalsAndReportsAreRememberedWithWhatWasSaid", Self.init) {
            try await $0.refusalsAndReportsAreRememberedWithWhatWasSaid()
        },
    ]

    let place: any VaultPlace
    let ledger: any GatewayVault
    let alice: Mailbox
    let bob: Mailbox
    let carol: Mailbox

    init(_ place: any VaultPlace) async throws {
        self.place = place
        ledger = try await place.gateway()
        alice = try #require(Mailbox("alice@example.org"))
        bob = try #require(Mailbox("Bob@Elsewhere.example"))
        carol = try #require(Mailbox("carol@elsewhere.example"))
    }

    func remembersAndForgets() async throws {
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

    func sendersMessagesAndKindsAreApart() async throws {
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

    func theFingerprintIsKeyedAndStaysTheSame() async throws {
        let message = MessageBytes(String(repeating: "line\r\n", count: 50_000))
        let cut = MessageBytes(joining: [message.slice(0..<7), message.slice(7..<message.count)])
        let fingerprint = try ledger.fingerprint(message)
        #expect(fingerprint == (try ledger.fingerprint(cut)))
        #expect(try await place.gateway().fingerprint(message) == fingerprint)
        let other = try await place.another()
        #expect(try await other.gateway().fingerprint(message) != fingerprint)
    }

    func aCancelledTaskStillRemembers() async throws {
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

    func holdsNoContent() async throws {
        let canary = "CANARY-IN-A-MESSAGE"
        let fingerprint = try ledger.fingerprint(MessageBytes(canary))
        try await ledger.record(sender: alice, recipients: [bob], fingerprint: fingerprint)
        #expect(place.gatewayBytes()?.range(of: Data(canary.utf8)) == nil)
    }

    func issuedLettersAreListedUntilTheyExpireOrAreWithdrawn() async throws {
        let letters = [3000, 2000, 4000].map { (expires: Int64) in
            LetterOwner(
                letterID: "letter-\(expires)", sender: "alice@example.org", recipient: "bob@elsewhere.example",
                createdAtSeconds: expires - 1000, expiresAtSeconds: expires,
                control: .init(
                    controlID: [UInt8](repeating: 5, count: 16), messageID: expires == 2000 ? nil : "<\(expires)@x>",
                    isFixed: expires == 4000))
        }
        try await ledger.issued(letters, conversations: [])
        #expect(try await ledger.owners() == [letters[1], letters[0], letters[2]])
        #expect(ledger.isEmpty, "they are no ledger rows")
        // As long as their sender's page tells of them.
        _ = try await ledger.prune(nowSeconds: 2000 + LockedLetter.graceSeconds - 1)
        #expect(try await ledger.owners().count == 3)
        _ = try await ledger.prune(nowSeconds: 2000 + LockedLetter.graceSeconds)
        try await ledger.withdrawn([letters[2].letterID, "unknown"])
        #expect(try await ledger.owners() == [letters[0]])
    }

    func refusalsAndReportsAreRememberedWithWhatWasSaid() async throws {
        let fingerprint = try ledger.fingerprint(MessageBytes("message"))
        let no = Refusal(
            .nextHopRefused(code: 552, enhanced: "5.3.4"), "next hop said: 552 5.3.4 too big",
            hopReply: "552 5.3.4 too big")
        try await ledger.record(sender: alice, recipients: [carol], refused: [bob: no], fingerprint: fingerprint)
        try await ledger.passwordMailed(sender: alice, recipients: [bob], fingerprint: fingerprint)
        var known = try await ledger.remembered(sender: alice, fingerprint: fingerprint)
        #expect(known.delivered == ["carol@elsewhere.example"])
        #expect(known.refused == ["bob@elsewhere.example": no])
        #expect(known.passwordMailed == ["bob@elsewhere.example"])
        #expect(known.reported.isEmpty)
        #expect(known.settled == ["bob@elsewhere.example", "carol@elsewhere.example"])
        try await ledger.reported(sender: alice, recipients: [bob], fingerprint: fingerprint)
        known = try await place.gateway().remembered(sender: alice, fingerprint: fingerprint)
        #expect(known.reported == ["bob@elsewhere.example"])
        try await ledger.forget(sender: alice, recipients: [bob, carol], fingerprint: fingerprint)
        #expect(try await ledger.remembered(sender: alice, fingerprint: fingerprint) == RememberedMessage())
        #expect(ledger.isEmpty)
    }

    /// A copy for an archive outlives the transaction: another one with the same message must not make a second copy.
    func copiesAndReceiptsAreNoRecipients() async throws {
        let fingerprint = try ledger.fingerprint(MessageBytes("message"))
        try await ledger.record(
            sender: alice, recipients: [bob], copied: [carol], receipted: [bob], refused: [:], fingerprint: fingerprint)
        var known = try await place.gateway().remembered(sender: alice, fingerprint: fingerprint)
        #expect(known.delivered == [bob.folded] && known.settled == [bob.folded])
        #expect(known.copied == [carol.folded] && known.receipted == [bob.folded])
        try await ledger.forget(sender: alice, recipients: [bob, carol], fingerprint: fingerprint)
        known = try await ledger.remembered(sender: alice, fingerprint: fingerprint)
        #expect(known.delivered.isEmpty && known.receipted.isEmpty && known.copied == [carol.folded])
    }
}
