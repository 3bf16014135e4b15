// What the portal may do with answers: take uploads in piece by piece for a reader who proves that he opened it,
// hand them over, and say where they stand. Nothing of an item is looked at. Limits are the letter's own, as the
// gateway wrote them; what is over a limit is refused before it lies on the disk.

package import Mail
package import Vault

import Foundation
import GRDB
package import Links
import SettingValues

extension PortalLetterDatabase {
    /// Begins an item; one of the same number that is there already goes.
    /// - Parameter bytes: as the client announces them, or nil.
    package func beginItem(
        _ id: AnswerID, proof: LetterProof, item: Int, bytes: Int?, nowSeconds: Int64
    ) async throws(Refusal) -> AnswerReply<AnswerUpload> {
        try await proven("taking an answer in", id, proof, nowSeconds) { database in
            guard let limits = try Self.answersLeft(id.letter, database), limits.count > 0 else { return .tooMany }
            guard (0...limits.files).contains(item) else { return .tooLarge }
            if let no: AnswerReply<AnswerUpload> = try Self.refuseUpload(of: id, limits, nowSeconds, database) {
                return no
            }
            try Self.delete(item: item, of: id, database)
            let room = limits.bytes - (try Self.bytes(of: id, database))
            guard (bytes ?? 0) <= room else { return .tooLarge }
            guard try Self.outboxBytes(database) + Int64(bytes ?? 0) <= Int64(UploadLimits.mostOutboxBytes) else {
                return .full
            }
            let number = Int64.random(in: .min ... .max)
            try database.execute(
                sql: """
                    INSERT INTO answer_items (letter_id, answer_id, number, upload) VALUES (?, ?, ?, ?)
                    """, arguments: [id.letter, id.answer, item, number])
            return .done(AnswerUpload(id: id, item: item, number: number, bytes: room))
        }
    }

    /// Adds a piece to an item.
    /// - Parameters:
    ///   - piece: ``UploadLimits/pieceBytes``, the last one fewer: the gateway reads no others.
    ///   - start: where in the item it belongs.
    package func append(
        _ piece: [UInt8], at start: Int, to upload: AnswerUpload, nowSeconds: Int64
    ) async throws(Refusal) -> AnswerReply<Void> {
        guard piece.count <= UploadLimits.pieceBytes else { return .tooLarge }
        return try await database.write("taking an answer in") { database in
            guard let length = try Self.begunBytes(upload, database), length == start else { return .gone }
            guard let limits = try Self.answersLeft(upload.id.letter, database) else { return .gone }
            guard try Self.bytes(of: upload.id, database) + piece.count <= limits.bytes else { return .tooLarge }
            guard try Self.outboxBytes(database) + Int64(piece.count) <= Int64(UploadLimits.mostOutboxBytes) else {
                return .full
            }
            let place: [any DatabaseValueConvertible] = [upload.id.letter, upload.id.answer, upload.item]
            try database.execute(
                sql: "INSERT INTO answer_pieces (letter_id, answer_id, item, start, bytes) VALUES (?, ?, ?, ?, ?)",
                arguments: StatementArguments(place) + [start, Data(piece)])
            try database.execute(
                sql: "UPDATE answer_items SET bytes = ? WHERE letter_id = ? AND answer_id = ? AND number = ?",
                arguments: [start + piece.count] + StatementArguments(place))
            try Self.touch(upload.id, nowSeconds, database)
            return .done(())
        }
    }

    /// The item is there whole.
    package func finishItem(_ upload: AnswerUpload, nowSeconds: Int64) async throws(Refusal) -> AnswerReply<Void> {
        try await database.write("taking an answer in") { database in
            guard try Self.begunBytes(upload, database) != nil else { return .gone }
            try database.execute(
                sql: "UPDATE answer_items SET whole = 1 WHERE letter_id = ? AND answer_id = ? AND number = ?",
                arguments: [upload.id.letter, upload.id.answer, upload.item])
            try Self.touch(upload.id, nowSeconds, database)
            return .done(())
        }
    }

    /// The upload broke off: what came of the item goes.
    package func abandon(_ upload: AnswerUpload) async throws(Refusal) {
        try await database.write("dropping an upload") { database in
            guard try Self.begunBytes(upload, database) != nil else { return }
            try Self.delete(item: upload.item, of: upload.id, database)
        }
    }

