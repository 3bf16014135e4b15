// Which answers have been taken, and what became of them. The outbox in the letters database is only asked what waits; that
// an answer is sent once, whatever is written there later, is decided by these rows.

import Cryptography
package import Mail

import Foundation
import GRDB
import Links

extension Ledger {
    /// What is known of an answer; nil where it has not been taken.
    package func takenAnswer(_ id: AnswerID) async throws(Refusal) -> TakenAnswer? {
        try await database.read("looking for an answer") { database in try Self.taken(id, database) }
    }

    /// Takes an answer in hand, or counts one more try. The first try fixes what makes its mail the same at each later one.
    /// - Returns: nil where there is no such conversation (any more).
    package func takeAnswer(_ id: AnswerID, nowSeconds: Int64) async throws(Refusal) -> TakenAnswer? {
        try await database.write("taking an answer") { database in
            if let known = try Self.taken(id, database) {
                try database.execute(
                    sql: "UPDATE answers_taken SET tries = tries + 1 WHERE letter_id = ? AND answer_id = ?",
                    arguments: [id.letter, id.answer])
                return known
            }
            try database.execute(
                sql: """
                    INSERT INTO answers_taken (letter_id, answer_id, token, taken_at, tries, state)
                    SELECT letter_id, ?, ?, ?, 1, 'taken' FROM conversations WHERE letter_id = ?
                    """,
                arguments: [id.answer, Base64URL.encode(try Randomness.bytes(12)), nowSeconds, id.letter])
            return try Self.taken(id, database, tries: 0)
        }
    }

    /// Notes what became of an answer, for good; one commit.
    /// - Parameters:
    ///   - state: ``AnswerState/sent`` or ``AnswerState/refused(reason:said:)``.
    ///   - isCounted: it is one of the answers that the letter may have.
    ///   - messageID: of the mail that was sent, or nil.
    ///   - linkSecret: of the link, where the answer brought it.
    package func settleAnswer(
        _ id: AnswerID, as state: AnswerState, isCounted: Bool, messageID: String? = nil, linkSecret: String? = nil
    ) async throws(Refusal) {
        let (word, reason, said): (String, String?, String?)
        switch state {
        case .uploading, .waiting: return
        case .sent: (word, reason, said) = ("sent", nil, nil)
        case .refused(let why, let text): (word, reason, said) = ("refused", why, text)
        }
        try await database.write("settling an answer") { database in
            try database.execute(
                sql: """
                    UPDATE answers_taken SET state = ?, reason = ?, said = ?, counted = ?
                    WHERE letter_id = ? AND answer_id = ? AND state = 'taken'
                    """, arguments: [word, reason, said, isCounted ? 1 : 0, id.letter, id.answer])
            guard database.changesCount == 1, isCounted || word == "sent" else { return }
            try database.execute(
                sql: """
                    UPDATE conversations SET answers_sent = answers_sent + ?,
                        link_secret = coalesce(?, link_secret) WHERE letter_id = ?
                    """, arguments: [isCounted ? 1 : 0, linkSecret, id.letter])
            if let messageID { try Self.note(messageID, of: id.letter, database) }
        }
    }

    /// Answers of a reader, to whatever letter, that were taken since a time.
    /// - Parameter recipient: folded.
    package func answersTaken(from recipient: String, sinceSeconds: Int64) async throws(Refusal) -> Int {
        try await database.read("counting answers") { database in
            try Int.fetchOne(
                database,
                sql: """
                    SELECT count(*) FROM answers_taken JOIN conversations USING (letter_id)
                    WHERE folded_recipient = ? AND taken_at > ?
                    """, arguments: [recipient, sinceSeconds]) ?? 0
        }
    }

    private static func taken(_ id: AnswerID, _ database: Database, tries: Int? = nil) throws -> TakenAnswer? {
        let sql = "SELECT * FROM answers_taken WHERE letter_id = ? AND answer_id = ?"
        guard let row = try Row.fetchOne(database, sql: sql, arguments: [id.letter, id.answer]) else { return nil }
        let state: AnswerState =
            switch try row.text("state") {
            case "taken": .waiting
            case "sent": .sent
            default: .refused(reason: try row.text("reason"), said: try row.optionalText("said"))
            }
        return TakenAnswer(
            id: id, token: try row.text("token"), takenAtSeconds: try row.integer("taken_at"),
            tries: try tries ?? row.count("tries"), state: state, isCounted: try row.integer("counted") == 1)
    }
}
