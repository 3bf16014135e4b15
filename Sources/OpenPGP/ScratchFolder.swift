// A folder of this process inside a given one, removed when it is released; what a killed process left behind is swept
// by the next one. A lock file tells the living from the dead: process ids mean nothing between containers.
// Touches the given folder only. Fails with Refusal of cause storage.

import Glibc
import Mail
import POSIX

/// A private folder (mode 0700) that lives as long as this value.
final class ScratchFolder: Sendable {
    /// Absolute path, without a slash at the end.
    let path: String
    private let lock: Int32

    private static let lockName = ".letterlock-scratch"
    /// A folder this young may not have its lock yet.
    private static let sweepAgeSeconds = 60

    /// - Parameter parent: made (0700) where it is missing.
    init(in parent: String) throws(Refusal) {
        let parent = Self.absolute(parent)
        guard !parent.contains("\n") else { throw Self.failure("a line break in the path", parent) }
        try Self.makeFolders(parent)
        Self.sweep(parent)
        let path = "\(parent)/\(String(UInt64.random(in: .min ... .max), radix: 36))"
        guard mkdir(path, 0o700) == 0 else { throw Self.failure("making the folder", path) }
        self.path = path
        self.lock = open("\(path)/\(Self.lockName)", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0 else { throw Self.failure("locking the folder", path) }
    }

    deinit {
        Self.remove(path)
        close(lock)
    }

    /// Removes what is in it, when it is known that nobody needs it any more: the end of a process may leave no time.
    func removeContents() {
        for name in Self.names(in: path) where name != Self.lockName { Self.remove("\(path)/\(name)") }
    }

    /// Makes a folder (0700) inside; no error where it is there already.
    func makeFolder(_ name: String) throws(Refusal) -> String {
        let folder = "\(path)/\(name)"
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw Self.failure("making the folder", folder) }
        return folder
    }

    /// Writes a file so that it is there as a whole or not at all.
    static func write(_ bytes: MessageBytes, to path: String) throws(Refusal) {
        // The file beside has a name of its own: several workers may write the same certificate at the same moment.
        do {
            let file = try AtomicFile(replacing: path)
            try bytes.forEachChunk { chunk in try file.write(chunk) }
            try file.commit(.none)
        } catch let error as AtomicFile.Failure {
            throw failure(error.step == .making ? "making the file" : "writing the file", path, error.error)
        } catch {
            throw error as? Refusal ?? failure("writing the file", path)
        }
    }

    /// The path seen from the root.
    static func absolute(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        guard !path.hasPrefix("/"), let current = getcwd(nil, 0) else { return path }
        defer { free(current) }
        return "\(String(cString: current))/\(path)"
    }

    private static func makeFolders(_ path: String) throws(Refusal) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/\(part)"
            guard mkdir(made, 0o700) == 0 || errno == EEXIST || errno == EROFS || errno == EACCES else {
                throw failure("making the folder", made)
            }
        }
        guard access(path, W_OK | X_OK) == 0 else { throw failure("using the folder", path) }
    }

    private static func failure(_ doing: String, _ path: String, _ error: SystemError = SystemError()) -> Refusal {
        Refusal(.storage, "local storage is not available", detail: "\(doing) \"\(path)\": \(error)")
    }

    /// Removes the folders of processes that are no more.
    private static func sweep(_ parent: String) {
        for name in names(in: parent) {
            let folder = "\(parent)/\(name)"
            var status = stat()
            guard stat(folder, &status) == 0, time(nil) - status.st_mtim.tv_sec > sweepAgeSeconds else { continue }
            let lock = open("\(folder)/\(lockName)", O_RDWR | O_CLOEXEC | O_NOFOLLOW)
            // Without a lock file it is none of ours.
            guard lock >= 0 else { continue }
            if flock(lock, LOCK_EX | LOCK_NB) == 0 { remove(folder) }
            close(lock)
        }
    }

    /// Removes a folder of ours: files, and folders with files, as deep as gpg makes them.
    static func remove(_ path: String, depth: Int = 4) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR, depth > 0 else {
            unlink(path)
            return
        }
        for name in names(in: path) { remove("\(path)/\(name)", depth: depth - 1) }
        rmdir(path)
    }

    private static func names(in folder: String) -> [String] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        return DirectoryNames.read(handle)
    }
}
