// The sender's page and its requests, from the portal's side: what the page is shown, and rows that are left for the
// gateway. The token is never here; names are sealed under it.

import Cryptography
package import Links
package import Mail
package import Vault

import Foundation
import GRDB

extension PortalLetterDatabase {
    /// Whether somebody may see and ask: the letters under a proof, nil where it is wrong, unknown or expired, all
    /// alike.
    /// - Parameter auth: what the page derived from its token.
    package func controlled(_ auth: [UInt8], nowSeconds: Int64) async throws(Refusal) -> [LockedLetter.Status]? {
        let verifier: [UInt8]
        do { verifier = try SHA256Digest.of(auth) } catch { throw error.refusal }
        return try await database.read("reading a control page") { database in
            let found = try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM controls WHERE verifier = ? AND expires_at > ?)",
                arguments: [Data(verifier), nowSeconds])
            guard found == true else { return nil }
            return try LetterRows.statuses(under: verifier, nowSeconds, database)
        }
    }

    /// Notes that the page of a letter was loaded by a browser that runs its script: once, so that asking costs a write
    /// but the first time.
    func noteAsked(_ id: String, nowSeconds: Int64) async throws(Refusal) {
        try await database.write("noting that a page was loaded") { database in
            try database.execute(
                sql: "UPDATE attempts SET asked_at = ? WHERE letter_id = ? AND asked_at IS NULL",
                arguments: [nowSeconds, id])
        }
    }

    /// Notes that a letter's content was fetched after a right password: once.
    func noteFetched(_ id: String, nowSeconds: Int64) async throws(Refusal) {
        let isNew = try await database.read("looking whether a letter was fetched") { database in
            try Bool.fetchOne(
                database,
                sql: "SELECT EXISTS (SELECT 1 FROM attempts WHERE letter_id = ? AND fetched_at IS NULL)",
                arguments: [id]) ?? false
        }
        guard isNew else { return }
        try await database.write("noting that a letter was fetched") { database in
            try database.execute(
                sql: "UPDATE attempts SET fetched_at = ? WHERE letter_id = ? AND fetched_at IS NULL",
                arguments: [nowSeconds, id])
        }
    }
}

extension PortalLetterDatabase {
    /// Leaves a request for the gateway.
    /// - Parameters:
    ///   - kind: at most 32 characters of ASCII, such as `revoke`.
    ///   - body: at most ``RequestLimits/bodyBytes``.
    /// - Returns: the id to ask with, or nil where too many wait already, of all or of this kind.
    package func ask(kind: String, body: [UInt8], nowSeconds: Int64) async throws(Refusal) -> String? {
        guard (1...32).contains(kind.utf8.count), body.count <= RequestLimits.bodyBytes else {
            throw Refusal(.internalError, "not available", detail: "leaving a request: it is too large")
        }
        let id: String
        do throws(CryptographyError) { id = Base64URL.encode(try Randomness.bytes(16)) } catch { throw error.refusal }
        return try await database.write("leaving a request") { database in
            guard try Self.hasRoom(for: kind, database) else { return nil }
            try database.execute(
                sql: "INSERT INTO requests (id, kind, body, asked_at) VALUES (?, ?, ?, ?)",
                arguments: [id, kind, Data(body), nowSeconds])
            return id
        }
    }

    private static func hasRoom(for kind: String, _ database: Database) throws -> Bool {
        func waiting(_ condition: String) throws -> Int {
            let sql = "SELECT count(*) FROM requests WHERE answer IS NULL AND \(condition)"
            return try Int.fetchOne(database, sql: sql, arguments: condition.contains("?") ? [kind] : []) ?? 0
        }
        guard try waiting("true") < RequestLimits.most, try waiting("kind = ?") < RequestLimits.mostOfKind else {
            return false
        }
        if RequestLimits.keptKinds.contains(kind) { return true }
        return try waiting("kind NOT IN (\(PortalFence.keptKindList))") < RequestLimits.most
            - RequestLimits.keptPlaces
    }

    /// Where requests stand, by id.
    package func requestStates(_ ids: [String]) async throws(Refusal) -> [String: RequestState] {
        guard !ids.isEmpty else { return [:] }
        let list = try await database.read("looking at requests") { database in
            let marks = ids.map { _ in "?" }.joined(separator: ", ")
            return try Row.fetchAll(
                database, sql: "SELECT id, answer FROM requests WHERE id IN (\(marks))",
                arguments: StatementArguments(ids)
            ).map { row in (try row.text("id"), try Self.state(row)) }
        }
        return Dictionary(list) { first, _ in first }
    }

    private static func state(_ row: Row) throws -> RequestState {
        (row["answer"] as DatabaseValue?)?.isNull ?? true ? .waiting : .settled(try row.bytes("answer"))
    }

    /// Where a request stands.
    package func requestState(_ id: String) async throws(Refusal) -> RequestState {
        try await database.read("looking at a request") { database in
            try Row.fetchOne(database, sql: "SELECT answer FROM requests WHERE id = ?", arguments: [id])
                .map(Self.state) ?? .unknown
        }
    }
}
