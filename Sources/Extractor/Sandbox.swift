// The walls around letterlock-extract. Without all of them nothing is read. They are put up once, before the first byte
// of a stranger.

import CSandbox
import Walls

/// Walls.
package enum Sandbox {
    /// What may be read: charsets, fonts and data of poppler, the database of libmagic.
    private static let readable = [
        "/usr/share/poppler", "/usr/share/fonts", "/usr/share/fontconfig", "/etc/fonts", "/var/cache/fontconfig",
        "/usr/share/misc", "/usr/share/file", "/etc/magic", "/etc/magic.mime",
    ]

    /// Puts the walls up.
    /// - Parameters:
    ///   - programs: what may be started.
    ///   - outputBytes: how far a file may grow that is open already: standard output of the self-test may be one.
    /// - Returns: why that failed, or nil.
    package static func raise(memoryBytes: Int, programs: [String], outputBytes: Int = 0) -> String? {
        if let lack = Walls.lacks().first { return lack }
        let walls = walls(programs)
        return Walls.limit(memoryBytes: memoryBytes, outputBytes: outputBytes) ?? walls.fence() ?? walls.filter()
    }

    /// CPU time from now on.
    package static func limitCPU(seconds: Int) { _ = letterlock_limit_cpu(UInt64(max(1, seconds))) }

    /// Tries what must not be possible, from inside.
    /// - Returns: one line for each, and whether all was denied.
    package static func selfTest() -> (lines: [String], isTight: Bool) { walls([]).selfTest() }

    private static func walls(_ programs: [String]) -> Walls {
        Walls(readable: readable, programs: programs, calls: .memoryFiles)
    }
}
