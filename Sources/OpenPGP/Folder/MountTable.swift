// What is mounted where, as proc(5) tells it in `/proc/self/mountinfo`. Reads that file.

import Glibc

/// The mounts that this process sees.
package struct MountTable: Sendable, Equatable {
    /// One of them.
    package struct Mount: Sendable, Equatable {
        /// As `/proc/self/fdinfo` has it of open files (`mnt_id`).
        package let id: String
        /// Where it is mounted.
        package let point: String
        /// Its kind: `ext4`, `nfs4`.
        package let fileSystem: String
    }

    /// In the order of the file.
    package let mounts: [Mount]

    /// Of a file's text; lines that are none are left out.
    package init(text: String) {
        mounts = text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let dash = words.firstIndex(of: "-"), dash >= 6, dash + 1 < words.endIndex else { return nil }
            return Mount(id: String(words[0]), point: Self.plain(words[4]), fileSystem: String(words[dash + 1]))
        }
    }

    /// Of the open file, from its beginning. nil where it cannot be read.
    init?(descriptor: Int32) {
        guard let text = Self.text(descriptor) else { return nil }
        self.init(text: text)
    }

    /// The names in a folder, given by its path without symbolic links, on which something is mounted.
    package func names(in folder: String) -> Set<String> {
        let start = folder == "/" ? "/" : "\(folder)/"
        return Set(
            mounts.filter { $0.point.hasPrefix(start) }.map { $0.point.dropFirst(start.count) }
                .filter { !$0.isEmpty && !$0.contains("/") }.map(String.init))
    }

    /// The kind of the file system that an open file lies on, or nil where the tables do not say.
    func fileSystem(of descriptor: Int32) -> String? {
        let info = open("/proc/self/fdinfo/\(descriptor)", O_RDONLY | O_CLOEXEC)
        guard info >= 0 else { return nil }
        defer { close(info) }
        guard let text = Self.text(info) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("mnt_id:") }
        guard let id = line?.split(whereSeparator: \.isWhitespace).last else { return nil }
        return mounts.first { $0.id == id }?.fileSystem
    }

    /// All of a file of proc(5), read from its beginning whatever was read of it before.
    private static func text(_ descriptor: Int32) -> String? {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = pread(descriptor, &piece, piece.count, off_t(bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece[..<count]
        }
    }

    /// Takes `\040` and its like back.
    private static func plain(_ word: Substring) -> String {
        guard word.utf8.contains(UInt8(ascii: "\\")) else { return String(word) }
        var bytes: [UInt8] = []
        var rest = Array(word.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3).compactMap { (48...55).contains($0) ? Int($0) - 48 : nil }
            if byte == UInt8(ascii: "\\"), digits.count == 3 {
                bytes.append(UInt8(truncatingIfNeeded: digits[0] << 6 | digits[1] << 3 | digits[2]))
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
