// A watch on one folder: inotify(7), set up before the folder is read, so that nothing is missed in between. The kernel
// queues an event before the call that caused it returns (close(2), rename(2)), so what was done before the queue is
// asked is in it.
//
// inotify tells what happens through the folder's own names. It does not tell what happens to a file through another
// name: where a symbolic link leads to, another hard link, what is mounted on a name. The user of a watch looks at
// those; names on which something is mounted are known here.

import Glibc
import POSIX

/// Why a folder cannot be watched.
package struct NoWatch: Error, Sendable, Equatable {
    /// For the middle of a sentence; nil: the folder cannot be opened, which who reads it finds out himself.
    package let reason: String?

    /// - Parameter reason: for the middle of a sentence.
    package init(_ reason: String?) { self.reason = reason }
}

/// One folder that the kernel tells about. Not safe for threads.
package final class FolderWatch {
    /// File systems on which all changes come through this kernel, and are told.
    static let fileSystems: Set<String> = ["ext4", "xfs", "btrfs", "tmpfs", "zfs", "overlay"]

    /// The folder, as it was when the watch began.
    let stamp: FileStamp
    /// Names on which something is mounted.
    private(set) var mountedNames: Set<String>
    /// System calls made to ask.
    private(set) var calls = 0

    private let path: String
    private let queue: Int32
    private let mounts: Int32

    /// Begins to watch what a path leads to now.
    package init(_ path: String) throws(NoWatch) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)
        guard folder >= 0 else { throw NoWatch(nil) }
        // Kept open, it would keep its file system from being unmounted.
        defer { close(folder) }
        let mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)
        guard mounts >= 0 else { throw NoWatch("the list of mounts cannot be read: \(SystemError().words)") }
        do throws(NoWatch) {
            guard let table = MountTable(descriptor: mounts), let kind = table.fileSystem(of: folder),
                let path = Self.path(of: folder)
            else { throw NoWatch("the list of mounts does not tell the folder's file system") }
            guard Self.fileSystems.contains(kind) else {
                throw NoWatch("file system \"\(kind)\" does not tell of every change")
            }
            self.path = path
            mountedNames = table.names(in: path)
            (queue, stamp) = try Self.begin(folder)
        } catch {
            close(mounts)
            throw error
        }
        self.mounts = mounts
    }

    deinit {
        close(queue)
        close(mounts)
    }

    /// What has happened since the last time. Where nothing has, it costs one system call.
    func news() -> FolderEvents {
        var events = FolderEvents()
        var asked = [
            pollfd(fd: queue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: mounts, events: Int16(POLLPRI), revents: 0),
        ]
        calls += 1
        let ready = poll(&asked, 2, 0)
        guard ready >= 0 else {
            events.lose(.unreadable(SystemError().words))
            return events
        }
        if asked[0].revents != 0 { drain(&events) }
        if asked[1].revents != 0 { lookAtMounts(&events) }
        return events
    }

    /// Reads what is in the queue now, and not what comes meanwhile: one who writes without end must not keep us here.
    private func drain(_ events: inout FolderEvents) {
        var waiting: Int32 = 0
        calls += 1
        guard ioctl(queue, UInt(FIONREAD), &waiting) == 0 else { return events.lose(.unreadable(SystemError().words)) }
        var left = Int(waiting)
        var piece = [UInt8](repeating: 0, count: 65_536)
        while left > 0, events.loss == nil {
            calls += 1
            let count = read(queue, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else { return events.lose(.unreadable(SystemError().words)) }
            piece.withUnsafeBytes { events.take(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            left -= count
        }
    }

    /// Something was mounted or unmounted somewhere: a name that came to be, or ceased to be, a mount has changed.
    private func lookAtMounts(_ events: inout FolderEvents) {
        calls += 1
        guard let table = MountTable(descriptor: mounts) else { return events.lose(.unreadable("no list of mounts")) }
        let found = table.names(in: path)
        events.names.formUnion(found.symmetricDifference(mountedNames))
        mountedNames = found
    }

    /// - Returns: the queue of events, and the folder as it was after the watch began.
    private static func begin(_ folder: Int32) throws(NoWatch) -> (queue: Int32, stamp: FileStamp) {
        let queue = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard queue >= 0 else { throw NoWatch("no queue of changes is to be had: \(SystemError().words)") }
        // By descriptor: the path may lead elsewhere by now.
        let mask = UInt32(FolderEvents.mask | IN_ONLYDIR)
        guard inotify_add_watch(queue, "/proc/self/fd/\(folder)", mask) >= 0, let stamp = FileStamp(descriptor: folder)
        else {
            let error = SystemError()
            close(queue)
            let hint = error.code == ENOSPC ? "; hint: raise fs.inotify.max_user_watches" : ""
            throw NoWatch("no watch is to be had: \(error.words)\(hint)")
        }
        return (queue, stamp)
    }

    /// Where an open folder lies, without symbolic links.
    private static func path(of folder: Int32) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/fd/\(folder)", &bytes, bytes.count)
        guard count > 0, count < bytes.count else { return nil }
        return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
