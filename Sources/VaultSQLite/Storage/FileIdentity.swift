// Which file a name leads to, so that one that is deleted, moved away or replaced beneath an open database is noticed:
// SQLite would go on writing to what nobody finds again.

import Glibc
import Mail

/// A file by device and number.
struct FileIdentity: Sendable, Equatable {
    private let device: UInt64
    private let number: UInt64

    /// nil: there is none of that name.
    init?(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino))
    }

    /// - Throws: ``UnusableFile`` where the name leads to another file by now, or to none.
    func check(_ path: String) throws {
        let now = FileIdentity(path)
        guard now != self else { return }
        throw now == nil ? Self.gone(path) : Self.problem(path, "has been replaced by another file")
    }

    /// That there is none of that name any more.
    static func gone(_ path: String) -> UnusableFile { problem(path, "has been deleted or moved away") }

    private static func problem(_ path: String, _ what: String) -> UnusableFile {
        UnusableFile(
            refusal: StateFolder.refusal(
                "\"\(path)\" \(what) while it was in use; hint: put it back, or restart letterlock"))
    }
}
