// The watch on a folder, as long as there can be one: renewed where it has lost something, and once a minute in any
// case, so that what inotify cannot tell (FolderWatch.swift) is found in the end, too. Where there is none, or
// something was lost, it says so once.

import Glibc
import POSIX

/// Keeps a folder watched where it can be.
struct KeptWatch {
    /// What a look must look at.
    enum News {
        /// Everything.
        case all
        /// These names; where there are none, nothing has changed.
        case names(FolderEvents)
    }

    /// All files are looked at once in so many seconds, whatever the watch says. A hard link that is made elsewhere to
    /// a file of the folder, and written through, is told by nothing.
    static let renewSeconds = 60

    private let path: String
    private let make: (String) throws(NoWatch) -> FolderWatch
    private let note: @Sendable (String) -> Void
    private var watch: FolderWatch?
    /// Which folder was tried last.
    private var tried: (folder: FileIdentity, atSeconds: Int)?
    private var calls = 0
    private var said = ""

    init(
        _ path: String, make: @escaping (String) throws(NoWatch) -> FolderWatch,
        note: @escaping @Sendable (String) -> Void
    ) {
        self.path = path
        self.make = make
        self.note = note
    }

    /// True where changes are told.
    var isOn: Bool { watch != nil }
    /// The folder as it was when the watch began, or nil.
    var stamp: FileStamp? { watch?.stamp }
    /// System calls made to ask, so far.
    var totalCalls: Int { calls + (watch?.calls ?? 0) }

    /// True where something is mounted on a name: what it leads to changes without being told.
    func isMount(_ name: String) -> Bool { watch?.mountedNames.contains(name) ?? false }

    /// What has happened since the last time.
    /// - Parameters:
    ///   - found: what the path leads to now.
    ///   - known: what it led to at the last look.
    mutating func news(_ found: FileStamp, known: FileStamp?, _ nowSeconds: Int) -> News {
        guard let watch, let tried else { return .all }
        let events = watch.news()
        switch events.loss {
        case nil: break
        case .ofTheFolder: return .all
        case .overflow: say("more has changed than the kernel tells (fs.inotify.max_queued_events)")
        case .unmounted: say("its file system was unmounted")
        case .unreadable(let reason): say("the queue of changes cannot be read: \(reason)")
        }
        guard events.loss == nil, tried.folder == found.identity, found.mode == known?.mode,
            tried.atSeconds <= nowSeconds, nowSeconds - tried.atSeconds < Self.renewSeconds
        else { return .all }
        // Somebody has changed the folder and nothing was told: then the watch is not believed.
        if events.isEmpty, found != known { return .all }
        said = ""
        return .names(events)
    }

    /// Begins anew, before everything is looked at.
    /// - Returns: true where the folder is watched from now on.
    mutating func renew(_ found: FileStamp, _ nowSeconds: Int) -> Bool {
        if watch == nil, let tried, tried.folder == found.identity, tried.atSeconds <= nowSeconds,
            nowSeconds - tried.atSeconds < Self.renewSeconds
        {
            return false
        }
        end()
        tried = (found.identity, nowSeconds)
        do throws(NoWatch) {
            let made = try make(path)
            tried = (made.stamp.identity, nowSeconds)
            watch = made
        } catch {
            if let reason = error.reason { say("every look-up looks at each of its files: \(reason)") }
        }
        return watch != nil
    }

    /// Watches no more.
    mutating func end() {
        calls = totalCalls
        watch = nil
        tried = nil
    }

    /// Once, until it is something else or all is well again.
    private mutating func say(_ what: String) {
        guard said != what else { return }
        said = what
        note("key folder \"\(path)\": \(what)")
    }
}
