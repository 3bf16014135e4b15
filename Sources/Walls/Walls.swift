// Walls around a program of ours: limits of the kernel, Landlock for files and TCP, seccomp for everything else. They
// are put up once and cannot be taken down; what is started inside stays inside. Touches its own process.

import CSandbox
import Glibc
import POSIX

/// What a program may still do behind its walls.
package struct Walls: Sendable {
    /// System calls beside those of any program.
    package enum Calls: Sendable {
        /// Files in memory.
        case memoryFiles
        /// Packets over sockets that are open already, and ending its own children.
        case childrenAndPackets
    }

    /// Libraries and what the C library reads.
    private static let libraries = [
        "/usr/lib", "/lib", "/lib64", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/usr/share/locale",
    ]
    /// Loaders of programs, which count as programs.
    private static let loaders = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"]

    private let readable: [String]
    private let programs: [String]
    private let calls: Calls

    /// Walls from what is left open.
    /// - Parameters:
    ///   - readable: files and folders that can be read, beside the libraries of the system.
    ///   - programs: what may be started.
    package init(readable: [String], programs: [String], calls: Calls) {
        self.readable = readable
        self.programs = programs
        self.calls = calls
    }

    /// Walls that cannot stand here, in words.
    package static func lacks() -> [String] {
        (letterlock_landlock_version() == 0 ? ["this kernel has no Landlock"] : [])
            + (letterlock_has_seccomp() == 0 ? ["this kernel has no seccomp filters"] : [])
    }

    /// Closes all files but 0, 1 and 2, and bounds what the process and its children may use.
    /// - Parameters:
    ///   - memoryBytes: address space of each process.
    ///   - outputBytes: how far a file may grow that is open already.
    /// - Returns: why that failed, or nil.
    package static func limit(memoryBytes: Int, outputBytes: Int = 0, openFiles: Int = 64) -> String? {
        let failed = letterlock_limit(
            UInt64(max(0, memoryBytes)), UInt64(max(0, outputBytes)), UInt64(max(0, openFiles)))
        return failed == 0 ? nil : "limits: error \(failed)"
    }

    /// From now on only what is left open can be read and started; nothing can be written.
    /// - Returns: why that failed, or nil.
    package func fence() -> String? {
        let failed = Self.withStrings(Self.libraries + readable) { readable in
            Self.withStrings(programs + Self.loaders) { programs in
                letterlock_landlock(readable.baseAddress, readable.count, programs.baseAddress, programs.count)
            }
        }
        return failed == 0 ? nil : "landlock: error \(failed)"
    }

    /// From now on only these system calls work.
    /// - Returns: why that failed, or nil.
    package func filter() -> String? {
        let failed =
            switch calls {
            case .memoryFiles: letterlock_seccomp()
            case .childrenAndPackets: letterlock_seccomp_starter()
            }
        return failed == 0 ? nil : "seccomp: error \(failed)"
    }

    /// Tries what must not be possible, from inside.
    /// - Returns: one line for each, and whether all was denied.
    package func selfTest() -> (lines: [String], isTight: Bool) {
        var tries: [(String, Int32)] = [
            ("open a socket", letterlock_try_socket()),
            ("read /etc/passwd", letterlock_try_open("/etc/passwd", 0)),
            ("read the memory of a process", letterlock_try_open("/proc/self/mem", 0)),
            ("write into /tmp", letterlock_try_open("/tmp/letterlock-self-test", 1)),
            ("run /bin/sh", letterlock_try_exec("/bin/sh")),
            ("trace", letterlock_try_trace()),
            ("make a namespace", letterlock_try_namespace()),
        ]
        // Who may end children may signal; only newer versions of Landlock keep that from others.
        if case .memoryFiles = calls { tries.append(("signal another process", letterlock_try_kill(getppid()))) }
        let lines = tries.map { what, error in
            error == 0 ? "\(what): NOT DENIED" : "\(what): denied (\(SystemError(error).words))"
        }
        return (lines, tries.allSatisfy { $0.1 != 0 })
    }

    private static func withStrings(
        _ strings: [String], _ body: (UnsafeBufferPointer<UnsafePointer<CChar>?>) -> Int32
    ) -> Int32 {
        let copies = strings.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return copies.map { UnsafePointer($0) }.withUnsafeBufferPointer(body)
    }
}
