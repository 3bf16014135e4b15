// Where the running program lies, and what lies beside it. Reads /proc/self/exe; touches nothing else.

import Glibc

/// The program that runs.
package enum OwnProgram {
    /// The path of another program in the same folder, there or not.
    /// - Parameter name: such as `letterlock-extract`.
    package static func beside(_ name: String) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
        let path = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "\(Descriptors.folder(of: path))/\(name)"
    }
}
