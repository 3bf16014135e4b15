// The walls around letterlock-seal and the gpg that it starts: gpg reads certificates of strangers. What of them cannot
// stand is told to the gateway, and the work is done all the same: without letterlock-seal gpg would have none at all.

import Glibc
import POSIX
import Walls

/// Puts walls up.
package struct EncryptorWalls: Sendable {
    /// Address space of each process, in bytes: gpg takes some megabytes whatever the message.
    private static let memoryBytes = 512 << 20
    /// Channels, and three files for a request on its way.
    private static let openFiles = 256
    /// What libgcrypt reads at its start.
    private static let readable = [
        "/etc/gcrypt", "/proc/sys/crypto", "/dev/urandom", "/dev/random", "/usr/share/gnupg",
    ]

    private let walls: Walls
    private let isScript: Bool

    /// - Parameters:
    ///   - program: gpg.
    ///   - folder: what the requests name lies in it.
    package init(program: String, folder: String) {
        // Libraries of a gpg that was installed elsewhere.
        let prefix = Descriptors.folder(of: Descriptors.folder(of: program))
        let readable = Self.readable + (prefix == "/" ? [] : ["\(prefix)/lib"]) + [folder]
        walls = Walls(readable: readable, programs: [program], calls: .childrenAndPackets)
        isScript = Self.isScript(program)
    }

    /// Puts the walls up, as far as they can stand.
    /// - Parameter outputBytes: how far a file may grow that is open already.
    /// - Returns: what does not stand, in words.
    package func raise(outputBytes: Int = 0) -> [String] {
        // What a script wants to start and to read, nobody knows.
        if isScript { return ["gpg.program is a script"] }
        let lacks = Walls.lacks()
        var failed = [
            Walls.limit(memoryBytes: Self.memoryBytes, outputBytes: outputBytes, openFiles: Self.openFiles)
        ]
        // What the kernel lacks is said once.
        if !lacks.contains(where: { $0.contains("Landlock") }) { failed.append(walls.fence()) }
        if !lacks.contains(where: { $0.contains("seccomp") }) { failed.append(walls.filter()) }
        return lacks + failed.compactMap { $0 }
    }

    /// Tries what must not be possible, from inside.
    /// - Returns: one line for each, and whether all was denied.
    package func selfTest() -> (lines: [String], isTight: Bool) { walls.selfTest() }

    private static func isScript(_ program: String) -> Bool {
        let file = open(program, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        var beginning: [UInt8] = [0, 0]
        return read(file, &beginning, 2) == 2 && beginning == Array("#!".utf8)
    }
}
