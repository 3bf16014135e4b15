// What inotify(7) has told about a folder, from the bytes that read(2) gave. Pure.

import Glibc

/// What has happened in a folder since it was last asked.
package struct FolderEvents: Sendable, Equatable {
    /// Why not all of it can be told by name.
    package enum Loss: Sendable, Equatable {
        /// More happened than the kernel keeps.
        case overflow
        /// Its file system was unmounted.
        case unmounted
        /// The folder itself was moved, removed, or given other permissions.
        case ofTheFolder
        /// The kernel could not be asked; why.
        case unreadable(String)
    }

    /// Names that came, went, or lead to something that has changed.
    package var names: Set<String> = []
    /// Those of them whose contents were written.
    package var written: Set<String> = []
    /// nil: all has been told by name.
    package var loss: Loss?

    /// Nothing has happened.
    package init() {}

    /// True where nothing has happened.
    package var isEmpty: Bool { names.isEmpty && loss == nil }

    /// What is asked for. A file that is mapped and written through memory tells of it when it is unmapped.
    static let mask =
        IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF
        | IN_MOVE_SELF

    /// Takes what one read(2) gave: `struct inotify_event`s, each with its name behind it. Names that are no UTF-8 are
    /// left out, as in ``DirectoryNames``.
    package mutating func take(_ bytes: UnsafeRawBufferPointer) {
        let headBytes = 16
        var offset = 0
        while offset < bytes.count {
            guard bytes.count - offset >= headBytes else { return lose(.unreadable("half an event")) }
            let mask = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
            let nameBytes = Int(bytes.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
            guard bytes.count - offset - headBytes >= nameBytes else { return lose(.unreadable("half a name")) }
            let name = UnsafeRawBufferPointer(rebasing: bytes[(offset + headBytes)...].prefix(nameBytes))
            take(Int32(truncatingIfNeeded: mask), name.prefix { $0 != 0 })
            offset += headBytes + nameBytes
        }
    }

    private mutating func take(_ mask: Int32, _ name: Slice<UnsafeRawBufferPointer>) {
        if mask & IN_Q_OVERFLOW != 0 { return lose(.overflow) }
        if mask & IN_UNMOUNT != 0 { return lose(.unmounted) }
        guard !name.isEmpty else { return lose(.ofTheFolder) }
        guard let text = String(validating: name, as: UTF8.self) else { return }
        names.insert(text)
        if mask & (IN_CLOSE_WRITE | IN_MODIFY) != 0 { written.insert(text) }
    }

    /// The first loss is the cause of those after it: a watch on what was unmounted is ignored next.
    mutating func lose(_ loss: Loss) { if self.loss == nil { self.loss = loss } }
}
