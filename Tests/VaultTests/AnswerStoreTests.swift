// The outbox of answers from both sides: limits, proofs, what the portal may not do, and what goes when.

import Cryptography
import Foundation
import GRDB
import Links
import Mail
import SettingValues
import Testing
import Vault
import VaultContract

@testable import VaultSQLite  // to try what no method of the portal's does

@Suite struct AnswerStoreTests {
    let place: Place
    let store: LetterDatabase
    let portal: PortalLetterDatabase
    let sample: Sample
    let id: AnswerID

    init() async throws {
        place = try Place()
        store = try LetterDatabase(folder: place.letters)
        portal = try PortalLetterDatabase(folder: place.letters)
        sample = try Sample(answers: AnswerLimits(count: 2, bytes: 1000, files: 2))
        try await sample.release(in: store)
        id = AnswerID(letter: sample.id, answer: "AAECAwQFBgcICQoLDA0ODw")
    }

    private func another(_ letter: Character) -> AnswerID {
        AnswerID(letter: sample.id, answer: String(repeating: letter, count: 22))
    }

    @discardableResult
    private func upload(
        _ bytes: [UInt8], item: Int = 0, of answer: AnswerID? = nil, at now: Int64 = 2000
    ) async throws -> AnswerUpload? {
        guard
            case .done(let upload) = try await portal.beginItem(
                answer ?? id, proof: sample.proof, item: item, bytes: nil, nowSeconds: now)
        else { return nil }
        guard case .done = try await portal.append(bytes, at: 0, to: upload, nowSeconds: now),
            case .done = try await portal.finishItem(upload, nowSeconds: now)
        else { return nil }
        return upload
    }

    private func send(_ items: Int, of answer: AnswerID? = nil) async throws -> AnswerReply<AnswerState> {
        try await portal.sendAnswer(answer ?? id, proof: sample.proof, items: items, nowSeconds: 2000)
    }

    @Test func anAnswerGoesItsWay() async throws {
        #expect(try await left() == 2)
        let piece = [UInt8](repeating: 1, count: 300)
        #expect(try await upload(piece, item: 0) != nil)
        #expect(try await upload([2, 3], item: 1) != nil)
        // Again: the second one counts.
        #expect(try await upload([4, 5, 6], item: 1) != nil)
        #expect(try await send(3) == .conflict)
        #expect(try await store.waitingAnswers(nowSeconds: 5000, atMost: 9).isEmpty)
        #expect(try await send(2) == .done(.waiting))
        #expect(try await send(2) == .done(.waiting))
        #expect(try await upload([9], item: 1) == nil)
        #expect(try await store.waitingAnswers(nowSeconds: 1999, atMost: 9).isEmpty)
        let waiting = try await store.waitingAnswers(nowSeconds: 5000, atMost: 9)
        #expect(waiting == [WaitingAnswer(id: id, items: [300, 3])])
        #expect(try await store.item(0, of: id, bytes: 300, spool: .memoryOnly)?.copy() == piece)
        #expect(try await store.item(1, of: id, bytes: 3, spool: .memoryOnly)?.copy() == [4, 5, 6])
        #expect(try await store.item(1, of: id, bytes: 4, spool: .memoryOnly) == nil)
        #expect(try await left() == 1)
        try await store.putOff(id, untilSeconds: 6000)
        #expect(try await store.waitingAnswers(nowSeconds: 5000, atMost: 9).isEmpty)
        try await store.settle(id, as: .sent, isCounted: true, nowSeconds: 6000)
        #expect(try await state() == .done(.sent))
        #expect(try await send(2) == .done(.sent))
        #expect(try rows("answer_items") == 0 && rows("answer_pieces") == 0)
        #expect(try await left() == 1)
        // With the letter the row goes.
        _ = try await store.revoke(sample.id)
        #expect(try rows("answers") == 0)
    }

    @Test func aCompleteOneOutlivesItsLetter() async throws {
        try await upload([1])
        try await upload([1], of: another("B"))
        _ = try await send(1)
        _ = try await store.expire(nowSeconds: .max)
        #expect(try await store.waitingAnswers(nowSeconds: 5000, atMost: 9).map(\.id) == [id])
        #expect(try rows("answers") == 1)
        #expect(try await state() == .gone)
        try await store.settle(id, as: .sent, isCounted: true, nowSeconds: 6000)
        #expect(try rows("answers") == 0)
    }

