// Reading columns without traps: the letters database lies in a folder that the portal's user can write, so its rows
// are input, not our own memory. A column of the wrong type is an error, where GRDB's subscripts would end the process.

import GRDB
import Mail

extension Row {
    /// An integer column. - Throws: a refusal of cause `storage` for another type or NULL.
    func integer(_ column: String) throws -> Int64 {
        guard let value = (self[column] as DatabaseValue?).flatMap(Int64.fromDatabaseValue) else {
            throw damaged(column)
        }
        return value
    }

    /// An integer column, or nil for NULL. - Throws: as ``integer(_:)``.
    func optionalInteger(_ column: String) throws -> Int64? {
        guard let value = self[column] as DatabaseValue?, !value.isNull else { return nil }
        return try integer(column)
    }

    /// An integer column in the range of Int. - Throws: as ``integer(_:)``.
    func count(_ column: String) throws -> Int {
        guard let value = Int(exactly: try integer(column)), value >= 0 else { throw damaged(column) }
        return value
    }

    /// A text column. - Throws: as ``integer(_:)``.
    func text(_ column: String) throws -> String {
        guard let value = (self[column] as DatabaseValue?).flatMap(String.fromDatabaseValue) else {
            throw damaged(column)
        }
        return value
    }

    /// A text column, or nil for NULL. - Throws: as ``integer(_:)``.
    func optionalText(_ column: String) throws -> String? {
        guard let value = self[column] as DatabaseValue?, !value.isNull else { return nil }
        return try text(column)
    }

    /// A blob column. - Throws: as ``integer(_:)``.
    func bytes(_ column: String) throws -> [UInt8] {
        guard let value = self[column] as DatabaseValue?, case .blob(let data) = value.storage else {
            throw damaged(column)
        }
        return [UInt8](data)
    }

    private func damaged(_ column: String) -> Refusal {
        StateFolder.refusal("reading a row: column \"\(column)\" has an unexpected value")
    }
}
