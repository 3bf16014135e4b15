// What is demanded of the outbox of Letterlock's own mails.

import Links
import Mail
import Testing
import Vault

/// Notices: each is made once and had by one sender at a time, kind by kind, until it is concluded.
package struct OutboxContract: Sendable {
    /// All that is demanded.
    package static let behaviours = [
        Behaviour("Outbox: aNoticeIsLeasedPutOffAndTriedAgain", Self.init) {
            try await $0.aNoticeIsLeasedPutOffAndTriedAgain()
        },
        Behaviour("Outbox: eachNoticeHasOneSender", Self.init) { try await $0.eachNoticeHasOneSender() },
        Behaviour("Outbox: noKindWaitsForAnother", Self.init) { try await $0.noKindWaitsForAnother() },
        Behaviour("Outbox: nothingIsMadeTwice", Self.init) { try await $0.nothingIsMadeTwice() },
        Behaviour("Outbox: whoseLeaseIsOverPutsNothingOff", Self.init) {
            try await $0.whoseLeaseIsOverPutsNothingOff()
        },
        Behaviour("Outbox: aNoticeGoesWithItsSubject", Self.init) { try await $0.aNoticeGoesWithItsSubject() },
    ]

    private static let lease: Int64 = 600
    let place: any VaultPlace
    let ledger: any GatewayVault

    /// One letter and one held message to tell of.
    init(_ place: any VaultPlace) async throws {
        self.place = place
        ledger = try await place.gateway()
        try await ledger.issued(
            [
                LetterOwner(
                    letterID: "letter", sender: "alice@example.org", recipient: "bob@elsewhere.example",
                    createdAtSeconds: 1000, expiresAtSeconds: 9000,
                    control: .init(controlID: [UInt8](repeating: 5, count: 16), messageID: nil, isFixed: false))
            ], conversations: [])
        let bob = try #require(Mailbox("bob@keyed.example"))
        let entry = QuarantineEntry(
            id: "AAAAA-AAAAA", sender: "", recipients: [.init(address: bob.description, rules: ["a"], reason: "b")],
            circumstances: "{}", sealedTo: "F0", bytes: 7, receivedAtSeconds: 1000, heldAtSeconds: 1000,
            expiresAtSeconds: 9000)
        _ = try await ledger.hold(
            entry, sender: nil, recipients: [bob], fingerprint: try ledger.fingerprint(MessageBytes("x")),
            content: MessageBytes("sealed"), notices: [])
    }

    private func claim<Kind: NoticeKind>(
        _ kind: Kind, at now: Int64, in outbox: (any Outbox)? = nil
    ) async throws -> OutboxEntry<Kind>? {
        try await (outbox ?? ledger).claim(kind, leaseSeconds: Self.lease, nowSeconds: now)
    }

    private func rest(_ mark: Int64 = 0, isWanted: Bool = true) -> Notice<LetterNotice> {
        Notice(.resting, about: "letter", mark: mark, atSeconds: 1500, isWanted: isWanted)
    }

    func aNoticeIsLeasedPutOffAndTriedAgain() async throws {
        try await ledger.enqueue([rest(7)], nowSeconds: 2000)
        #expect(try await claim(LetterNotice.resting, at: 1999) == nil)
        let first = try #require(try await claim(LetterNotice.resting, at: 2000))
        #expect(first.notice == rest(7) && first.madeAtSeconds == 2000 && first.tries == 0)
        #expect(try await claim(LetterNotice.resting, at: 2000 + Self.lease - 1) == nil, "somebody has it")
        #expect(try await ledger.waiting(LetterNotice.allCases) == 1)
        let second = try #require(try await claim(LetterNotice.resting, at: 2000 + Self.lease), "its lease is over")
        #expect(second.number == first.number && second.tries == 1)
        try await ledger.retryLater(second, atSeconds: 5000)
        let again = try await place.gateway()  // a restart
        #expect(try await claim(LetterNotice.resting, at: 4999, in: again) == nil)
        let third = try #require(try await claim(LetterNotice.resting, at: 5000, in: again))
        #expect(third.tries == 2 && third.madeAtSeconds == 2000)
        // Whoever has sent it may say so late: it is not sent once more.
        try await ledger.conclude(second)
        #expect(try await claim(LetterNotice.resting, at: 90_000) == nil)
        #expect(try await ledger.waiting(LetterNotice.allCases) == 0)
    }

    func eachNoticeHasOneSender() async throws {
        let count = 24
        try await ledger.enqueue((0..<Int64(count)).map { rest($0) }, nowSeconds: 2000)
        let outboxes: [any Outbox] = [ledger, try await place.gateway()]
        let claimed = try await withThrowingTaskGroup(of: [OutboxEntry<LetterNotice>].self) { group in
            for sender in 0..<6 {
                group.addTask {
                    var own: [OutboxEntry<LetterNotice>] = []
                    while let entry = try await claim(LetterNotice.resting, at: 2000, in: outboxes[sender % 2]) {
                        own.append(entry)
                    }
                    return own
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(claimed.count == count && Set(claimed.map(\.number)).count == count)
        #expect(Set(claimed.map(\.notice.mark)).count == count && claimed.allSatisfy { $0.tries == 0 })
    }

    func noKindWaitsForAnother() async throws {
        try await ledger.enqueue(
            [Notice(QuarantineNotice.heldSender, about: "AAAAA-AAAAA", atSeconds: 1)], nowSeconds: 1)
        try await ledger.enqueue([rest(1), rest(2)], nowSeconds: 2000)
        try await ledger.enqueue([Notice(LetterNotice.opened, about: "letter", atSeconds: 3000)], nowSeconds: 3000)
        // Older ones of other kinds stay where they are, and the oldest of a kind comes first.
        #expect(try await claim(LetterNotice.opened, at: 3000)?.notice.kind == .opened)
        #expect(try await claim(LetterNotice.resting, at: 3000)?.notice.mark == 1)
        #expect(try await claim(LetterNotice.resting, at: 3000)?.notice.mark == 2)
        #expect(try await claim(QuarantineNotice.heldOfficer, at: 3000) == nil)
        #expect(try await claim(QuarantineNotice.heldSender, at: 3000)?.notice.about == "AAAAA-AAAAA")
        #expect(try await ledger.waiting(LetterNotice.allCases) == 3)
        #expect(try await ledger.waiting(QuarantineNotice.allCases) == 1)
        #expect(try await ledger.waiting([LetterNotice.expired]) == 0)
    }

    func nothingIsMadeTwice() async throws {
        try await ledger.enqueue([rest(1), rest(1)], nowSeconds: 2000)
        try await ledger.enqueue([rest(1)], nowSeconds: 2001)
        let only = try #require(try await claim(LetterNotice.resting, at: 2001))
        #expect(try await ledger.waiting(LetterNotice.allCases) == 1)
        try await ledger.conclude(only)
        try await ledger.enqueue([rest(1)], nowSeconds: 9000)
        #expect(try await claim(LetterNotice.resting, at: 90_000) == nil, "it has been sent")
        // What nobody wants does not come when somebody wants it.
        try await ledger.enqueue([rest(2, isWanted: false)], nowSeconds: 2000)
        try await ledger.enqueue([rest(2)], nowSeconds: 2000)
        #expect(try await claim(LetterNotice.resting, at: 90_000) == nil)
        #expect(try await ledger.waiting(LetterNotice.allCases) == 0)
    }

    func whoseLeaseIsOverPutsNothingOff() async throws {
        try await ledger.enqueue([rest()], nowSeconds: 2000)
        let slow = try #require(try await claim(LetterNotice.resting, at: 2000))
        let quick = try #require(try await claim(LetterNotice.resting, at: 3000))
        try await ledger.retryLater(slow, atSeconds: 3001)
        #expect(try await claim(LetterNotice.resting, at: 3500) == nil, "it is somebody else's now")
        try await ledger.conclude(quick)
        try await ledger.retryLater(quick, atSeconds: 3001)
        #expect(try await claim(LetterNotice.resting, at: 90_000) == nil, "concluded is concluded")
    }

    func aNoticeGoesWithItsSubject() async throws {
        try await ledger.enqueue([Notice(LetterNotice.opened, about: "nobody's", atSeconds: 1)], nowSeconds: 2000)
        #expect(try await ledger.waiting(LetterNotice.allCases) == 0)
        try await ledger.enqueue([rest()], nowSeconds: 2000)
        try await ledger.enqueue(
            [Notice(QuarantineNotice.expiredOfficer, about: "AAAAA-AAAAA", atSeconds: 1)], nowSeconds: 2000)
        #expect(try await ledger.waiting(LetterNotice.allCases) == 1)
        _ = try await ledger.prune(nowSeconds: 9000 + LockedLetter.graceSeconds)
        #expect(try await ledger.waiting(LetterNotice.allCases) == 0)
        #expect(try await ledger.waiting(QuarantineNotice.allCases) == 1)
        for _ in 0..<2 { _ = try await ledger.expireQuarantine(notices: [], nowSeconds: 9000 + 366 * 86_400) }
        #expect(try await ledger.quarantined(settled: true).isEmpty)
        #expect(try await ledger.waiting(QuarantineNotice.allCases) == 0)
    }
}