    /// Hands an answer over to the gateway; asked again, it says where the answer stands.
    /// - Parameter items: how many there are, with the head. Others that were uploaded are dropped.
    package func sendAnswer(
        _ id: AnswerID, proof: LetterProof, items: Int, nowSeconds: Int64
    ) async throws(Refusal) -> AnswerReply<AnswerState> {
        try await proven("handing an answer over", id, proof, nowSeconds) { database in
            guard let state = try Self.state(of: id, database) else { return .gone }
            guard state == .uploading else { return .done(state) }
            guard let limits = try Self.answersLeft(id.letter, database), limits.count > 0 else { return .tooMany }
            guard (1...(limits.files + 1)).contains(items) else { return .tooLarge }
            let whole = try Int.fetchOne(
                database,
                sql: """
                    SELECT count(*) FROM answer_items WHERE letter_id = ? AND answer_id = ? AND number < ? AND whole = 1
                    """, arguments: [id.letter, id.answer, items])
            guard whole == items else { return .conflict }
            try database.execute(
                sql: "DELETE FROM answer_items WHERE letter_id = ? AND answer_id = ? AND number >= ?",
                arguments: [id.letter, id.answer, items])
            try database.execute(
                sql: """
                    UPDATE answers SET state = 'complete', items = ?, changed_at = ?, due_at = ?
                    WHERE letter_id = ? AND id = ?
                    """, arguments: [items, nowSeconds, nowSeconds, id.letter, id.answer])
            return .done(.waiting)
        }
    }

    /// Where an answer stands.
    package func answerState(
        _ id: AnswerID, proof: LetterProof, nowSeconds: Int64
    ) async throws(Refusal) -> AnswerReply<AnswerState> {
        let digests = try Self.digests(proof)
        let (isWrong, reply) = try await database.read("looking for an answer") {
            database -> (Bool, AnswerReply<AnswerState>) in
            switch try Self.judge(id.letter, digests, nowSeconds, database) {
            case .wrong: return (true, .gone)
            case .code: return (false, .code)
            case .gone, .resting: return (false, .gone)
            case .right: return (false, try Self.state(of: id, database).map { .done($0) } ?? .gone)
            }
        }
        if isWrong { _ = try await attempt(id.letter, proof: proof, nowSeconds: nowSeconds) }
        return reply
    }

    /// Deletes what was uploaded, unless it has been handed over.
    package func cancelAnswer(
        _ id: AnswerID, proof: LetterProof, nowSeconds: Int64
    ) async throws(Refusal) -> AnswerReply<Void> {
        try await proven("cancelling an answer", id, proof, nowSeconds) { database in
            try database.execute(
                sql: "DELETE FROM answers WHERE letter_id = ? AND id = ? AND state = 'uploading'",
                arguments: [id.letter, id.answer])
            return .done(())
        }
    }

    // MARK: - Steps

    /// The limits of a letter's answers, with the number that may still be sent; nil where none are taken.
    static func answersLeft(_ letterID: String, _ database: Database) throws -> AnswerLimits? {
        let sql = """
            SELECT count, bytes, files, (SELECT count(*) FROM answers
                WHERE answers.letter_id = answer_limits.letter_id AND state <> 'uploading' AND counted = 1) AS used
            FROM answer_limits WHERE letter_id = ?
            """
        guard let row = try Row.fetchOne(database, sql: sql, arguments: [letterID]) else { return nil }
        let (count, used) = (try row.count("count"), try row.count("used"))
        // Compared before it is used: sizes beyond this are nobody's setting.
        let bytes = min(try row.count("bytes"), UploadLimits.mostOutboxBytes)
        return AnswerLimits(count: max(0, count - used), bytes: bytes, files: min(try row.count("files"), 1000))
    }

    /// Judges the proof as for a chunk, and runs `body` where it is right.
    private func proven<Value: Sendable>(
        _ doing: String, _ id: AnswerID, _ proof: LetterProof, _ nowSeconds: Int64,
        _ body: @escaping @Sendable (Database) throws -> AnswerReply<Value>
    ) async throws(Refusal) -> AnswerReply<Value> {
        let digests = try Self.digests(proof)
        let (isWrong, refused) = try await database.read(doing) { database -> (Bool, AnswerReply<Value>?) in
            switch try Self.judge(id.letter, digests, nowSeconds, database) {
            case .wrong: (true, .gone)
            case .code: (false, .code)
            case .gone, .resting: (false, .gone)
            case .right: (false, nil)
            }
        }
        if isWrong { _ = try await attempt(id.letter, proof: proof, nowSeconds: nowSeconds) }
        if let refused { return refused }
        return try await database.write(doing) { database in
            // Judged again: it may have been revoked in between.
            guard case .right = try Self.judge(id.letter, digests, nowSeconds, database) else { return .gone }
            return try body(database)
        }
    }

