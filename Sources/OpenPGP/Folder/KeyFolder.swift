// The folder of certificates as the file system shows it: which files there are, and which are new or changed since the
// last look. Where the folder can be watched (FolderWatch.swift), a look costs a fixed number of system calls, and one
// or two more for each file that has changed, changed in the last seconds, or can change unseen: a symbolic or
// hard link, a mount. Else a look costs one stat for the folder and one for each file.
// Touches that folder only, and writes nothing. Not safe for threads: the keyring owns it.

import Glibc
package import Mail
import POSIX

/// System calls made to look at the folder, since the beginning: looks must stay cheap however many files there are.
package struct LookEffort: Sendable, Equatable {
    /// stat(2) and lstat(2), of the folder and of files.
    package internal(set) var stats = 0
    /// Times the folder's names were read.
    package internal(set) var listings = 0
    /// Files read.
    package internal(set) var reads = 0
    /// Calls to ask the kernel what has changed.
    package internal(set) var watchCalls = 0

    /// What was done from an earlier time on.
    package static func - (later: Self, earlier: Self) -> Self {
        var between = later
        between.stats -= earlier.stats
        between.listings -= earlier.listings
        between.reads -= earlier.reads
        between.watchCalls -= earlier.watchCalls
        return between
    }
}

/// One folder of certificates.
package struct KeyFolder {
    /// What a look found.
    package enum Look: Equatable {
        /// Nothing is new, changed or gone.
        case unchanged
        /// Files that are gone, and those to be read (again).
        case changed(gone: Set<String>, toRead: Set<String>)
        /// The folder cannot be read; why.
        case unreadable(String)
    }

    /// Names that count: `bob.asc`, `bob.gpg`; not `bob.asc~`, `.bob.asc.swp`, `README.md`.
    static let suffixes = [".asc", ".gpg", ".pgp", ".key", ".pub"]
    /// Largest file that is read, in bytes. A keyring of 20 000 certificates is about this large.
    static let fileLimitBytes = 64 * 1024 * 1024

    private struct File {
        let path: String
        /// As at the last look; nil where the file is not there or is no regular file.
        var identity: FileStamp?
        /// False where it may have changed again since, unseen by its times.
        var isSettled = false
        /// True where it can change through another name, unseen by the watch.
        var isShared = false
    }

    /// Path as it was given.
    package let path: String
    /// The folder itself, as it was when its names were read.
    private(set) var identity: FileStamp?
    private var counted = LookEffort()
    private var isSettled = false
    /// By name.
    private var files: [String: File] = [:]
    /// Names of files that a look looks at whatever the watch says.
    private var restless: Set<String> = []
    private var presentCount = 0
    private var watch: KeptWatch
    private let nowSeconds: () -> Int

    /// Nothing is read before the first look.
    /// - Parameters:
    ///   - watching: begins a watch on a folder; throws where there can be none.
    ///   - nowSeconds: the clock of the file system's times, seconds since 1970.
    ///   - note: is told once why the folder is not watched, or that something was lost.
    package init(
        path: String, watching: @escaping (String) throws(NoWatch) -> FolderWatch = FolderWatch.init,
        nowSeconds: @escaping () -> Int = { time(nil) }, note: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.path = path
        self.nowSeconds = nowSeconds
        watch = KeptWatch(path, make: watching, note: note)
    }

    /// System calls so far.
    package var effort: LookEffort {
        var all = counted
        all.watchCalls = watch.totalCalls
        return all
    }

    /// True where the last look found no file with a certificate's name.
    package var isEmpty: Bool { presentCount == 0 }

    /// True where the last look found this file.
    package func contains(_ name: String) -> Bool { files[name]?.identity != nil }

    /// Looks at the folder, and at those files that may have changed.
    package mutating func look() -> Look {
        let now = nowSeconds()
        counted.stats += 1
        guard let found = FileStamp(path: path) else { return unreadable(SystemError()) }
        guard found.mode & S_IFMT == S_IFDIR else { return unreadable(SystemError(ENOTDIR)) }
        if case .names(let events) = watch.news(found, known: identity, now) {
            identity = found
            return look(at: events, now)
        }
        return lookAtAll(found, now)
    }

    private mutating func unreadable(_ error: SystemError) -> Look {
        isSettled = false
        watch.end()
        return .unreadable(error.description)
    }

    /// What the watch has told of, and what it does not tell of.
    private mutating func look(at events: FolderEvents, _ now: Int) -> Look {
        var gone: Set<String> = []
        var toRead: Set<String> = []
        for name in events.names.filter(Self.isCertificateName).union(restless) {
            let former = files[name]
            let file = lookAtFile(name, former, now)
            if let file, let found = file.identity {
                // Times are coarse: what was written may look the same.
                let isWritten = events.written.contains(name) || file.isShared && former?.isSettled == false
                if found != former?.identity || isWritten { toRead.insert(name) }
            } else if former?.identity != nil {
                gone.insert(name)
            }
            note(file, as: name)
        }
        return gone.isEmpty && toRead.isEmpty ? .unchanged : .changed(gone: gone, toRead: toRead)
    }

    private mutating func lookAtAll(_ found: FileStamp, _ now: Int) -> Look {
        let wasWatched = watch.isOn
        let isWatched = watch.renew(found, now)
        let stamp = watch.stamp ?? found
        var names = Set(files.keys)
        if isWatched || wasWatched || !isSettled || stamp != identity {
            counted.listings += 1
            guard let handle = opendir(path) else { return unreadable(SystemError()) }
            names = Set(DirectoryNames.read(handle).filter(Self.isCertificateName))
            closedir(handle)
            identity = stamp
            isSettled = stamp.isSettled(atSeconds: now)
        }
        let before = files
        var gone = Set(before.lazy.filter { $0.value.identity != nil }.map(\.key))
        var toRead: Set<String> = []
        (files, restless, presentCount) = ([:], [], 0)
        for name in names {
            let former = before[name]
            let file = lookAtFile(name, former.map { File(path: $0.path) }, now)
            if let found = file?.identity {
                gone.remove(name)
                if found != former?.identity || former?.isSettled == false { toRead.insert(name) }
            }
            note(file, as: name)
        }
        return gone.isEmpty && toRead.isEmpty ? .unchanged : .changed(gone: gone, toRead: toRead)
    }

    private mutating func note(_ file: File?, as name: String) {
        presentCount += (file?.identity == nil ? 0 : 1) - (files[name]?.identity == nil ? 0 : 1)
        files[name] = file
        if let file, file.isShared || file.identity != nil && !file.isSettled {
            restless.insert(name)
        } else {
            restless.remove(name)
        }
    }

    /// One lstat, and a stat for a symbolic link.
    /// - Parameter former: what was known of it. A file that was seen to be shared stays so until all files are looked
    ///   at again: a program that has it open by its other name can go on writing.
    /// - Returns: nil where there is nothing of this name.
    private mutating func lookAtFile(_ name: String, _ former: File?, _ now: Int) -> File? {
        var file = former ?? File(path: "\(path)/\(name)")
        file.identity = nil
        counted.stats += 1
        var status = stat()
        guard lstat(file.path, &status) == 0 else { return nil }
        if status.st_mode & S_IFMT == S_IFLNK {
            file.isShared = true
            counted.stats += 1
            guard stat(file.path, &status) == 0 else { return file }
        }
        let found = FileStamp(status)
        if status.st_nlink > 1 && found.isRegularFile || watch.isMount(name) { file.isShared = true }
        if found.isRegularFile { file.identity = found }
        file.isSettled = found.isSettled(atSeconds: now)
        return file
    }

    /// Reads a file.
    /// - Returns: its bytes, or why not.
    package mutating func read(_ name: String) -> Result<MessageBytes, KeyFileError> {
        counted.reads += 1
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
package enum KeyFileError: Error, Equatable, CustomStringConvertible {
    /// The system's words.
    case unreadable(String)
    /// It is no file of certificates.
    case tooBig(limitBytes: Int)

    /// For the end of a sentence that begins with the file's name.
    package var description: String {
        switch self {
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .tooBig(let limit): "is larger than limit \(limit) bytes"
        }
    }
}
