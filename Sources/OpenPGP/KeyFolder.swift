// The folder of certificates as the file system shows it: which files there are, and which are new or changed since the
// last look. One stat for the folder and one for each file per look; names and contents are read only after a change.
// Touches that folder only, and writes nothing. Not safe for threads: the keyring owns it.

import Glibc
import Mail
import POSIX

/// System calls made to look at the folder, since the beginning: looks must stay cheap however many files there are.
package struct LookEffort: Sendable, Equatable {
    /// stat(2), of the folder and of files.
    package internal(set) var stats = 0
    /// Times the folder's names were read.
    package internal(set) var listings = 0
    /// Files read.
    package internal(set) var reads = 0
}

/// One folder of certificates.
struct KeyFolder {
    /// What a look found.
    enum Look {
        /// Nothing is new, changed or gone.
        case unchanged
        /// All files with a certificate's name, and those of them to be read (again).
        case changed(present: Set<String>, toRead: Set<String>)
        /// The folder cannot be read; why.
        case unreadable(String)
    }

    /// Names that count: `bob.asc`, `bob.gpg`; not `bob.asc~`, `.bob.asc.swp`, `README.md`.
    static let suffixes = [".asc", ".gpg", ".pgp", ".key", ".pub"]
    /// Largest file that is read, in bytes. A keyring of 20 000 certificates is about this large.
    static let fileLimitBytes = 64 * 1024 * 1024

    private struct File {
        let name: String
        let path: String
        /// As at the last look; nil where the file is not there or is no regular file.
        var identity: FileStamp?
        /// False where it must be read again even if it looks the same.
        var isSettled = false
    }

    /// Path as it was given.
    let path: String
    /// System calls so far.
    private(set) var effort = LookEffort()
    /// The folder itself, as it was when its names were read.
    private(set) var identity: FileStamp?
    private var isSettled = false
    private var files: [File] = []

    /// True where the last look found no file with a certificate's name.
    var isEmpty: Bool { files.allSatisfy { $0.identity == nil } }

    init(path: String) { self.path = path }

    /// Looks at the folder and at every file in it.
    mutating func look() -> Look {
        let now = time(nil)
        guard let found = identity(of: path) else { return .unreadable(SystemError().description) }
        var isNew = false
        if !isSettled || found != identity {
            effort.listings += 1
            guard let handle = opendir(path) else {
                isSettled = false
                return .unreadable(SystemError().description)
            }
            let names = DirectoryNames.read(handle).filter(Self.isCertificateName)
            closedir(handle)
            isNew = rename(to: names)
            identity = found
            isSettled = found.isSettled(atSeconds: now)
        }
        let (toRead, isGone) = lookAtFiles(now)
        guard isNew || isGone || !toRead.isEmpty else { return .unchanged }
        return .changed(present: Set(files.filter { $0.identity != nil }.map(\.name)), toRead: toRead)
    }

    /// Takes new names over, with what is known of the old ones.
    /// - Returns: true where a name went away.
    private mutating func rename(to names: [String]) -> Bool {
        let known = Dictionary(files.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        files = names.map { known[$0] ?? File(name: $0, path: "\(path)/\($0)") }
        return !Set(known.keys).isSubset(of: names)
    }

    private mutating func lookAtFiles(_ now: Int) -> (toRead: Set<String>, isGone: Bool) {
        var toRead: Set<String> = []
        var isGone = false
        for index in files.indices {
            let found = identity(of: files[index].path, regularOnly: true)
            if let found {
                if found != files[index].identity || !files[index].isSettled { toRead.insert(files[index].name) }
                files[index].isSettled = found.isSettled(atSeconds: now)
            } else if files[index].identity != nil {
                isGone = true
            }
            files[index].identity = found
        }
        return (toRead, isGone)
    }

    private mutating func identity(of path: String, regularOnly: Bool = false) -> FileStamp? {
        effort.stats += 1
        guard let found = FileStamp(path: path), !regularOnly || found.isRegularFile else { return nil }
        return found
    }

    /// Reads a file.
    /// - Returns: its bytes, or why not.
    mutating func read(_ name: String) -> Result<MessageBytes, KeyFileError> {
        effort.reads += 1
        // Not blocking: a pipe that took the file's name must not hold up all mail.
        let file = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return .failure(.unreadable(SystemError().description)) }
        defer { close(file) }
        var builder = MessageBytes.Builder()
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(file, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .failure(.unreadable(SystemError().description)) }
            if count == 0 {
                do { return .success(try builder.finish()) } catch { return .failure(.unreadable(error.detail)) }
            }
            guard builder.count + count <= Self.fileLimitBytes else {
                return .failure(.tooBig(limitBytes: Self.fileLimitBytes))
            }
            piece.withUnsafeBytes { builder.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }

    /// The folded address that a file is named after (`bob@example.org.asc`), or nil.
    static func address(inName name: String) -> String? {
        guard let suffix = suffixes.first(where: { name.lowercased().hasSuffix($0) }) else { return nil }
        return Mailbox(String(name.dropLast(suffix.count)))?.folded
    }

    static func isCertificateName(_ name: String) -> Bool {
        !name.hasPrefix(".") && suffixes.contains { name.lowercased().hasSuffix($0) }
    }
}

/// Why a file gives no certificate.
enum KeyFileError: Error, Equatable, CustomStringConvertible {
    case unreadable(String)
    case tooBig(limitBytes: Int)

    var description: String {
        switch self {
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .tooBig(let limit): "is larger than limit \(limit) bytes"
        }
    }
}
