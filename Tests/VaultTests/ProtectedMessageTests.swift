// Messages that were protected: known for 90 days by a keyed code, and found by one look-up by key.

import Foundation
import GRDB
import Mail
import Testing
import Vault
import VaultSQLite

@Suite struct ProtectedMessageTests {
    private static let day: Int64 = 86_400
    let place: Place
    let ledger: GatewayDatabase

    init() throws {
        place = try Place()
        ledger = try GatewayDatabase(folder: place.gateway)
    }

    @Test func theDatabaseNamesNoMessage() async throws {
        try await ledger.rememberProtected(["<nightjar@x.example>"], nowSeconds: 100)
        for end in ["", "-wal"] {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(place.gateway)/gateway.db\(end)"))
            #expect(bytes.range(of: Data("nightjar".utf8)) == nil)
        }
        // Another database has another key, and other codes.
        let other = try Place()
        try await GatewayDatabase(folder: other.gateway).rememberProtected(["<nightjar@x.example>"], nowSeconds: 100)
        let codes = try await [place, other].codes()
        #expect(codes.count == 2 && Set(codes).count == 2)
    }

    /// By the table's key, whatever its size.
    @Test func theLookUpScansNothing() async throws {
        let plan = try await stranger("\(place.gateway)/gateway.db").read { database in
            try Row.fetchAll(
                database,
                sql:
                    "EXPLAIN QUERY PLAN SELECT EXISTS "
                    + "(SELECT 1 FROM protected_messages WHERE code IN (x'00', x'01') AND at > 5)"
            ).map { "\($0)" }.joined(separator: "\n")
        }
        #expect(plan.contains("SEARCH protected_messages USING PRIMARY KEY (code=?)"), "\(plan)")
    }
}

extension [Place] {
    fileprivate func codes() async throws -> [Data] {
        var codes: [Data] = []
        for place in self {
            codes += try await stranger("\(place.gateway)/gateway.db").read { database in
                try Data.fetchAll(database, sql: "SELECT code FROM protected_messages")
            }
        }
        return codes
    }
}
