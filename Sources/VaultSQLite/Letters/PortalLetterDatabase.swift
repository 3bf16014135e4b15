// What the portal may ask: parameters for anyone who has the link, wrapped keys and ciphertext for a right proof only.
// Guesses are counted on disk before they are answered, so neither a crash nor many connections give free ones.

import Cryptography
package import Mail
package import Vault

import Foundation
import GRDB
package import Links

/// The portal's side of the letters database: what it may not do has no method here, and its connection refuses it.
package final class PortalLetterDatabase: PortalLetters {
    let database: SharedDatabase

    /// Opens `letters.db` in a folder; folder, file and tables must be there.
    /// - Parameters:
    ///   - folder: `state/letters`.
    ///   - busySeconds: longest wait for a lock that another process holds.
    /// - Throws: a refusal of cause `storage` whose detail says what to do.
    package init(folder: String, busySeconds: Double = 5) throws(Refusal) {
        database = SharedDatabase(folder: folder, side: .portal, busySeconds: busySeconds)
        try database.open()
    }

    /// What a browser needs to derive its keys, or nil for an unknown, unreadable, expired or revoked letter alike.
    package func parameters(_ id: String, nowSeconds: Int64) async throws(Refusal) -> LockedLetter.Parameters? {
        let found = try await database.read("reading parameters") {
            database -> (LockedLetter.Parameters, isNew: Bool)? in
            guard let row = try LetterRows.readable(id, nowSeconds, database) else { return nil }
            return (try LetterRows.parameters(row), isNew: try row.optionalInteger("asked_at") == nil)
        }
        guard let found else { return nil }
        // A note for the sender's page: where it cannot be written now, the reader goes on all the same.
        if found.isNew { try? await noteAsked(id, nowSeconds: nowSeconds) }
        return found.0
    }

    /// Judges one try to open a letter.
    ///
    /// After each 5 wrong ones in a row the letter rests: 60 s, then twice as long each time up to an hour. While it
    /// rests nothing is told about the proof. A right one resets both.
    /// - Parameter proof: what the browser derived; any other length than 32 bytes is a wrong one like any other.
    ///   Without the right `link` nothing is counted: who knows only an id locks nobody out.
    package func attempt(_ id: String, proof: LetterProof, nowSeconds: Int64) async throws(Refusal) -> Attempt {
        let proof = try Self.digests(proof)
        // Unknown ids and resting letters are answered without the write lock: asking costs others nothing.
        let seen = try await database.read("judging an attempt") { database in
            try Self.judge(id, proof, nowSeconds, database)
        }
        switch seen {
        case .gone: return .gone
        case .code: return .code
        case .resting(let seconds, clockWentBack: false): return .resting(seconds: seconds)
        case .right(let letter, nothingToReset: true): return .opened(letter)
        case .resting, .right, .wrong: break
        }
        return try await database.write("counting an attempt") { database in
            // Judged again: another attempt may have come in between.
            try Self.count(try Self.judge(id, proof, nowSeconds, database), id, nowSeconds, database)
        }
    }

    /// One ciphertext chunk of a letter.
    /// - Parameter following: number of the later message it belongs to; nil: the letter's own content.
    /// - Returns: ``AnswerReply/code``, or ``AnswerReply/gone`` for a wrong proof (which counts as an attempt), a
    ///   resting or missing letter, or no such chunk.
    package func chunk(
        _ id: String, proof: LetterProof, index: Int, following: Int?, nowSeconds: Int64
    ) async throws(Refusal) -> AnswerReply<[UInt8]> {
        let digests = try Self.digests(proof)
        let (isWrong, reply) = try await database.read("reading a chunk") { database -> (Bool, AnswerReply<[UInt8]>) in
            switch try Self.judge(id, digests, nowSeconds, database) {
            case .wrong: return (true, .gone)
            case .code: return (false, .code)
            case .gone, .resting: return (false, .gone)
            case .right: break
            }
            let row: Row?
            if let following {
                row = try Row.fetchOne(
                    database,
                    sql: """
                        SELECT sealed FROM chunks JOIN following USING (content_id)
                        WHERE letter_id = ? AND following.number = ? AND state = 'waiting' AND chunks.number = ?
                        """, arguments: [id, following, index])
            } else {
                row = try Row.fetchOne(
                    database,
                    sql: """
                        SELECT sealed FROM chunks JOIN letters USING (content_id) WHERE letters.id = ? AND number = ?
                        """, arguments: [id, index])
            }
            guard let row else { return (false, .gone) }
            return (false, .done(try row.bytes("sealed")))
        }
        // For the sender's page; where it cannot be written now, the reader goes on all the same.
        if index == 0, reply.value != nil { try? await noteFetched(id, nowSeconds: nowSeconds) }
        if isWrong { _ = try await attempt(id, proof: proof, nowSeconds: nowSeconds) }
        return reply
    }

    /// The later messages of a letter that can be read, oldest first. Asked after a right proof. A row that is damaged
    /// comes with an empty key: its reader is to see that something is there that is not from us, and all the others.
    package func following(_ letterID: String, nowSeconds: Int64) async throws(Refusal) -> [FollowingMessage.Opened] {
        try await database.read("listing later messages") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT number, wrapped_key, plain_bytes, chunk_count FROM following
                    LEFT JOIN contents ON contents.id = following.content_id JOIN letters ON letters.id = letter_id
                    WHERE following.letter_id = ? AND following.state = 'waiting' AND letters.expires_at > ?
                    ORDER BY number LIMIT 1000
                    """, arguments: [letterID, nowSeconds]
            ).compactMap { row in
                guard let number = try? row.count("number") else { return nil }
                return FollowingMessage.Opened(
                    number: number, wrappedKey: (try? row.bytes("wrapped_key")) ?? [],
                    plainBytes: (try? row.count("plain_bytes")) ?? 0, chunkCount: (try? row.count("chunk_count")) ?? 0)
            }
        }
    }

    enum Judgement: Sendable {
        case gone
        case code
        case resting(seconds: Int, clockWentBack: Bool)
        case right(LockedLetter.Opened, nothingToReset: Bool)
        case wrong(inRow: Int64, restSeconds: Int64)
    }

    /// Digests of a proof, which are compared with what is stored.
    struct ProofDigests: Sendable {
        let link: [UInt8]
        let auth: [UInt8]
    }

    static func digests(_ proof: LetterProof) throws(Refusal) -> ProofDigests {
        do throws(CryptographyError) {
            return ProofDigests(link: try SHA256Digest.of(proof.link), auth: try SHA256Digest.of(proof.auth))
        } catch { throw error.refusal }
    }

    static func judge(
        _ id: String, _ proof: ProofDigests, _ nowSeconds: Int64, _ database: Database
    ) throws -> Judgement {
        guard let row = try LetterRows.readable(id, nowSeconds, database) else { return .gone }
        // First: who has not the link learns nothing of the letter, not even that it rests, and changes nothing on it.
        guard ConstantTime.equal(proof.link, try row.bytes("link_verifier")) else { return .code }
        let restSeconds = min(max(try row.integer("rest_seconds"), 0), GuessLimits.longestRestSeconds)
        let (left, overflow) = try row.integer("rests_until").subtractingReportingOverflow(nowSeconds)
        if left > 0 || overflow {
            // A clock set back must not turn a minute's rest into a year's.
            let clockWentBack = overflow || left > restSeconds
            return .resting(seconds: Int(clockWentBack ? max(restSeconds, 1) : left), clockWentBack: clockWentBack)
        }
        let inRow = max(try row.integer("wrong_in_row"), 0)
        guard ConstantTime.equal(proof.auth, try row.bytes("verifier")) else {
            return .wrong(inRow: inRow, restSeconds: restSeconds)
        }
        let letter = LockedLetter.Opened(
            wrappedKeys: try row.bytes("wrapped_keys"), plainBytes: try row.count("plain_bytes"),
            chunkCount: try row.count("chunk_count"), expiresAtSeconds: try row.integer("expires_at"),
            answers: try answersLeft(id, database),
            keepsPassword: try row.optionalInteger("keeps_password").map { $0 != 0 })
        let openedBefore = try row.optionalInteger("opened_at") != nil
        return .right(letter, nothingToReset: inRow == 0 && restSeconds == 0 && openedBefore)
    }

    private static func count(
        _ judgement: Judgement, _ id: String, _ nowSeconds: Int64, _ database: Database
    ) throws -> Attempt {
        switch judgement {
        case .gone:
            return .gone
        case .code:
            return .code
        case .resting(let seconds, let clockWentBack):
            if clockWentBack {
                try database.execute(
                    sql: "UPDATE attempts SET rests_until = ? WHERE letter_id = ?",
                    arguments: [nowSeconds &+ Int64(seconds), id])
            }
            return .resting(seconds: seconds)
        case .right(let letter, _):
            try database.execute(
                sql: """
                    UPDATE attempts SET wrong_in_row = 0, rest_seconds = 0, rests_until = 0,
                        opened_at = coalesce(opened_at, ?) WHERE letter_id = ?
                    """, arguments: [nowSeconds, id])
            try addToTotal("right", database)
            return .opened(letter)
        case .wrong(let inRow, let restSeconds):
            return try countWrong(inRow, restSeconds, id, nowSeconds, database)
        }
    }

    private static func countWrong(
        _ inRow: Int64, _ restSeconds: Int64, _ id: String, _ nowSeconds: Int64, _ database: Database
    ) throws -> Attempt {
        let tries = Int64(GuessLimits.triesBeforeRest)
        let used = inRow % tries + 1
        let rests = used == tries
        let rest =
            rests
            ? min(max(GuessLimits.firstRestSeconds, restSeconds * 2), GuessLimits.longestRestSeconds) : restSeconds
        try database.execute(
            sql: """
                UPDATE attempts SET wrong_total = wrong_total + 1, wrong_in_row = ?, rest_seconds = ?,
                    rests_until = ? WHERE letter_id = ?
                """, arguments: [used % tries, rest, rests ? nowSeconds &+ rest : 0, id])
        try addToTotal("wrong", database)
        return .wrong(triesLeft: Int(tries - used))
    }

    /// For monitoring; letters and their own counts go.
    private static func addToTotal(_ result: String, _ database: Database) throws {
        try database.execute(
            sql: "UPDATE attempt_totals SET total = total + 1 WHERE result = ?", arguments: [result])
    }
}
