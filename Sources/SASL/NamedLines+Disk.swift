// Reading and writing such a file. A file that others can read, or the group can write, is refused: its verifiers
// are as good as a list of hashes to guess at. Writing is atomic: a new file, flushed, in the old one's place.

import Foundation
package import Mail
import POSIX

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
                file: path, message: "the file of users cannot be read: \(SystemError())",
                hint: isMissing ? Entry.missingHint(path) : nil)
        }
        defer { close(descriptor) }
        guard let stamp = FileStamp(descriptor: descriptor), stamp.isRegularFile else {
            throw Diagnostic(file: path, message: "the file of users is no regular file")
        }
        guard stamp.permissions & ~widestMode == 0 else {
            throw Diagnostic(
                file: path,
                message: "the file of users has mode 0\(String(stamp.permissions, radix: 8)), wider than 0640",
                hint: "chmod 0640 \(path)")
        }
        guard let bytes = (try? Descriptors.readAll(descriptor, atMost: mostBytes)) ?? nil else {
            throw Diagnostic(file: path, message: "the file of users exceeds \(mostBytes) bytes or cannot be read")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Diagnostic(file: path, message: "the file of users is not UTF-8")
        }
        return (try Self(text, file: path), stamp)
    }

    /// Changes the file: reads it (an empty one where there is none and `create`), lets `change` edit it, and puts the
    /// result in its place. Two commands at once wait for each other.
    package static func edit(_ path: String, create: Bool, _ change: (inout Self) throws -> Void) throws {
        let url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        let folder = url.deletingLastPathComponent().path
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else {
            throw Diagnostic(file: path, message: "the folder \"\(folder)\" cannot be opened: \(SystemError())")
        }
        // Closing gives the lock back.
        defer { close(directory) }
        guard flock(directory, LOCK_EX) == 0 else {
            throw Diagnostic(file: path, message: "the folder \"\(folder)\" cannot be locked: \(SystemError())")
        }
        let isThere = FileStamp(path: url.path) != nil
        var file = !isThere && create ? Self() : try read(path)
        try change(&file)
        try replace(url.path, isThere: isThere, with: Array(file.text.utf8))
    }

    private static func replace(_ path: String, isThere: Bool, with bytes: [UInt8]) throws(Diagnostic) {
        do throws(AtomicFile.Failure) {
            let file = try AtomicFile(replacing: path)
            // The group and owner of the old file are kept where we may; without, the mode stays narrow.
            if isThere { file.takeOwner(of: path, widest: widestMode) }
            try file.write(bytes)
            try file.commit(.fileAndName)
        } catch {
            let what =
                switch error.step {
                case .making: "a file beside it cannot be made"
                case .writing: "the file of users cannot be written"
                case .syncing: "the folder cannot be flushed"
                }
            throw Diagnostic(file: path, message: "\(what): \(error.error)")
        }
    }
}
