// `letterlock vault check`: whether the databases hold together. Reads only; a running gateway is not disturbed.

import GRDB
package import Mail

/// Examines the databases of a state.
package enum VaultCheck {
    /// One thing that is wrong.
    package struct Finding: Sendable, Equatable, Encodable {
        /// `gateway.db` or `letters.db`.
        package let file: String
        /// In words, with a hint where there is something to do.
        package let problem: String
    }

    /// - Parameter state: the state folder.
    /// - Returns: what is wrong; empty: nothing.
    /// - Throws: a refusal of cause `storage` where a file is not there or cannot be read now.
    package static func findings(state: String) throws(Refusal) -> [Finding] {
        var findings: [Finding] = []
        for file in VaultFile.allCases {
            let path = file.path(in: state)
            _ = try PlainFile(reading: path)
            do {
                let problems = try VaultFile.open(path).read { database in
                    try file.generalProblems(database) + (file == .letters ? letterProblems(database) : [])
                }
                findings += problems.map { Finding(file: file.rawValue, problem: $0) }
            } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) {
                findings.append(
                    Finding(file: file.rawValue, problem: "it is damaged: \(error.message ?? "unreadable")"))
            } catch {
                throw VaultDatabase.refusal(error, "checking \"\(path)\"")
            }
        }
        return findings
    }

    /// Bytes that sealing adds to a chunk.
    private static let tagBytes = 16
    private static let chunkBytes = 1 << 20

    /// What SQLite cannot know: contents nobody can open, chunks that are missing or of the wrong length.
    private static func letterProblems(_ database: Database) throws -> [String] {
        var problems: [String] = []
        func note(_ sql: String, _ words: (Int) -> String) throws {
            let count = try Int.fetchOne(database, sql: sql) ?? 0
            if count > 0 { problems.append(words(count)) }
        }
        let users = try contentUsers(database).map { table in
            "SELECT content_id FROM \(table.quotedDatabaseIdentifier)"
        }
        if !users.isEmpty {
            try note("SELECT count(*) FROM contents WHERE id NOT IN (\(users.joined(separator: " UNION ALL ")))") {
                "\($0) contents belong to no letter; hint: the running gateway deletes them within 10 minutes"
            }
        }
        try note(
            """
            SELECT count(*) FROM contents WHERE chunk_count <> (SELECT count(*) FROM chunks WHERE content_id = id)
                OR (SELECT coalesce(max(number), -1) FROM chunks WHERE content_id = id) <> chunk_count - 1
            """
        ) { "\($0) contents lack chunks, or have too many; hint: their letters do not open: revoke them, or restore" }
        try note(
            """
            SELECT count(*) FROM contents WHERE
                plain_bytes + \(tagBytes) * chunk_count
                    <> (SELECT sum(length(sealed)) FROM chunks WHERE content_id = id)
                OR EXISTS (SELECT 1 FROM chunks WHERE content_id = id AND number < chunk_count - 1
                    AND length(sealed) <> \(chunkBytes + tagBytes))
            """
        ) { "\($0) contents are not as long as they say; hint: their letters do not open: revoke them, or restore" }
        try note("SELECT count(*) FROM letters WHERE id NOT IN (SELECT letter_id FROM attempts)") {
            "\($0) letters have no count of attempts; hint: they cannot be opened: revoke them"
        }
        return problems
    }

    /// Tables whose rows keep a content alive: they refer to it and do not go with it.
    private static func contentUsers(_ database: Database) throws -> [String] {
        try VaultFile.tables(database).filter { table in
            try Row.fetchAll(database, sql: "PRAGMA foreign_key_list(\(table.quotedDatabaseIdentifier))").contains {
                row in
                let parent = String.fromDatabaseValue(row["table"] as DatabaseValue)
                let column = String.fromDatabaseValue(row["from"] as DatabaseValue)
                let deletion = String.fromDatabaseValue(row["on_delete"] as DatabaseValue)
                return parent == "contents" && column == "content_id" && deletion != "CASCADE"
            }
        }
    }
}
