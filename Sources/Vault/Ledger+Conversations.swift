// Conversations in gateway.db: what is kept of each letter for as long as something may come back from it, and the key pairs
// that answers are sealed to and later messages are known by. Private halves are given to Links only.

import Cryptography
package import Links
package import Mail

import Foundation
import GRDB

extension Ledger {
    /// Life of a key pair for new letters, in seconds: 30 days.
    static let answerKeySeconds: Int64 = 30 * 86_400
    /// A conversation is kept so long after its letter has expired, in seconds: answers that wait for the next hop until
    /// the last moment are still sent, and later ones still known.
    static let conversationGraceSeconds: Int64 = 8 * 86_400

    /// The public point (65 bytes) that answers to new letters are sealed to; a new pair is made each 30 days.
    package func answerKey(nowSeconds: Int64) async throws(Refusal) -> [UInt8] {
        let newest = """
            SELECT public FROM answer_keys WHERE made_at > ? AND made_at <= ? ORDER BY made_at DESC, public LIMIT 1
            """
        let after = nowSeconds - Self.answerKeySeconds
        let found = try await database.read("reading the key for answers") { database in
            try Row.fetchOne(database, sql: newest, arguments: [after, nowSeconds])?.bytes("public")
        }
        if let found { return found }
        let pair: GatewayKey
        do throws(CryptographyError) { pair = try GatewayKey.make() } catch { throw error.refusal }
        return try await database.write("making a key for answers") { database in
            // Another letter may have made one in between.
            if let row = try Row.fetchOne(database, sql: newest, arguments: [after, nowSeconds]) {
                return try row.bytes("public")
            }
            try database.execute(
                sql: "INSERT INTO answer_keys (public, private, made_at) VALUES (?, ?, ?)",
                arguments: [Data(pair.publicPoint), pair.privateDER.withBytes { Data($0) }, nowSeconds])
            return pair.publicPoint
        }
    }

    /// What opens the answers of a conversation; nil where it takes none, or its key is gone.
    package func answerOpener(_ id: AnswerID, of conversation: Conversation) async throws(Refusal) -> AnswerOpener? {
        guard conversation.answersAllowed > 0, let pair = try await gatewayKey(of: conversation) else { return nil }
        return AnswerOpener(
            AnswerNames(letterID: id.letter, answerID: id.answer), gateway: pair,
            conversation: conversation.conversationKey)
    }

    /// The pair whose public half stands in the letter's own index; nil where it is gone.
    package func gatewayKey(of conversation: Conversation) async throws(Refusal) -> GatewayKey? {
        let stored = try await database.read("reading a key for answers") { database in
            try Row.fetchOne(
                database, sql: "SELECT private FROM answer_keys WHERE public = ?",
                arguments: [Data(conversation.gatewayKey)]
            ).map { row in try row.bytes("private").withUnsafeBytes { SecretBytes(copying: $0) } }
        }
        guard let stored else { return nil }
        do throws(CryptographyError) {
            let pair = try GatewayKey(privateDER: stored)
            return pair.publicPoint == conversation.gatewayKey ? pair : nil
        } catch {
            throw StateFolder.refusal("reading a key for answers: it is damaged")
        }
    }

    /// One letter's conversation; nil where there is none (any more).
    package func conversation(_ letterID: String) async throws(Refusal) -> Conversation? {
        try await database.read("reading a conversation") { database in
            try Row.fetchOne(
                database, sql: "SELECT * FROM conversations WHERE letter_id = ?", arguments: [letterID]
            ).map(Self.conversation)
        }
    }