    @Test func twoUploadsOfALetterAtOnce() async throws {
        try await upload([1], of: id, at: 2000)
        try await upload([1], of: another("B"), at: 2030)
        #expect(
            try await portal.beginItem(another("C"), proof: sample.proof, item: 0, bytes: nil, nowSeconds: 2059)
                == .tooMany)
        // The one that nothing was heard of makes room.
        #expect(try await upload([1], of: another("C"), at: 2060) != nil)
        #expect(try await state() == .gone)
        #expect(try rows("answers") == 2)
    }

    @Test func abandonedUploadsGo() async throws {
        try await upload([1, 2, 3], at: 2000)
        #expect(try await store.clearAnswers(nowSeconds: 2000 + 3599) == 0)
        #expect(try await store.clearAnswers(nowSeconds: 2000 + 3600) == 1)
        #expect(try rows("answer_pieces") == 0)
        try await upload([1, 2, 3], at: 2000)
        _ = try await send(1)
        #expect(try await store.clearAnswers(nowSeconds: 1_000_000) == 0)
        // A clock from the future keeps nothing.
        try await upload([1], of: another("B"), at: 900_000)
        #expect(try await store.clearAnswers(nowSeconds: 1000) == 1)
    }

    @Test(arguments: [
        "UPDATE answers SET state = 'sent'", "UPDATE answers SET state = 'uploading'", "UPDATE answers SET counted = 0",
        "UPDATE answers SET due_at = 0", "DELETE FROM answers", "DELETE FROM answer_items", "DELETE FROM answer_pieces",
        "UPDATE answer_items SET bytes = 1", "UPDATE answer_pieces SET bytes = x'00'", "DELETE FROM answer_limits",
        "UPDATE answer_limits SET count = 1000",
        "INSERT INTO answer_limits SELECT 'x', 1, 1, 1", "UPDATE answers SET reason = 'x', state = 'refused'",
        "REPLACE INTO answers (letter_id, id, state, changed_at) SELECT letter_id, id, 'uploading', 1 FROM answers",
        "INSERT INTO answers (letter_id, id, state, changed_at) "
            + "SELECT letter_id, 'BBBBBBBBBBBBBBBBBBBBBB', 'sent', 1 FROM answers",
        "INSERT INTO answer_items (letter_id, answer_id, number, upload) "
            + "SELECT letter_id, answer_id, 1, 1 FROM answer_items",
    ])
    func thePortalIsFenced(sql: String) async throws {
        try await upload([1])
        _ = try await send(1)
        let failure = await refusal {
            try await portal.database.write("trying") { try $0.execute(sql: sql) }
        }
        #expect(failure?.detail.contains("the portal may not do this") == true, "\(failure?.detail ?? "it may")")
        #expect(try await store.waitingAnswers(nowSeconds: 5000, atMost: 9) == [WaitingAnswer(id: id, items: [1])])
    }

    @Test func theGatewaysMethodsAreNotThePortals() {
        #expect(!((portal as any Sendable) is any AnswerInbox))
    }

    /// Rows that no portal of ours writes: no trap, no endless reading.
    @Test(arguments: [
        "UPDATE answer_items SET bytes = 9223372036854775807", "UPDATE answers SET items = 1000000",
        "UPDATE answers SET items = 2", "DELETE FROM answer_items", "UPDATE answer_items SET number = 5",
        "UPDATE answer_pieces SET bytes = zeroblob(0)", "UPDATE answer_pieces SET start = 7",
        "UPDATE answer_pieces SET bytes = zeroblob(5000000)",
    ])
    func hostileRows(sql: String) async throws {
        try await upload([1])
        _ = try await send(1)
        let other = try stranger(place.lettersFile)
        try await other.write { try $0.execute(sql: "PRAGMA foreign_keys = OFF") }
        try await other.writeWithoutTransaction { try $0.execute(sql: "PRAGMA foreign_keys = OFF; \(sql)") }
        for waiting in try await store.waitingAnswers(nowSeconds: 5000, atMost: 9) {
            guard let bytes = waiting.items.first else { continue }
            if sql.contains("zeroblob(5") || sql.contains("zeroblob(0") || sql.contains("start") {
                #expect(try await store.item(0, of: waiting.id, bytes: min(bytes, 10), spool: .memoryOnly) == nil)
            }
        }
        try await store.settle(id, as: .refused(reason: "damaged", said: nil), isCounted: false, nowSeconds: 1)
        #expect(try await store.waitingAnswers(nowSeconds: 5000, atMost: 9).isEmpty)
    }

    private func left() async throws -> Int? {
        guard case .opened(let letter) = try await portal.attempt(sample.id, proof: sample.proof, nowSeconds: 2000)
        else {
            return nil
        }
        return letter.answers?.count
    }

    private func state() async throws -> AnswerReply<AnswerState> {
        try await portal.answerState(id, proof: sample.proof, nowSeconds: 2000)
    }

    private func rows(_ table: String) throws -> Int {
        try stranger(place.lettersFile).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? -1 }
    }
}
