// The walls around the program: limits of the kernel, Landlock for files and TCP, seccomp for everything else. Without
// all of them nothing is read. They are put up once, before the first byte of a stranger, and cannot be taken down.

import CSandbox
import Glibc
import POSIX

/// Walls.
package enum Sandbox {
    /// What may be read: libraries, charsets, fonts and data of poppler, the database of libmagic.
    private static let readable = [
        "/usr/lib", "/lib", "/lib64", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/usr/share/poppler",
        "/usr/share/fonts",
        "/usr/share/fontconfig", "/etc/fonts", "/var/cache/fontconfig", "/usr/share/misc", "/usr/share/file",
        "/etc/magic",
        "/etc/magic.mime", "/usr/share/locale",
    ]
    /// Loaders of programs, which count as programs.
    private static let loaders = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"]

    /// Why there can be no walls here, or nil.
    package static func lack() -> String? {
        if letterlock_landlock_version() == 0 { return "this kernel has no Landlock" }
        if letterlock_has_seccomp() == 0 { return "this kernel has no seccomp filters" }
        return nil
    }

    /// Puts the walls up.
    /// - Parameters:
    ///   - programs: what may be started.
    ///   - outputBytes: how far a file may grow that is open already: standard output of the self-test may be one.
    /// - Returns: why that failed, or nil.
    package static func raise(memoryBytes: Int, programs: [String], outputBytes: Int = 0) -> String? {
        if let lack = lack() { return lack }
        var failed = letterlock_limit(UInt64(max(0, memoryBytes)), UInt64(max(0, outputBytes)))
        if failed != 0 { return "limits: error \(failed)" }
        let programs = programs + loaders
        failed = withStrings(readable) { readable in
            withStrings(programs) { programs in
                letterlock_landlock(readable.baseAddress, readable.count, programs.baseAddress, programs.count)
            }
        }
        if failed != 0 { return "landlock: error \(failed)" }
        failed = letterlock_seccomp()
        return failed == 0 ? nil : "seccomp: error \(failed)"
    }

    /// CPU time from now on.
    package static func limitCPU(seconds: Int) { _ = letterlock_limit_cpu(UInt64(max(1, seconds))) }

    private static func withStrings(
        _ strings: [String], _ body: (UnsafeBufferPointer<UnsafePointer<CChar>?>) -> Int32
    ) -> Int32 {
        let copies = strings.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return copies.map { UnsafePointer($0) }.withUnsafeBufferPointer(body)
    }

    /// Tries what must not be possible, from inside.
    /// - Returns: one line for each, and whether all was denied.
    package static func selfTest() -> (lines: [String], isTight: Bool) {
        let tries: [(String, Int32)] = [
            ("open a socket", letterlock_try_socket()),
            ("signal another process", letterlock_try_kill(getppid())),
            ("read /etc/passwd", letterlock_try_open("/etc/passwd", 0)),
            ("read the memory of a process", letterlock_try_open("/proc/self/mem", 0)),
            ("write into /tmp", letterlock_try_open("/tmp/letterlock-self-test", 1)),
            ("run /bin/sh", letterlock_try_exec("/bin/sh")),
            ("trace", letterlock_try_trace()),
            ("make a namespace", letterlock_try_namespace()),
        ]
        let lines = tries.map { what, error in
            error == 0 ? "\(what): NOT DENIED" : "\(what): denied (\(SystemError(error).words))"
        }
        return (lines, tries.allSatisfy { $0.1 != 0 })
    }
}
