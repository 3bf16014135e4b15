// Makes the folders and empty database files of the state with their final permissions, before anything is in them.
// Takes paths; touches only these; fails with a refusal of cause `storage` that names the path (for the log only).

import Glibc
import Mail

/// A folder that holds one database, and its permissions.
struct StateFolder: Sendable {
    /// Who may come in.
    enum Sharing: Sendable {
        /// The gateway alone: folder 0700, file 0600.
        case ownerOnly
        /// The gateway and the portal's user, through their common group: folder 2770 (new files take the folder's
        /// group), file 0660. SQLite gives its `-wal` and `-shm` files the mode of the database file.
        case group

        var folderMode: mode_t { self == .ownerOnly ? 0o700 : 0o2770 }
        var fileMode: mode_t { self == .ownerOnly ? 0o600 : 0o660 }
    }

    let path: String
    let sharing: Sharing

    /// Makes the folder (and its parents) and the empty file, or checks that what is there is not wider.
    /// - Returns: the file's path.
    /// - Throws: a refusal of cause `storage`.
    func prepare(file name: String) throws(Refusal) -> String {
        try makeFolder()
        let filePath = "\(path)/\(name)"
        // O_NOFOLLOW: who can write in the shared folder must not be able to lead the gateway to another file.
        // O_PATH for one that is there: to close any other descriptor of it would drop the locks that SQLite holds on
        // it.
        var descriptor = open(filePath, Self.pathOnly | O_NOFOLLOW | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT {
            descriptor = open(filePath, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, sharing.fileMode)
        }
        guard descriptor >= 0 else { throw failure("opening \"\(filePath)\"") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("reading the mode of \"\(filePath)\"") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Self.refusal("opening \"\(filePath)\": it is \(Self.kind(status.st_mode)), not a regular file")
        }
        // The process's umask has cut the mode of a new file.
        if status.st_mode & 0o777 != sharing.fileMode, chmod("/proc/self/fd/\(descriptor)", sharing.fileMode) != 0,
            !isNarrowEnough(status.st_mode, sharing.fileMode)
        {
            throw failure("setting mode \(octal(sharing.fileMode)) of \"\(filePath)\"")
        }
        try syncFolder()
        return filePath
    }

    /// The path of a file that somebody else must have made (the portal never makes the database).
    /// - Throws: a refusal of cause `storage` with a hint where it is not there.
    func existing(file name: String) throws(Refusal) -> String {
        let filePath = "\(path)/\(name)"
        var status = stat()
        guard lstat(filePath, &status) == 0 else {
            throw failure("opening \"\(filePath)\"", hint: "the gateway makes it: start letterlock first")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Self.refusal("opening \"\(filePath)\": it is \(Self.kind(status.st_mode)), not a regular file")
        }
        return filePath
    }

    /// O_PATH of <fcntl.h>, which is behind _GNU_SOURCE.
    private static let pathOnly: Int32 = 0o10_000_000

    private static func kind(_ mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFLNK: "a symbolic link"
        case S_IFDIR: "a folder"
        case S_IFIFO: "a FIFO"
        case S_IFSOCK: "a socket"
        default: "a device"
        }
    }

    private func makeFolder() throws(Refusal) {
        var parent = ""
        for part in path.split(separator: "/").dropLast() {
            parent += (parent.isEmpty && !path.hasPrefix("/") ? "" : "/") + part
            if mkdir(parent, 0o755) != 0, errno != EEXIST { throw failure("making the folder \"\(parent)\"") }
        }
        if mkdir(path, sharing.folderMode) != 0, errno != EEXIST { throw failure("making the folder \"\(path)\"") }
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure("reading the mode of \"\(path)\"") }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw Self.refusal("using \"\(path)\": it is not a folder") }
        if status.st_mode & 0o7777 != sharing.folderMode, chmod(path, sharing.folderMode) != 0,
            !isNarrowEnough(status.st_mode, sharing.folderMode)
        {
            throw failure("setting mode \(octal(sharing.folderMode)) of \"\(path)\"")
        }
    }

    /// A file system that cannot change modes, or another owner, is no harm as long as nobody more is let in.
    private func isNarrowEnough(_ mode: mode_t, _ wanted: mode_t) -> Bool { mode & 0o777 & ~wanted == 0 }

    /// The directory entry of a new file must survive a power cut like the file itself.
    private func syncFolder() throws(Refusal) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("opening \"\(path)\"") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("syncing \"\(path)\"") }
    }

    private func octal(_ mode: mode_t) -> String { "0" + String(mode, radix: 8) }

    private func failure(_ doing: String, hint: String? = nil) -> Refusal {
        let reason = String(cString: strerror(errno)).lowercased()
        return Self.refusal("\(doing): \(reason)" + (hint.map { "; hint: \($0)" } ?? ""))
    }

    static func refusal(_ detail: String) -> Refusal {
        Refusal(.storage, "local storage is not available, try again later", detail: detail)
    }
}
