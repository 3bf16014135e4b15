// Reading and writing such a file. A file that others can read, or the group can write, is refused: its verifiers
// are as good as a list of hashes to guess at. Writing is atomic: a new file, flushed, in the old one's place.

import Foundation
package import Mail

/// Which state of a file has been read.
struct FileStamp: Equatable, Sendable {
    var device: UInt64
    var inode: UInt64
    var bytes: Int64
    var seconds: Int
    var nanoseconds: Int
    var changed: Int
    var changedNanoseconds: Int
    var mode: mode_t

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        bytes = Int64(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
        changed = status.st_ctim.tv_sec
        changedNanoseconds = status.st_ctim.tv_nsec
        mode = status.st_mode
    }

    /// nil where there is no such file.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}

extension NamedLines {
    /// Largest file that is read, in bytes: some 50 000 users.
    private static var mostBytes: Int { 16 * 1024 * 1024 }
    /// Permissions that the file may have.
    private static var widestMode: mode_t { 0o640 }

    /// Reads the file.
    /// - Throws: where it is not there, too open, too large or malformed.
    package static func read(_ path: String) throws(Diagnostic) -> Self { try stamped(path).file }

    /// The file, after its mode has been looked at, and the state it was read in.
    static func stamped(_ path: String) throws(Diagnostic) -> (file: Self, stamp: FileStamp) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let isMissing = errno == ENOENT
            throw Diagnostic(
                file: path, message: "the file of users cannot be read: \(words(errno))",
                hint: isMissing ? Entry.missingHint(path) : nil)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Diagnostic(file: path, message: "the file of users is no regular file")
        }
        guard status.st_mode & 0o777 & ~widestMode == 0 else {
            throw Diagnostic(
                file: path,
                message: "the file of users has mode 0\(String(status.st_mode & 0o777, radix: 8)), wider than 0640",
                hint: "chmod 0640 \(path)")
        }
        guard let bytes = contents(descriptor, atMost: mostBytes) else {
            throw Diagnostic(file: path, message: "the file of users exceeds \(mostBytes) bytes or cannot be read")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Diagnostic(file: path, message: "the file of users is not UTF-8")
        }
        return (try Self(text, file: path), FileStamp(status))
    }

    private static func contents(_ descriptor: Int32, atMost most: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= most else { return nil }
        }
    }

    /// Changes the file: reads it (an empty one where there is none and `create`), lets `change` edit it, and puts the
    /// result in its place. Two commands at once wait for each other.
    package static func edit(_ path: String, create: Bool, _ change: (inout Self) throws -> Void) throws {
        let url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        let folder = url.deletingLastPathComponent().path
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else {
            throw Diagnostic(file: path, message: "the folder \"\(folder)\" cannot be opened: \(words(errno))")
        }
        // Closing gives the lock back.
        defer { close(directory) }
        guard flock(directory, LOCK_EX) == 0 else {
            throw Diagnostic(file: path, message: "the folder \"\(folder)\" cannot be locked: \(words(errno))")
        }
        let isThere = FileStamp(path: url.path) != nil
        var file = !isThere && create ? Self() : try read(path)
        try change(&file)
        try replace(url.path, isThere: isThere, with: Array(file.text.utf8), in: directory)
    }

    private static func replace(
        _ path: String, isThere: Bool, with bytes: [UInt8], in directory: Int32
    ) throws(Diagnostic) {
        var template = Array("\(path).XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else {
            throw Diagnostic(file: path, message: "a file beside it cannot be made: \(words(errno))")
        }
        var isDone = false
        defer {
            close(descriptor)
            if !isDone { unlink(template) }
        }
        // mkstemp made it 0600. The group and owner of the old file are kept where we may; without, the mode stays narrow.
        var before = stat()
        if isThere, stat(path, &before) == 0, fchown(descriptor, before.st_uid, before.st_gid) == 0 {
            fchmod(descriptor, before.st_mode & widestMode)
        }
        guard write(bytes, to: descriptor), fsync(descriptor) == 0, rename(template, path) == 0 else {
            throw Diagnostic(file: path, message: "the file of users cannot be written: \(words(errno))")
        }
        isDone = true
        guard fsync(directory) == 0 else {
            throw Diagnostic(file: path, message: "the folder cannot be flushed: \(words(errno))")
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func words(_ code: Int32) -> String { String(cString: strerror(code)) }
}
