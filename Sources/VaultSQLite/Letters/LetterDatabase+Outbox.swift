// The gateway's side of the outbox of answers: what waits, its bytes, and what has become of it. All of it is input:
// the portal's user can write the file. Which answers have been sent stands in the gateway's own database, not here.

package import Mail
package import Vault

import Foundation
import GRDB

extension LetterDatabase {
    /// Answers that have been handed over and whose time has come, oldest first. Cheap where there is none.
    package func waitingAnswers(nowSeconds: Int64, atMost: Int) async throws(Refusal) -> [WaitingAnswer] {
        return try await database.read("looking for answers") { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT letter_id, id, items FROM answers WHERE state = 'complete' AND due_at <= ?
                        AND length(CAST(letter_id AS BLOB)) = 22 AND length(CAST(id AS BLOB)) = 22
                    ORDER BY due_at LIMIT ?
                    """, arguments: [nowSeconds, atMost])
            // A row that is not as it should be must not hold up the others.
            return rows.compactMap { row in
                guard let letter = try? row.text("letter_id"), let answer = try? row.text("id") else { return nil }
                let id = AnswerID(letter: letter, answer: answer)
                let sizes = (try? Self.sizes(id, try row.count("items"), database)) ?? []
                return WaitingAnswer(id: id, items: sizes)
            }
        }
    }

    /// Sizes of the items from 0 on; empty where they are not what was handed over.
    private static func sizes(_ id: AnswerID, _ items: Int, _ database: Database) throws -> [Int] {
        guard items <= 1001 else { return [] }
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT number, bytes FROM answer_items WHERE letter_id = ? AND answer_id = ? ORDER BY number LIMIT 1002
                """, arguments: [id.letter, id.answer])
        guard rows.count == items else { return [] }
        var sizes: [Int] = []
        for (number, row) in rows.enumerated() {
            guard try row.count("number") == number else { return [] }
            sizes.append(try row.count("bytes"))
        }
        return sizes
    }

    /// The bytes of one item as they were uploaded.
    /// - Parameters:
    ///   - bytes: their number, as ``WaitingAnswer/items`` gives it and the caller has checked it.
    ///   - spool: what stays in memory.
    /// - Returns: nil where the pieces do not make up so many bytes.
    package func item(
        _ number: Int, of id: AnswerID, bytes: Int, spool: SpoolPolicy
    ) async throws(Refusal) -> MessageBytes? {
        var builder = MessageBytes.Builder(spool: spool)
        while builder.count < bytes {
            let start = builder.count
            let piece = try await database.read("reading an answer") { database -> [UInt8]? in
                // The length first: a stranger can write a row of any size, and a file in pieces of one octet
                // would keep us busy for hours.
                try Row.fetchOne(
                    database,
                    sql: """
                        SELECT bytes FROM answer_pieces
                        WHERE letter_id = ? AND answer_id = ? AND item = ? AND start = ? AND length(bytes) = ?
                        """,
                    arguments: [id.letter, id.answer, number, start, min(UploadLimits.pieceBytes, bytes - start)]
                )?.bytes("bytes")
            }
            guard let piece else { return nil }
            piece.withUnsafeBytes { builder.append($0) }
            if let failure = builder.failure { throw failure }
        }
        return try builder.finish()
    }

    /// Tries an answer again at this time.
    package func putOff(_ id: AnswerID, untilSeconds: Int64) async throws(Refusal) {
        try await database.write("putting an answer off") { database in
            try database.execute(
                sql: "UPDATE answers SET due_at = ? WHERE letter_id = ? AND id = ? AND state = 'complete'",
                arguments: [untilSeconds, id.letter, id.answer])
        }
    }

    /// It is done with: sent, or refused. Its items go at once.
    /// - Parameters:
    ///   - state: ``AnswerState/sent`` or ``AnswerState/refused(reason:said:)``; others change nothing.
    ///   - isCounted: it is one of the answers that the letter may have.
    package func settle(
        _ id: AnswerID, as state: AnswerState, isCounted: Bool, nowSeconds: Int64
    ) async throws(Refusal) {
        let (word, reason, said): (String, String?, String?)
        switch state {
        case .uploading, .waiting: return
        case .sent: (word, reason, said) = ("sent", nil, nil)
        case .refused(let why, let text):
            (word, reason, said) = ("refused", String(why.prefix(40)), text.map { String($0.prefix(1000)) })
        }
        try await database.write("settling an answer") { database in
            try database.execute(
                sql: """
                    UPDATE answers SET state = ?, reason = ?, said = ?, counted = ?, changed_at = ?
                    WHERE letter_id = ? AND id = ?
                    """,
                arguments: [word, reason, said, isCounted ? 1 : 0, nowSeconds, id.letter, id.answer])
            try database.execute(
                sql: "DELETE FROM answer_items WHERE letter_id = ? AND answer_id = ?",
                arguments: [id.letter, id.answer])
            try Self.deleteOrphans(database)
        }
        try await database.scrub()
    }

    /// Deletes uploads that nothing was heard of for an hour, and what is left of answers whose letters are gone.
    /// - Returns: number of uploads deleted.
    package func clearAnswers(nowSeconds: Int64) async throws(Refusal) -> Int {
        let deleted = try await database.write("clearing answers") { database in
            // A time in the future is a clock that was set back, or nobody's: it must not keep the row for ever.
            try database.execute(
                sql: "DELETE FROM answers WHERE state = 'uploading' AND (changed_at <= ? OR changed_at > ?)",
                arguments: [
                    nowSeconds.subtractingReportingOverflow(UploadLimits.abandonedSeconds).partialValue,
                    nowSeconds.addingReportingOverflow(UploadLimits.abandonedSeconds).partialValue,
                ])
            let deleted = database.changesCount
            try Self.deleteOrphans(database)
            return deleted
        }
        if deleted > 0 { try await database.scrub() }
        return deleted
    }

    private static func deleteOrphans(_ database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM answers WHERE state <> 'complete'
                    AND NOT EXISTS (SELECT 1 FROM letters WHERE letters.id = answers.letter_id)
                """)
    }
}
