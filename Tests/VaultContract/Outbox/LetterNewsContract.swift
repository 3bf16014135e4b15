// What is demanded of the news of letters.

import Cryptography
import Links
import Foundation
import Mail
import Testing
import Vault

/// What senders are told: once, whatever is looked at how often, and nothing that is not wanted.
package struct LetterNewsContract: Sendable {
    /// All that is demanded.
    package static let behaviours = [
        Behaviour("LetterNews: openingIsToldOnce", Self.init) { try await $0.openingIsToldOnce() },
        Behaviour("LetterNews: theTimeOfTheFileIsNotBelieved", Self.init) {
            try await $0.theTimeOfTheFileIsNotBelieved()
        },
        Behaviour("LetterNews: restsAreToldOnceADay", Self.init) { try await $0.restsAreToldOnceADay() },
        Behaviour("LetterNews: endingLettersAreWarnedOfAndEndedOnce", Self.init) {
            try await $0.endingLettersAreWarnedOfAndEndedOnce()
        },
        Behaviour("LetterNews: whatIsNotWantedNeverComes", Self.init) { try await $0.whatIsNotWantedNeverComes() },
        Behaviour("LetterNews: aRevokedLetterIsNotWarnedOf", Self.init) { try await $0.aRevokedLetterIsNotWarnedOf() },
    ]

    private static let day: Int64 = 86_400
    private static let all = NoticeWishes(kinds: Set(LetterNotice.allCases)) { _ in true }
    let place: any VaultPlace

    init(_ place: any VaultPlace) { self.place = place }

    private func ledger(_ letters: [(String, created: Int64, expires: Int64)] = [("one", 1000, 10 * day)]) async throws
        -> (any VaultPlace, any GatewayVault)
    {
        let place = try await place.another()
        let ledger = try await place.gateway()
        try await ledger.issued(
            letters.map { id, created, expires in
                LetterOwner(
                    letterID: id, sender: "alice@example.org", recipient: "bob@elsewhere.example",
                    createdAtSeconds: created,
                    expiresAtSeconds: expires,
                    control: .init(controlID: [UInt8](repeating: 5, count: 16), messageID: "<1@x>", isFixed: false))
            }, conversations: [])
        return (place, ledger)
    }

    private func event(opened: Int64? = nil, wrong: Int64 = 0, inRow: Int64 = 0, rest: Int64 = 0)
        -> LockedLetter.Attempts
    {
        LockedLetter.Attempts(
            id: "one", openedAtSeconds: opened, wrongTotal: wrong, wrongInRow: inRow, restSeconds: rest)
    }

    /// Claims all that is due, and concludes it.
    private func sent(_ ledger: any GatewayVault, at now: Int64) async throws -> [Notice<LetterNotice>] {
        var notices: [Notice<LetterNotice>] = []
        for kind in LetterNotice.allCases {
            while let entry = try await ledger.claim(kind, leaseSeconds: 600, nowSeconds: now) {
                notices.append(entry.notice)
                try await ledger.conclude(entry)
            }
        }
        return notices
    }

    func openingIsToldOnce() async throws {
        let (place, ledger) = try await ledger()
        for _ in 0..<3 { try await ledger.take([event(opened: 2000)], Self.all, nowSeconds: 2005) }
        let notices = try await sent(ledger, at: 2005)
        #expect(notices.map(\.kind) == [.opened] && notices.first?.atSeconds == 2000)
        let letter = try await ledger.owner(of: notices.first?.about ?? "")
        #expect(letter?.sender == "alice@example.org" && letter?.messageID == "<1@x>")
        try await ledger.take([event(opened: 3000)], Self.all, nowSeconds: 4000)
        let again = try await place.gateway()  // a restart
        try await again.take([event(opened: 2000)], Self.all, nowSeconds: 4000)
        #expect(try await sent(again, at: 9000).isEmpty)
    }

    func theTimeOfTheFileIsNotBelieved() async throws {
        let (_, ledger) = try await ledger()
        try await ledger.take([event(opened: .max)], Self.all, nowSeconds: 2005)
        #expect(try await sent(ledger, at: 2005).first?.atSeconds == 2005)
        let (_, other) = try await self.ledger()
        try await other.take([event(opened: .min)], Self.all, nowSeconds: 2005)
        #expect(try await sent(other, at: 2005).first?.atSeconds == 1000)
        try await other.take(
            [event(wrong: .min, rest: 1), event(wrong: .max, rest: .max), event(wrong: .max, rest: .min)], Self.all,
            nowSeconds: 2005)
        try await other.take(
            [.init(id: "nobody's", openedAtSeconds: 5, wrongTotal: 9, wrongInRow: 0, restSeconds: 60)], Self.all,
            nowSeconds: 2005)
        #expect(try await sent(other, at: 2005).map(\.kind) == [.resting])
    }

    func restsAreToldOnceADay() async throws {
        let (_, ledger) = try await ledger()
        let noon = 5 * Self.day + 43_200
        try await ledger.take([event(wrong: 4, inRow: 4)], Self.all, nowSeconds: noon)
        #expect(try await sent(ledger, at: noon).isEmpty, "four tries are no rest")
        try await ledger.take([event(wrong: 5, rest: 60)], Self.all, nowSeconds: noon)
        #expect(try await sent(ledger, at: noon).map(\.kind) == [.resting])
        for more in [event(wrong: 6, inRow: 1, rest: 60), event(wrong: 10, rest: 120), event(wrong: 15, rest: 240)] {
            try await ledger.take([more], Self.all, nowSeconds: noon + 600)
        }
        #expect(try await sent(ledger, at: noon + 600).isEmpty)
        // The next day nothing new, then a new rest, then one that was over before anybody looked.
        try await ledger.take([event(wrong: 15, rest: 240)], Self.all, nowSeconds: noon + Self.day)
        #expect(try await sent(ledger, at: noon + Self.day).isEmpty)
        try await ledger.take([event(wrong: 20, rest: 480)], Self.all, nowSeconds: noon + Self.day)
        #expect(try await sent(ledger, at: noon + Self.day).count == 1)
        try await ledger.take([event(wrong: 27, inRow: 2, rest: 960)], Self.all, nowSeconds: noon + 2 * Self.day)
        #expect(try await sent(ledger, at: noon + 2 * Self.day).count == 1)
    }

    func endingLettersAreWarnedOfAndEndedOnce() async throws {
        let (_, ledger) = try await ledger([
            ("long", 0, 10 * Self.day), ("short", 6 * Self.day, 10 * Self.day), ("opened", 0, 10 * Self.day),
        ])
        try await ledger.take(
            [.init(id: "opened", openedAtSeconds: 5, wrongTotal: 0, wrongInRow: 0, restSeconds: 0)], Self.all,
            nowSeconds: 9)
        _ = try await sent(ledger, at: 9)
        var (ended, soon) = try await ledger.ending(nowSeconds: 7 * Self.day - 1)
        #expect(ended.isEmpty && soon.isEmpty)
        (ended, soon) = try await ledger.ending(nowSeconds: 7 * Self.day)
        #expect(ended.isEmpty && soon.map(\.letterID) == ["long"], "a letter of four days is not warned of")
        for _ in 0..<2 { try await ledger.enqueue(soon.map(Self.all.warning(about:)), nowSeconds: 7 * Self.day) }
        #expect(try await sent(ledger, at: 7 * Self.day).map(\.kind) == [.expiring])
        #expect(try await ledger.ending(nowSeconds: 8 * Self.day).soon.isEmpty)
        // Extended: warned of again, before the new end.
        try await ledger.extended("long", toSeconds: 20 * Self.day)
        #expect(try await ledger.ending(nowSeconds: 9 * Self.day).soon.isEmpty)
        soon = try await ledger.ending(nowSeconds: 17 * Self.day).soon
        try await ledger.enqueue(soon.map(Self.all.warning(about:)), nowSeconds: 17 * Self.day)
        #expect(try await sent(ledger, at: 17 * Self.day).map(\.mark) == [20 * Self.day])
        (ended, _) = try await ledger.ending(nowSeconds: 20 * Self.day)
        #expect(ended.map(\.letterID).sorted() == ["long", "short"])
        for _ in 0..<2 { try await ledger.take(expired: ended, Self.all, nowSeconds: 20 * Self.day) }
        #expect(try await sent(ledger, at: 20 * Self.day).map(\.kind) == [.expired, .expired])
        #expect(try await ledger.ending(nowSeconds: 21 * Self.day).ended.isEmpty)
    }

    func whatIsNotWantedNeverComes() async throws {
        let (_, ledger) = try await ledger()
        let none = NoticeWishes(kinds: []) { _ in true }
        let unread = NoticeWishes(kinds: [.opened]) { $0 != "alice@example.org" }
        try await ledger.take([event(opened: 2000)], none, nowSeconds: 2005)
        try await ledger.take([event(opened: 2000)], Self.all, nowSeconds: 2005)
        #expect(try await sent(ledger, at: 9000).isEmpty, "not later either, when somebody changes his mind")
        let (_, other) = try await self.ledger()
        try await other.take([event(opened: 2000)], unread, nowSeconds: 2005)
        #expect(try await sent(other, at: 9000).isEmpty)
    }

    func aRevokedLetterIsNotWarnedOf() async throws {
        let (_, ledger) = try await ledger([("one", 0, 10 * Self.day)])
        try await ledger.ended("one", .revoked)
        let (ended, soon) = try await ledger.ending(nowSeconds: 11 * Self.day)
        #expect(ended.isEmpty && soon.isEmpty)
        #expect(try await ledger.owner(of: "one")?.ended == .revoked)
        // Remembered for thirty days after its end.
        _ = try await ledger.prune(nowSeconds: 10 * Self.day + LockedLetter.graceSeconds - 1)
        #expect(try await ledger.owner(of: "one") != nil)
        _ = try await ledger.prune(nowSeconds: 10 * Self.day + LockedLetter.graceSeconds)
        #expect(try await ledger.owner(of: "one") == nil)
    }
}
