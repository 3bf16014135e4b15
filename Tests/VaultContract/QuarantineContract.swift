// What is demanded of the quarantine.

import Cryptography
import Links
import Foundation
import Mail
import Testing
import Vault

/// Held messages: one commit with the ledger, nobody held twice, content that goes with its last recipient.
package struct QuarantineContract: Sendable {
    /// All that is demanded.
    package static let behaviours = [
        Behaviour("QuarantineStore: aHeldMessageIsThereAsAWhole", Self.init) {
            try await $0.aHeldMessageIsThereAsAWhole()
        },
        Behaviour("QuarantineStore: nobodyIsHeldTwice", Self.init) { try await $0.nobodyIsHeldTwice() },
        Behaviour("QuarantineStore: theContentGoesWithTheLastRecipient", Self.init) {
            try await $0.theContentGoesWithTheLastRecipient()
        },
        Behaviour("QuarantineStore: whatWaitsTooLongExpires", Self.init) { try await $0.whatWaitsTooLongExpires() },
        Behaviour("QuarantineStore: noticesAreHandedOutOneByOneUnderALease", Self.init) {
            try await $0.noticesAreHandedOutOneByOneUnderALease()
        },
    ]

    private let bob = Mailbox("Bob@Keyed.example")
    private let carol = Mailbox("carol@open.example")
    let place: any VaultPlace

    init(_ place: any VaultPlace) { self.place = place }

    private func entry(_ id: String, _ recipients: [Mailbox], expires: Int64 = 5000) -> QuarantineEntry {
        QuarantineEntry(
            id: id, sender: "",
            recipients: recipients.map {
                .init(address: $0.description, rules: ["a", "b"], reason: "because")
            }, circumstances: "{}", sealedTo: "F0", bytes: 7, receivedAtSeconds: 1000, heldAtSeconds: 1001,
            expiresAtSeconds: expires)
    }

    private func hold(
        _ ledger: any GatewayVault, _ id: String, _ recipients: [Mailbox], _ print: MessageFingerprint,
        content: MessageBytes = MessageBytes("sealed"), expires: Int64 = 5000
    ) async throws -> Bool {
        try await ledger.hold(
            entry(id, recipients, expires: expires), sender: nil, recipients: recipients, fingerprint: print,
            content: content, notices: [.heldOfficer])
    }

    func aHeldMessageIsThereAsAWhole() async throws {
        let place = place
        let ledger = try await place.gateway()
        let people = [try #require(bob), try #require(carol)]
        let print = try ledger.fingerprint(MessageBytes("x"))
        let content = MessageBytes(bytes: (0..<700_001).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        #expect(try await hold(ledger, "AAAAA-AAAAA", people, print, content: content))
        let reopened = try await place.gateway()
        #expect(try await reopened.quarantined() == [entry("AAAAA-AAAAA", people)])
        #expect(try await reopened.quarantinedContent("AAAAA-AAAAA") == content)
        #expect(
            try await reopened.remembered(sender: nil, fingerprint: print).held == [
                "bob@keyed.example", "carol@open.example",
            ])
        #expect(try await reopened.quarantineRecords("AAAAA-AAAAA").map(\.action) == ["held"])
        #expect(try await reopened.quarantined("BBBBB-BBBBB") == nil)
    }

    func nobodyIsHeldTwice() async throws {
        let place = place
        let ledger = try await place.gateway()
        let (bob, carol) = (try #require(bob), try #require(carol))
        let print = try ledger.fingerprint(MessageBytes("x"))
        #expect(try await hold(ledger, "AAAAA-AAAAA", [bob], print))
        try await ledger.forget(sender: nil, recipients: [bob], fingerprint: print)
        #expect(try await hold(ledger, "BBBBB-BBBBB", [bob], print) == false)
        #expect(try await ledger.remembered(sender: nil, fingerprint: print).held == ["bob@keyed.example"])
        // Who is new gets an entry of his own.
        #expect(try await hold(ledger, "CCCCC-CCCCC", [bob, carol], print))
        #expect(try await ledger.quarantined().map { $0.recipients.count } == [1, 1])
        // Another message is another one.
        #expect(try await hold(ledger, "DDDDD-DDDDD", [bob], ledger.fingerprint(MessageBytes("y"))))
        // Once it has left, the same can be held again.
        try await ledger.settleQuarantine(
            "AAAAA-AAAAA", [bob.description], as: .released, who: "o", said: "", nowSeconds: 2000)
        #expect(try await hold(ledger, "EEEEE-EEEEE", [bob], print))
    }

    func theContentGoesWithTheLastRecipient() async throws {
        let place = place
        let ledger = try await place.gateway()
        let (bob, carol) = (try #require(bob), try #require(carol))
        let mark = "a mark that is looked for in the files"
        #expect(
            try await hold(
                ledger, "AAAAA-AAAAA", [bob, carol], ledger.fingerprint(MessageBytes("x")), content: MessageBytes(mark))
        )
        try await ledger.settleQuarantine(
            "AAAAA-AAAAA", [bob.description], as: .released, who: "o", said: "seal pgp", nowSeconds: 2000)
        #expect(try await ledger.quarantinedContent("AAAAA-AAAAA") != nil)
        #expect(try await ledger.quarantined().first?.held.map(\.address) == ["carol@open.example"])
        try await ledger.settleQuarantine(
            "AAAAA-AAAAA", [carol.description], as: .dropped, who: "o", said: "no", nowSeconds: 2001)
        #expect(try await ledger.quarantinedContent("AAAAA-AAAAA") == nil)
        #expect(try await ledger.quarantined().isEmpty)
        #expect(try await ledger.quarantined(settled: true).first?.recipients.map(\.state) == [.released, .dropped])
        #expect(try await ledger.quarantineRecords("AAAAA-AAAAA").map(\.said) == ["", "seal pgp", "no"])
        #expect(place.gatewayBytes()?.range(of: Data(mark.utf8)) == nil)
    }

    func whatWaitsTooLongExpires() async throws {
        let place = place
        let ledger = try await place.gateway()
        let bob = try #require(bob)
        #expect(try await hold(ledger, "AAAAA-AAAAA", [bob], ledger.fingerprint(MessageBytes("x")), expires: 3000))
        #expect(try await hold(ledger, "BBBBB-BBBBB", [bob], ledger.fingerprint(MessageBytes("y")), expires: 9000))
        #expect(try await ledger.expireQuarantine(notices: [.expiredOfficer], nowSeconds: 2999).isEmpty)
        #expect(
            try await ledger.expireQuarantine(notices: [.expiredOfficer], nowSeconds: 3000).map(\.id) == ["AAAAA-AAAAA"]
        )
        #expect(try await ledger.expireQuarantine(notices: [.expiredOfficer], nowSeconds: 3000).isEmpty)
        #expect(try await ledger.quarantined().map(\.id) == ["BBBBB-BBBBB"])
        #expect(try await ledger.quarantinedContent("AAAAA-AAAAA") == nil)
        // The record goes a year later.
        _ = try await ledger.expireQuarantine(notices: [], nowSeconds: 3000 + 365 * 86_400)
        #expect(try await ledger.quarantined(settled: true).map(\.id) == ["BBBBB-BBBBB"])
    }

    func noticesAreHandedOutOneByOneUnderALease() async throws {
        let place = place
        let ledger = try await place.gateway()
        let bob = try #require(bob)
        #expect(try await hold(ledger, "AAAAA-AAAAA", [bob], ledger.fingerprint(MessageBytes("x"))))
        func next(at now: Int64) async throws -> OutboxEntry<QuarantineNotice>? {
            try await ledger.claim(QuarantineNotice.heldOfficer, leaseSeconds: 600, nowSeconds: now)
        }
        #expect(try await next(at: 1000) == nil)
        let first = try #require(try await next(at: 1001))
        #expect(first.notice.about == "AAAAA-AAAAA" && first.notice.kind == .heldOfficer && first.tries == 0)
        #expect(try await next(at: 1500) == nil, "somebody is about it")
        let second = try #require(try await next(at: 1700))
        #expect(second.tries == 1)
        try await ledger.retryLater(second, atSeconds: 1800)
        #expect(try await next(at: 1799) == nil)
        let third = try #require(try await next(at: 1800))
        try await ledger.conclude(third)
        #expect(try await next(at: 99_999) == nil)
        // Who waits too long makes the notice of that, in the commit that destroys it.
        _ = try await ledger.expireQuarantine(notices: [.expiredOfficer], nowSeconds: 5000)
        #expect(try await ledger.waiting([QuarantineNotice.expiredOfficer]) == 1)
    }
}
