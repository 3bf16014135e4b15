// What a file system tells about a file without opening it: whether a name still leads to the same file, and whether
// the file may have changed since it was read. One stat(2) each; nothing else is touched.

package import Glibc

/// A file by device and number, whatever its name and contents.
package struct FileIdentity: Sendable, Hashable {
    /// `st_dev`.
    package let device: UInt64
    /// `st_ino`.
    package let number: UInt64

    /// - Parameter status: as stat(2) fills it.
    package init(_ status: stat) {
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
    }

    /// The file of a name; a symbolic link is not followed. nil: there is none, and `errno` says why.
    package init?(path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}

/// The state of a file: equal as long as it is the same file and nobody has written to it or changed its mode.
package struct FileStamp: Sendable, Hashable {
    /// A time of the file system.
    private struct Moment: Sendable, Hashable {
        let seconds: Int
        let nanoseconds: Int

        init(_ time: timespec) {
            seconds = time.tv_sec
            nanoseconds = time.tv_nsec
        }
    }

    /// Which file it is.
    package let identity: FileIdentity
    /// Its size.
    package let bytes: Int64
    /// Kind and permissions, `st_mode`.
    package let mode: mode_t
    private let modified: Moment
    private let changed: Moment

    /// - Parameter status: as stat(2) fills it.
    package init(_ status: stat) {
        identity = FileIdentity(status)
        bytes = Int64(status.st_size)
        mode = status.st_mode
        modified = Moment(status.st_mtim)
        changed = Moment(status.st_ctim)
    }

    /// The file of a name; symbolic links are followed. nil: there is none, and `errno` says why.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// An open file. nil where the descriptor is none, and `errno` says why.
    package init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// In words, for another run of the program to compare.
    package var words: String {
        "\(identity.device):\(identity.number) \(bytes) \(modified.seconds).\(modified.nanoseconds) "
            + "\(changed.seconds).\(changed.nanoseconds)"
    }
    /// True for a regular file.
    package var isRegularFile: Bool { mode & S_IFMT == S_IFREG }
    /// Read, write and execute bits, `0o777` at most.
    package var permissions: mode_t { mode & 0o777 }

    /// False where the file changed so short before `nowSeconds` that it may change again within the clock's tick,
    /// unseen.
    package func isSettled(atSeconds nowSeconds: Int) -> Bool {
        max(modified.seconds, changed.seconds) < nowSeconds - 2
    }
}
