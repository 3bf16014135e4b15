// How SQLite opens files in a folder that another user can write: a layer over SQLite's own for Unix, for letters.db
// alone. It maps no memory of such a file (a program that cuts a mapped file short ends every process that maps it, by
// SIGBUS), follows no link, waits for no FIFO, and follows no name of another file that stands in a journal.
// Sources: https://www.sqlite.org/vfs.html, https://www.sqlite.org/c3ref/io_methods.html,
// https://www.sqlite.org/fileformat2.html#the_rollback_journal (the super-journal)

import GRDBSQLite
import Glibc
import Mail
import Synchronization

/// The layer. C structures of SQLite's are filled in once and live as long as the process.
enum SharedFiles {
    /// How the file's name and those of its companions begin.
    static let prefix = "letters.db"

    /// Oldest SQLite that is used: from 3.35.0 on.
    static let oldestVersion: Int32 = 3_035_000

    /// Puts the layer in place for all databases that are opened from now on. Once, or as often as one likes.
    /// - Throws: a refusal of cause `storage` where this SQLite is too old, or does not let itself be layered.
    static func install() throws(Refusal) {
        if let problem = versionProblem(sqlite3_libversion_number(), String(cString: sqlite3_libversion())) {
            throw StateFolder.refusal(problem)
        }
        guard installed == SQLITE_OK else {
            throw StateFolder.refusal("setting up SQLite's file layer: it is refused (sqlite \(installed))")
        }
    }

    /// Why a version of SQLite cannot be used; nil: it can.
    static func versionProblem(_ number: Int32, _ name: String) -> String? {
        guard number < oldestVersion else { return nil }
        return "opening the databases: this is SQLite \"\(name)\", and 3.35 is the oldest that can be used; "
            + "hint: install a newer libsqlite3"
    }

    // Written once, before `installed` has its value, and never again.
    nonisolated(unsafe) private static var original: UnsafeMutablePointer<sqlite3_vfs>?
    /// Address of the methods of such a file, without those that map it; 0: none has been opened yet.
    private static let methods = Mutex<UInt>(0)

    private static let installed: Int32 = {
        guard let found = sqlite3_vfs_find(nil) else { return SQLITE_ERROR }
        original = found
        // SQLite asks the kernel through this table; only its opening of files is ours.
        let opening: @convention(c) (UnsafePointer<CChar>?, CInt, CInt) -> CInt = { openRegular($0, $1, $2) }
        guard let replace = found.pointee.xSetSystemCall,
            replace(found, "open", unsafeBitCast(opening, to: sqlite3_syscall_ptr.self)) == SQLITE_OK
        else { return SQLITE_ERROR }
        let layer = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        layer.initialize(to: found.pointee)
        layer.pointee.pNext = nil
        layer.pointee.zName = UnsafePointer(strdup("letterlock"))
        layer.pointee.xOpen = { open($1, $2, $3, $4) }
        layer.pointee.xAccess = { exists($1, $2, $3) }
        layer.pointee.xFullPathname = { fullPath($1, $2, $3) }
        layer.pointee.xDelete = { _, name, sync in
            guard let original = SharedFiles.original else { return SQLITE_IOERR }
            return original.pointee.xDelete(original, name, sync)
        }
        return sqlite3_vfs_register(layer, 1)
    }()

    /// True for the file and its companions.
    private static func isShared(_ name: UnsafePointer<CChar>?) -> Bool {
        guard let name else { return false }
        let base = strrchr(name, 0x2f).map { UnsafePointer($0 + 1) } ?? name
        return strncmp(base, prefix, prefix.utf8.count) == 0
    }

    private static func open(
        _ name: UnsafePointer<CChar>?, _ file: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32,
        _ outFlags: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        guard let original else { return SQLITE_IOERR }
        file?.pointee.pMethods = nil
        // A super-journal is named by what stands in a journal, and deleted when it is done with: no transaction of
        // ours has one, and a stranger's would name any file of the gateway's.
        guard flags & SQLITE_OPEN_SUPER_JOURNAL == 0 else { return SQLITE_CANTOPEN }
        guard isShared(name) else { return original.pointee.xOpen(original, name, file, flags, outFlags) }
        guard flags & SQLITE_OPEN_WAL == 0 else { return SQLITE_CANTOPEN }
        let code = original.pointee.xOpen(original, name, file, flags, outFlags)
        if code == SQLITE_OK, flags & SQLITE_OPEN_MAIN_DB != 0, let found = file?.pointee.pMethods {
            file?.pointee.pMethods = withoutMapping(found)
        }
        return code
    }

    /// Version 1 of the structure has no shared memory: SQLite then refuses a file that says it has a log (WAL).
    private static func withoutMapping(
        _ found: UnsafePointer<sqlite3_io_methods>
    ) -> UnsafePointer<sqlite3_io_methods>? {
        methods.withLock { address in
            if let made = UnsafePointer<sqlite3_io_methods>(bitPattern: address) { return made }
            let copy = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
            copy.initialize(to: found.pointee)
            copy.pointee.iVersion = 1
            copy.pointee.xShmMap = nil
            copy.pointee.xShmLock = nil
            copy.pointee.xShmBarrier = nil
            copy.pointee.xShmUnmap = nil
            copy.pointee.xFetch = nil
            copy.pointee.xUnfetch = nil
            address = UInt(bitPattern: copy)
            return UnsafePointer(copy)
        }
    }

    /// There is never a log beside it, whatever lies there.
    private static func exists(
        _ name: UnsafePointer<CChar>?, _ flags: Int32, _ result: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        guard let original else { return SQLITE_IOERR }
        if isShared(name), let name, String(cString: name).hasSuffix("-wal") {
            result?.pointee = 0
            return SQLITE_OK
        }
        return original.pointee.xAccess(original, name, flags, result)
    }

    /// The folder's links are followed (the administrator may have made some), the file's own is not.
    private static func fullPath(
        _ name: UnsafePointer<CChar>?, _ room: Int32, _ out: UnsafeMutablePointer<CChar>?
    ) -> Int32 {
        guard let original, let name, let out else { return SQLITE_IOERR }
        guard isShared(name) else { return original.pointee.xFullPathname(original, name, room, out) }
        let path = String(cString: name)
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let folder = parts.dropLast().joined(separator: "/")
        guard let real = realpath(folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder, nil) else {
            return SQLITE_CANTOPEN
        }
        defer { free(real) }
        let full = "\(String(cString: real))/\(parts.last ?? "")".utf8CString
        guard full.count <= room else { return SQLITE_CANTOPEN }
        full.withUnsafeBufferPointer { text in
            if let base = text.baseAddress { out.update(from: base, count: text.count) }
        }
        return SQLITE_OK
    }

    /// Opens without waiting, and nothing but files, folders and the kernel's random numbers: to open a FIFO for
    /// reading waits until somebody writes, for ever.
    private static func openRegular(_ path: UnsafePointer<CChar>?, _ flags: CInt, _ mode: CInt) -> CInt {
        guard let path else {
            errno = EINVAL
            return -1
        }
        let descriptor = Glibc.open(path, flags | O_NONBLOCK, mode_t(truncatingIfNeeded: mode))
        guard descriptor >= 0 else { return -1 }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            close(descriptor)
            return -1
        }
        let kind = status.st_mode & S_IFMT
        if kind == S_IFREG || kind == S_IFDIR || strcmp(path, "/dev/urandom") == 0 { return descriptor }
        close(descriptor)
        errno = EINVAL
        return -1
    }
}
