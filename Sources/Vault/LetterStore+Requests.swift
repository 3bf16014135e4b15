// What the portal asks of the gateway: rows that it adds, and whose answer it reads. The gateway settles them. Everything in
// a row is hostile input: the portal's Unix user can write the file.

import Cryptography
package import Mail

import Foundation
import GRDB
import Links

/// A request that waits.
package struct WaitingRequest: Sendable, Equatable {
    /// 22 characters.
    package let id: String
    /// As the portal wrote it: at most 32 characters.
    package let kind: String
    /// At most ``LetterStore/requestBytes``.
    package let body: [UInt8]
    /// Seconds since 1970.
    package let askedAtSeconds: Int64
}

/// Where a request stands.
package enum RequestState: Sendable, Equatable {
    /// Unknown, or forgotten again.
    case unknown
    case waiting
    /// Carried out or refused; what the gateway says of it.
    case settled([UInt8])
}

extension LetterStore {
    /// Requests that may wait at once: further ones are not taken.
    package static let mostRequests = 1000
    /// Requests of one kind that may wait at once.
    package static let mostRequestsOfKind = 200
    /// Of ``mostRequests``, places that are kept for ``keptKinds``: whatever strangers ask for, a sender can revoke.
    package static let keptRequests = 500
    /// What senders ask for, with a proof.
    package static let keptKinds = ["extend", "revoke"]
    /// The same for SQL.
    static let keptKindList = keptKinds.map { "'\($0)'" }.joined(separator: ", ")
    /// Largest body of a request, in bytes.
    package static let requestBytes = 4096
    /// Largest answer, in bytes.
    package static let requestAnswerBytes = 4096
    /// A settled request is remembered so long, in seconds.
    package static let requestKeepSeconds: Int64 = 3600

    /// Leaves a request for the gateway.
    /// - Parameters:
    ///   - kind: at most 32 characters of ASCII, such as `revoke`.
    ///   - body: at most ``requestBytes``.
    /// - Returns: the id to ask with, or nil where too many wait already, of all or of this kind.
    package func ask(kind: String, body: [UInt8], nowSeconds: Int64) async throws(Refusal) -> String? {
        guard (1...32).contains(kind.utf8.count), body.count <= Self.requestBytes else {
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
        guard try waiting("true") < mostRequests, try waiting("kind = ?") < mostRequestsOfKind else { return false }
        if keptKinds.contains(kind) { return true }
        return try waiting("kind NOT IN (\(keptKindList))") < mostRequests - keptRequests
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

    /// Requests that wait, those of ``keptKinds`` before others, oldest first, at most 100. Rows that no portal of ours has written are deleted.
    package func waitingRequests() async throws(Refusal) -> [WaitingRequest] {
        try requireGateway("looking for requests")
        let (found, isDamaged) = try await database.read("looking for requests") { database in
            // The lengths are asked of SQLite: a body that is too large is not even read.
            let sql = """
                SELECT id, kind, CASE WHEN length(body) <= ? THEN body END AS body, asked_at FROM requests
                    WHERE answer IS NULL ORDER BY kind NOT IN (\(Self.keptKindList)), asked_at LIMIT 100
                """
            var found: [WaitingRequest] = []
            var isDamaged = false
            for row in try Row.fetchAll(database, sql: sql, arguments: [Self.requestBytes]) {
                let request = try? WaitingRequest(
                    id: row.text("id"), kind: row.text("kind"), body: row.bytes("body"),
                    askedAtSeconds: row.integer("asked_at"))
                if let request, request.id.utf8.count == 22, (1...32).contains(request.kind.utf8.count) {
                    found.append(request)
                } else {
                    isDamaged = true
                }
            }
            return (found, isDamaged)
        }
        if isDamaged { try await deleteDamagedRequests() }
        return found
    }

    private func deleteDamagedRequests() async throws(Refusal) {
        try await database.write("deleting damaged requests") { database in
            try database.execute(
                sql: """
                    DELETE FROM requests WHERE typeof(id) <> 'text' OR length(CAST(id AS BLOB)) <> 22 OR typeof(kind) <> 'text'
                        OR length(CAST(kind AS BLOB)) NOT BETWEEN 1 AND 32 OR typeof(body) <> 'blob' OR length(body) > ?
                        OR typeof(asked_at) <> 'integer'
                    """, arguments: [Self.requestBytes])
        }
    }

    /// Says what became of a request; its body goes.
    /// - Parameter answer: at most ``requestAnswerBytes``.
    package func settleRequest(_ id: String, answer: [UInt8], nowSeconds: Int64) async throws(Refusal) {
        try requireGateway("settling a request")
        guard answer.count <= Self.requestAnswerBytes else {
            throw Refusal(.internalError, "not available", detail: "settling a request: the answer is too large")
        }
        try await database.write("settling a request") { database in
            try database.execute(
                sql: "UPDATE requests SET body = x'', answer = ?, settled_at = ? WHERE id = ?",
                arguments: [Data(answer), nowSeconds, id])
        }
    }

    /// Forgets requests that were settled long ago.
    package func forgetRequests(nowSeconds: Int64) async throws(Refusal) {
        try requireGateway("forgetting requests")
        let before = nowSeconds.subtractingReportingOverflow(Self.requestKeepSeconds).partialValue
        let isNeeded = try await database.read("looking for old requests") { database in
            try Bool.fetchOne(
                database,
                sql: "SELECT EXISTS (SELECT 1 FROM requests WHERE answer IS NOT NULL AND settled_at <= ?)",
                arguments: [before]) ?? false
        }
        guard isNeeded else { return }
        try await database.write("forgetting requests") { database in
            try database.execute(
                sql: "DELETE FROM requests WHERE answer IS NOT NULL AND settled_at <= ?", arguments: [before])
        }
    }
}
