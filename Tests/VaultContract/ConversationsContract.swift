// What is demanded of conversations and of answers taken.

import Cryptography
import Links
import Foundation
import Mail
import Testing
import Vault

/// Conversations, the keys answers are sealed to, and answers taken.
package struct ConversationsContract: Sendable {
    /// All that is demanded.
    package static let behaviours = [
        Behaviour("Conversations: oneCommitWithTheLetter", Self.init) { try await $0.oneCommitWithTheLetter() },
        Behaviour("Conversations: foundByAnyMessageOfIt", Self.init) { try await $0.foundByAnyMessageOfIt() },
        Behaviour("Conversations: keysAreNewEachMonthAndOldOnesAreKeptAsLongAsTheyAreNeeded", Self.init) {
            try await $0.keysAreNewEachMonthAndOldOnesAreKeptAsLongAsTheyAreNeeded()
        },
        Behaviour("Conversations: aKeyLivesAsLongAsALaterMessageThatCarriesIt", Self.init) {
            try await $0.aKeyLivesAsLongAsALaterMessageThatCarriesIt()
        },
        Behaviour("Conversations: whatTakesNoAnswersOpensNone", Self.init) {
            try await $0.whatTakesNoAnswersOpensNone()
        },
        Behaviour("Conversations: anAnswerIsTakenOnce", Self.init) { try await $0.anAnswerIsTakenOnce() },
        Behaviour("Conversations: expiryMoves", Self.init) { try await $0.expiryMoves() },
        Behaviour("Conversations: aLetterIsListedWhileItsConversationLives", Self.init) {
            try await $0.aLetterIsListedWhileItsConversationLives()
        },
    ]

    static let day: Int64 = 86_400
    let place: any VaultPlace
    let ledger: any GatewayVault

    init(_ place: any VaultPlace) async throws {
        self.place = place
        ledger = try await place.gateway()
    }

    private func conversation(
        _ id: String = "L1", key: [UInt8] = [], recipient: String = "Carol@Example.com", expires: Int64 = 100 * day,
        answers: Int = 5
    ) -> Conversation {
        Conversation(
            letterID: id, conversationKey: [4] + [UInt8](repeating: 1, count: 64), gatewayKey: key,
            sender: "alice@example.org", recipient: recipient, messageID: "<\(id)@example.org>",
            participants: ["alice@example.org", "dave@example.org"], answersAllowed: answers, expiresAtSeconds: expires)
    }

    private func issued(_ conversations: Conversation...) async throws {
        try await ledger.issued(
            conversations.map {
                LetterOwner(
                    letterID: $0.letterID, sender: $0.sender, recipient: $0.recipient, createdAtSeconds: 0,
                    expiresAtSeconds: $0.expiresAtSeconds,
                    control: .init(
                        controlID: [UInt8](repeating: 5, count: 16), messageID: $0.messageID, isFixed: false))
            }, conversations: conversations)
    }

    func oneCommitWithTheLetter() async throws {
        let one = conversation()
        try await issued(one)
        #expect(try await ledger.conversation("L1") == one)
        #expect(try await ledger.owners().map(\.letterID) == ["L1"])
        #expect(try await ledger.conversation("L2") == nil)
        try await ledger.withdrawn(["L1"])
        #expect(try await ledger.conversation("L1") == nil)
        #expect(try await ledger.owners().isEmpty)
    }

    func foundByAnyMessageOfIt() async throws {
        try await issued(
            conversation("L1"), conversation("L2", expires: 200 * Self.day), conversation("L3", recipient: "x@y.z"))
        try await ledger.follow(
            "L1", messageID: "<ours@gate>", gatewayKey: [UInt8](repeating: 4, count: 65), untilSeconds: 0)
        try await ledger.follow(
            "L1", messageID: "<ours@gate>", gatewayKey: [UInt8](repeating: 4, count: 65), untilSeconds: 0)
        try await ledger.follow(
            "nobody", messageID: "<ours@gate>", gatewayKey: [UInt8](repeating: 4, count: 65), untilSeconds: 0)
        func found(_ recipient: String, _ ids: String...) async throws -> [String] {
            try await ledger.conversations(recipient: recipient, messageIDs: ids).map(\.letterID)
        }
        #expect(try await found("carol@example.com", "<ours@gate>") == ["L1"])
        #expect(try await found("carol@example.com", "<L1@example.org>", "<x>", "<L2@example.org>") == ["L2", "L1"])
        #expect(try await found("carol@example.com", "<L3@example.org>") == [])
        #expect(try await found("x@y.z", "<L3@example.org>") == ["L3"])
        #expect(try await found("x@y.z") == [])
    }

    func keysAreNewEachMonthAndOldOnesAreKeptAsLongAsTheyAreNeeded() async throws {
        let first = try await ledger.answerKey(nowSeconds: 0)
        #expect(first.count == 65)
        #expect(try await ledger.answerKey(nowSeconds: 29 * Self.day) == first)
        try await issued(conversation("L1", key: first, expires: 50 * Self.day))
        let second = try await ledger.answerKey(nowSeconds: 30 * Self.day)
        #expect(second != first)
        #expect(try await ledger.answerKey(nowSeconds: 31 * Self.day) == second)
        let id = AnswerID(letter: "L1", answer: "A1")
        let old = try #require(try await ledger.conversation("L1"))
        func prunes(at day: Int64) async throws -> Bool {
            _ = try await ledger.prune(nowSeconds: day * Self.day)
            return try await ledger.answerOpener(id, of: old) == nil
        }
        #expect(try await !prunes(at: 49))
        // The letter has expired, its answers may still wait for the next hop.
        #expect(try await !prunes(at: 57))
        #expect(try await prunes(at: 58))
        #expect(try await ledger.conversation("L1") == nil)
        #expect(try await ledger.answerKey(nowSeconds: 58 * Self.day) == second)
        // Really gone from the file, not only from the table.
        guard let all = place.gatewayBytes() else { return }
        #expect(all.range(of: Data(first)) == nil)
        #expect(all.range(of: Data(second)) != nil)
    }

    /// A later message has an index of its own, with the key of its own time.
    func aKeyLivesAsLongAsALaterMessageThatCarriesIt() async throws {
        let first = try await ledger.answerKey(nowSeconds: 0)
        try await issued(conversation("L1", key: first, expires: 300 * Self.day))
        let second = try await ledger.answerKey(nowSeconds: 40 * Self.day)
        let third = try await ledger.answerKey(nowSeconds: 80 * Self.day)
        #expect(Set([first, second, third]).count == 3)
        try await ledger.follow("L1", messageID: nil, gatewayKey: second, untilSeconds: 100 * Self.day)
        func keys(at day: Int64) async throws -> [Bool] {
            _ = try await ledger.prune(nowSeconds: day * Self.day)
            var found: [Bool] = []
            for key in [first, second, third] {
                found.append(try await ledger.gatewayKey(of: conversation("L1", key: key)) != nil)
            }
            return found
        }
        #expect(try await keys(at: 200) == [true, true, false], "nobody carries the third")
        try await ledger.extended("L1", toSeconds: 400 * Self.day)
        #expect(try await keys(at: 350) == [true, true, false])
        #expect(try await keys(at: 409) == [false, false, false])
    }

    func whatTakesNoAnswersOpensNone() async throws {
        let key = try await ledger.answerKey(nowSeconds: 0)
        let id = AnswerID(letter: "L1", answer: "A1")
        #expect(try await ledger.answerOpener(id, of: conversation(key: key)) != nil)
        #expect(try await ledger.answerOpener(id, of: conversation(key: key, answers: 0)) == nil)
        #expect(try await ledger.gatewayKey(of: conversation(key: key, answers: 0)) != nil)
    }

    func anAnswerIsTakenOnce() async throws {
        try await issued(conversation())
        let id = AnswerID(letter: "L1", answer: "A1")
        #expect(try await ledger.takenAnswer(id) == nil)
        let first = try #require(try await ledger.takeAnswer(id, nowSeconds: 100))
        #expect(first.tries == 0 && first.state == .waiting && first.takenAtSeconds == 100)
        let again = try #require(try await ledger.takeAnswer(id, nowSeconds: 500))
        #expect(again.tries == 1 && again.token == first.token && again.takenAtSeconds == 100)
        try await ledger.settleAnswer(
            id, as: .sent, isCounted: true, messageID: "<a@gate>", linkSecret: "EBESExQVFhcYGRobHB0eHw")
        // Whatever is said later.
        try await ledger.settleAnswer(
            id, as: .refused(reason: "rules", said: nil), isCounted: false, messageID: nil, linkSecret: nil)
        try await ledger.settleAnswer(id, as: .sent, isCounted: true, messageID: nil, linkSecret: "other")
        let taken = try #require(try await ledger.takenAnswer(id))
        #expect(taken.state == .sent && taken.isCounted)
        let known = try #require(try await ledger.conversation("L1"))
        #expect(known.answersSent == 1 && known.linkSecret == "EBESExQVFhcYGRobHB0eHw")
        #expect(
            try await ledger.conversations(recipient: "carol@example.com", messageIDs: ["<a@gate>"]).count == 1)
        #expect(try await ledger.answersTaken(from: "carol@example.com", sinceSeconds: 99) == 1)
        #expect(try await ledger.answersTaken(from: "carol@example.com", sinceSeconds: 100) == 0)
        // Without a conversation nothing is taken.
        #expect(try await ledger.takeAnswer(AnswerID(letter: "L9", answer: "A1"), nowSeconds: 1) == nil)
    }

    /// Later messages lengthen what can be opened: what can be opened can be listed and taken back.
    func aLetterIsListedWhileItsConversationLives() async throws {
        try await issued(conversation(expires: 10 * Self.day))
        let key = [4] + [UInt8](repeating: 2, count: 64)
        try await ledger.follow("L1", messageID: nil, gatewayKey: key, untilSeconds: 100 * Self.day)
        _ = try await ledger.prune(nowSeconds: 99 * Self.day)
        #expect(try await ledger.owners().map(\.letterID) == ["L1"])
        _ = try await ledger.prune(nowSeconds: 100 * Self.day)
        #expect(try await ledger.owners().isEmpty)
    }

    func expiryMoves() async throws {
        try await issued(conversation(expires: 10 * Self.day))
        try await ledger.extended("L1", toSeconds: 40 * Self.day)
        _ = try await ledger.prune(nowSeconds: 30 * Self.day)
        #expect(try await ledger.conversation("L1")?.expiresAtSeconds == 40 * Self.day)
        #expect(try await ledger.owners().map(\.expiresAtSeconds) == [40 * Self.day])
    }
}
