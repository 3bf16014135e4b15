// Errors of system calls by the name that the C library gives them. Pure.

import Glibc

/// Why a system call failed.
package struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
    /// As errno(3) has it.
    package let code: Int32

    /// - Parameter code: `errno` by default: read before any other call.
    package init(_ code: Int32 = errno) { self.code = code }

    /// `No such file or directory`.
    package var description: String { String(cString: strerror(code)) }
    /// `no such file or directory`: for the middle of a sentence.
    package var words: String { description.lowercased() }
}
