// Reading and writing whole files by descriptor: what a backup needs of the file system. Fails with a refusal of cause
// `storage` that names the path.

import Cryptography
import Glibc
import Links
import Mail

/// An open file; closed with its last owner.
final class PlainFile {
    private static let pieceBytes = 1 << 20

    let path: String
    private let descriptor: Int32

    /// Opens a file that is there. Never waits: a FIFO in its place would, for a writer that may not come.
    init(reading path: String) throws(Refusal) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure("opening \"\(path)\"") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw StateFolder.refusal("opening \"\(path)\": it is not a regular file")
        }
    }

    /// Makes a file that is not there.
    init(making path: String, mode: mode_t) throws(Refusal) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Self.failure("making \"\(path)\"") }
        // The process's umask has cut the mode.
        guard fchmod(descriptor, mode) == 0 else { throw Self.failure("setting the mode of \"\(path)\"") }
    }

    deinit { close(descriptor) }

    var size: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : -1
    }

    /// Up to so many bytes; fewer only at the end.
    func read(_ count: Int) throws(Refusal) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(0, count))
        var filled = 0
        while filled < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                let rest = UnsafeMutableRawBufferPointer(rebasing: $0[filled...])
                return Glibc.read(descriptor, rest.baseAddress, rest.count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw Self.failure("reading \"\(path)\"") }
            if got == 0 { break }
            filled += got
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }

    func write(_ bytes: [UInt8]) throws(Refusal) {
        var written = 0
        while written < bytes.count {
            let put = bytes.withUnsafeBytes {
                let rest = UnsafeRawBufferPointer(rebasing: $0[written...])
                return Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if put < 0, errno == EINTR { continue }
            guard put > 0 else { throw Self.failure("writing \"\(path)\"") }
            written += put
        }
    }

    /// Copies so many bytes from another file.
    /// - Returns: their SHA-256.
    func copy(_ count: Int, from source: PlainFile) throws(Refusal) -> [UInt8] {
        try Self.digest(count, of: source) { (piece) throws(Refusal) in try write(piece) }
    }

    /// SHA-256 of the next so many bytes.
    static func digest(
        _ count: Int, of source: PlainFile, each: ([UInt8]) throws(Refusal) -> Void = { _ in }
    ) throws(Refusal) -> [UInt8] {
        do {
            let stream = try SHA256Stream()
            var left = count
            while left > 0 {
                let piece = try source.read(min(left, pieceBytes))
                guard !piece.isEmpty else { throw StateFolder.refusal("reading \"\(source.path)\": it ends too early") }
                try stream.add(piece[...])
                try each(piece)
                left -= piece.count
            }
            return try stream.finish()
        } catch let error as CryptographyError {
            throw error.refusal
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw StateFolder.refusal("reading \"\(source.path)\": \(error)")  // unreachable
        }
    }

    func sync() throws(Refusal) {
        guard fsync(descriptor) == 0 else { throw Self.failure("syncing \"\(path)\"") }
    }

    static func failure(_ doing: String) -> Refusal {
        StateFolder.refusal("\(doing): \(String(cString: strerror(errno)).lowercased())")
    }

    /// Puts one file in the place of another, at once, and sees to it that a power cut does not undo it.
    static func move(_ from: String, to: String) throws(Refusal) {
        guard rename(from, to) == 0 else { throw failure("moving \"\(from)\" to \"\(to)\"") }
        let folder = to.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let descriptor = open(folder.isEmpty ? (to.hasPrefix("/") ? "/" : ".") : folder, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        _ = fsync(descriptor)
    }
}
