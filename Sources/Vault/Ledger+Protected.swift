// Which messages were protected, by a keyed code of their Message-ID: who reads the database without its key learns of none.

import Cryptography
import Links
package import Mail

import Foundation
import GRDB

extension Ledger {
    /// A protected message is remembered so long, in seconds: 90 days.
    package static let protectedSeconds: Int64 = 90 * 86_400
    /// Messages that are looked for at once.
    package static let protectedLookup = 50

    /// Remembers messages as protected; known ones are remembered for longer.
    /// - Parameter messageIDs: with angle brackets.
    /// - Throws: a ``Refusal`` of cause `storage`.
    package func rememberProtected(_ messageIDs: [String], nowSeconds: Int64) async throws(Refusal) {
        let codes = try codes(messageIDs)
        guard !codes.isEmpty else { return }
        try await database.write("remembering a protected message") { database in
            for code in codes {
                try database.execute(
                    sql: """
                        INSERT INTO protected_messages (code, at) VALUES (?, ?)
                        ON CONFLICT (code) DO UPDATE SET at = max(at, excluded.at)
                        """, arguments: [code, nowSeconds])
            }
        }
    }

    /// True where one of some messages is remembered as protected; one look-up by the key of the table.
    /// - Parameter messageIDs: with angle brackets; the first ``protectedLookup`` of them count.
    /// - Throws: a ``Refusal`` of cause `storage`.
    package func knowsProtected(_ messageIDs: [String], nowSeconds: Int64) async throws(Refusal) -> Bool {
        let codes = try codes(Array(messageIDs.prefix(Self.protectedLookup)))
        guard !codes.isEmpty else { return false }
        let since = nowSeconds.subtractingReportingOverflow(Self.protectedSeconds).partialValue
        return try await database.read("looking for protected messages") { database in
            let marks = codes.map { _ in "?" }.joined(separator: ", ")
            let found = try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM protected_messages WHERE code IN (\(marks)) AND at > ?)",
                arguments: StatementArguments(codes) + [since])
            // unreachable: EXISTS always answers; what cannot be told is no "no".
            guard let found else { throw StateFolder.refusal("looking for protected messages: no answer") }
            return found
        }
    }

    static func pruneProtected(_ nowSeconds: Int64, _ database: Database) throws {
        try database.execute(
            sql: "DELETE FROM protected_messages WHERE at <= ?",
            arguments: [nowSeconds.subtractingReportingOverflow(protectedSeconds).partialValue])
    }

    private func codes(_ messageIDs: [String]) throws(Refusal) -> [Data] {
        var codes: [Data] = []
        // Programs change the case of a name; another message's name is no other in this.
        for id in Set(messageIDs.map { $0.lowercased() }) {
            codes.append(Data(try HMACSHA256.authenticate(MessageBytes("protected message \(id)"), key: key)))
        }
        return codes
    }
}
