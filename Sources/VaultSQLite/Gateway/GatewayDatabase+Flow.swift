// Hourly counts of what became of mail, in the gateway's own database: today's survive a restart, old ones go.

import GRDB
package import Mail
package import Vault

extension GatewayDatabase {
    /// Adds to the counts; one commit, in which old ones go.
    package func addFlow(_ counts: [FlowCount], nowHour: Int64) async throws(Refusal) {
        guard !counts.isEmpty else { return }
        let before = nowHour.subtractingReportingOverflow(FlowCount.keepHours).partialValue
        try await database.write("counting mail") { database in
            for one in counts {
                try database.execute(
                    sql: """
                        INSERT INTO flow (hour, kind, count) VALUES (?, ?, ?)
                        ON CONFLICT (hour, kind) DO UPDATE SET count = count + excluded.count
                        """, arguments: [one.hour, one.kind, one.count])
            }
            try database.execute(sql: "DELETE FROM flow WHERE hour < ?", arguments: [before])
        }
    }

    /// The counts since an hour.
    package func flow(sinceHour: Int64) async throws(Refusal) -> [FlowCount] {
        try await database.read("reading counts") { database in
            try Row.fetchAll(
                database, sql: "SELECT hour, kind, count FROM flow WHERE hour >= ? ORDER BY hour, kind",
                arguments: [sinceHour]
            ).map { row in
                FlowCount(hour: try row.integer("hour"), kind: try row.text("kind"), count: try row.count("count"))
            }
        }
    }
}