    /// Makes the row of a new answer, or says why there can be none.
    private static func refuseUpload<Value>(
        of id: AnswerID, _ limits: AnswerLimits, _ nowSeconds: Int64, _ database: Database
    ) throws -> AnswerReply<Value>? {
        if let state = try state(of: id, database) { return state == .uploading ? nil : .conflict }
        let rows = try Int.fetchOne(
            database, sql: "SELECT count(*) FROM answers WHERE letter_id = ?", arguments: [id.letter])
        // What was refused, and what was no mail, does not count as an answer; but it does not go on for ever either.
        guard let rows, rows < 32 + 4 * limits.count else { return .tooMany }
        let uploading = try Row.fetchAll(
            database,
            sql: "SELECT id, changed_at FROM answers WHERE letter_id = ? AND state = 'uploading' ORDER BY changed_at",
            arguments: [id.letter])
        if uploading.count >= UploadLimits.uploadsPerLetter, let oldest = uploading.first {
            // A page that was closed and opened again has forgotten its upload; the new one takes its place.
            guard try oldest.integer("changed_at") <= nowSeconds - UploadLimits.idleUploadSeconds else {
                return .tooMany
            }
            try database.execute(
                sql: "DELETE FROM answers WHERE letter_id = ? AND id = ?",
                arguments: [id.letter, try oldest.text("id")])
        }
        try database.execute(
            sql: "INSERT INTO answers (letter_id, id, state, changed_at) VALUES (?, ?, 'uploading', ?)",
            arguments: [id.letter, id.answer, nowSeconds])
        return nil
    }

    static func state(of id: AnswerID, _ database: Database) throws -> AnswerState? {
        let sql = "SELECT state, reason, said FROM answers WHERE letter_id = ? AND id = ?"
        guard let row = try Row.fetchOne(database, sql: sql, arguments: [id.letter, id.answer]) else { return nil }
        switch try row.text("state") {
        case "uploading": return .uploading
        case "complete": return .waiting
        case "sent": return .sent
        default: return .refused(reason: try row.text("reason"), said: try row.optionalText("said"))
        }
    }

    /// Bytes of an item that is being uploaded; nil where another upload has taken its place, or it is gone.
    private static func begunBytes(_ upload: AnswerUpload, _ database: Database) throws -> Int? {
        try Row.fetchOne(
            database,
            sql: """
                SELECT answer_items.bytes AS bytes FROM answer_items JOIN answers
                    ON answers.letter_id = answer_items.letter_id AND answers.id = answer_id
                WHERE answer_items.letter_id = ? AND answer_id = ? AND number = ? AND upload = ? AND whole = 0
                    AND state = 'uploading'
                """, arguments: [upload.id.letter, upload.id.answer, upload.item, upload.number]
        )?.count("bytes")
    }

    private static func bytes(of id: AnswerID, _ database: Database) throws -> Int {
        let sql = """
            SELECT coalesce(sum(bytes), 0) AS bytes FROM answer_items WHERE letter_id = ? AND answer_id = ?
            """
        return try Row.fetchOne(database, sql: sql, arguments: [id.letter, id.answer])?.count("bytes") ?? 0
    }

    private static func outboxBytes(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT coalesce(sum(bytes), 0) FROM answer_items") ?? 0
    }

    private static func delete(item: Int, of id: AnswerID, _ database: Database) throws {
        try database.execute(
            sql: "DELETE FROM answer_items WHERE letter_id = ? AND answer_id = ? AND number = ?",
            arguments: [id.letter, id.answer, item])
    }

    private static func touch(_ id: AnswerID, _ nowSeconds: Int64, _ database: Database) throws {
        try database.execute(
            sql: "UPDATE answers SET changed_at = ? WHERE letter_id = ? AND id = ?",
            arguments: [nowSeconds, id.letter, id.answer])
    }
}