    /// Conversations with a reader that one of these messages belongs to, ours included; the newest letter first.
    /// - Parameters:
    ///   - recipient: folded.
    ///   - messageIDs: with angle brackets.
    package func conversations(
        recipient: String, messageIDs: [String]
    ) async throws(Refusal) -> [Conversation] {
        let wanted = Array(messageIDs.prefix(100))
        guard !wanted.isEmpty else { return [] }
        return try await database.read("looking for conversations") { database in
            let marks = wanted.map { _ in "?" }.joined(separator: ", ")
            return try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM conversations WHERE folded_recipient = ? AND letter_id IN
                        (SELECT letter_id FROM conversation_messages WHERE message_id IN (\(marks)))
                    ORDER BY expires_at DESC, letter_id
                    """, arguments: StatementArguments([recipient] + wanted)
            ).map(Self.conversation)
        }
    }

    /// Notes that a message belongs to a letter's conversation. A conversation that is not there is no error.
    package func noteMessage(_ messageID: String, of letterID: String) async throws(Refusal) {
        try await database.write("noting a message") { database in try Self.note(messageID, of: letterID, database) }
    }

    /// The letter can be opened until another time.
    package func moveExpiry(of letterID: String, toSeconds: Int64) async throws(Refusal) {
        try await database.write("moving an expiry") { database in
            for table in ["conversations", "issued"] {
                let key = table == "issued" ? "id" : "letter_id"
                try database.execute(
                    sql: "UPDATE \(table) SET expires_at = ? WHERE \(key) = ?", arguments: [toSeconds, letterID])
            }
        }
    }

    // MARK: - Rows

    static func insert(_ conversation: Conversation, _ database: Database) throws {
        let participants = String(decoding: try JSONEncoder().encode(conversation.participants), as: UTF8.self)
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO conversations (letter_id, conversation_key, gateway_key, sender, recipient,
                    folded_recipient, message_id, participants, link_secret, answers_sent, answers_allowed, expires_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                conversation.letterID, Data(conversation.conversationKey), Data(conversation.gatewayKey),
                conversation.sender, conversation.recipient,
                Mailbox(conversation.recipient)?.folded ?? conversation.recipient.lowercased(),
                conversation.messageID, participants, conversation.linkSecret, conversation.answersSent,
                conversation.answersAllowed, conversation.expiresAtSeconds,
            ])
        if let messageID = conversation.messageID { try note(messageID, of: conversation.letterID, database) }
    }

    static func note(_ messageID: String, of letterID: String, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT OR IGNORE INTO conversation_messages (letter_id, message_id)
                SELECT letter_id, ? FROM conversations WHERE letter_id = ?
                """, arguments: [messageID, letterID])
    }

    /// A content that one more letter opens carries a key pair's public half: the pair lives as long as the letter.
    static func carry(_ gatewayKey: [UInt8], under letterID: String, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT OR IGNORE INTO carried_keys (letter_id, public)
                SELECT letter_id, ? FROM conversations WHERE letter_id = ?
                """, arguments: [Data(gatewayKey), letterID])
    }

    /// Conversations whose letters are long gone, and key pairs that no letter and no later message carries any more. A pair
    /// that new letters may still be on the way with is kept a day longer than it is used.
    static func pruneConversations(_ nowSeconds: Int64, _ database: Database) throws {
        let before = nowSeconds.subtractingReportingOverflow(conversationGraceSeconds).partialValue
        try database.execute(sql: "DELETE FROM conversations WHERE expires_at <= ?", arguments: [before])
        try database.execute(
            sql: """
                DELETE FROM answer_keys WHERE made_at <= ?
                    AND NOT EXISTS (SELECT 1 FROM conversations WHERE gateway_key = answer_keys.public)
                    AND NOT EXISTS (SELECT 1 FROM carried_keys WHERE carried_keys.public = answer_keys.public)
                """,
            arguments: [nowSeconds.subtractingReportingOverflow(answerKeySeconds + 86_400).partialValue])
    }

    static func conversation(_ row: Row) throws -> Conversation {
        let participants: [String]
        do {
            let text = try row.text("participants")
            participants = try JSONDecoder().decode([String].self, from: Data(text.utf8))
        } catch {
            throw StateFolder.refusal("reading a row: column \"participants\" has an unexpected value")
        }
        return Conversation(
            letterID: try row.text("letter_id"), conversationKey: try row.bytes("conversation_key"),
            gatewayKey: try row.bytes("gateway_key"), sender: try row.text("sender"),
            recipient: try row.text("recipient"), messageID: try row.optionalText("message_id"),
            participants: participants, linkSecret: try row.optionalText("link_secret"),
            answersSent: try row.count("answers_sent"), answersAllowed: try row.count("answers_allowed"),
            expiresAtSeconds: try row.integer("expires_at"))
    }
}
