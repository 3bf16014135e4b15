// The names in an open folder, as text.

import Glibc

/// Reads folders without Foundation.
enum DirectoryNames {
    /// All names but `.` and `..`, in the folder's own order; names that are no UTF-8 are left out.
    static func read(_ handle: OpaquePointer) -> [String] {
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                String(validating: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let name, name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
