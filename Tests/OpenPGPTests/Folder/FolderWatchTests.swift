// What a look costs, and what it does where the watch cannot tell.

import Foundation
import Mail
import OpenPGP
import Synchronization
import Testing

@Suite struct FolderWatchTests {
    let keys = TestFolder()
    let aside = TestFolder()
    let said = Said()

    /// A folder whose files count as changed long ago.
    private func mirror(_ watching: @escaping (String) throws(NoWatch) -> FolderWatch = FolderWatch.init)
        -> FolderMirror
    {
        FolderMirror(
            folder: KeyFolder(path: keys.path, watching: watching, nowSeconds: { time(nil) + 10 }, note: said.take))
    }

    private func fill(_ count: Int) throws {
        for number in 0..<count { try scribble("\(keys.path)/\(number).asc", "x") }
    }

    /// What so many looks at an unchanged folder cost.
    private func cost(_ mirror: inout FolderMirror, looks: Int) throws -> LookEffort {
        let before = mirror.folder.effort
        for _ in 0..<looks { try mirror.look() }
        return mirror.folder.effort - before
    }

    @Test(arguments: [0, 1, 2000])
    func aLookWithNothingNewCostsTwoCallsWhateverTheNumberOfFiles(files: Int) throws {
        try fill(files)
        var mirror = mirror()
        try mirror.look()
        #expect(mirror.contents.count == files)
        let cost = try cost(&mirror, looks: 20)
        #expect(cost.stats == 20 && cost.watchCalls == 20)
        #expect(cost.listings == 0 && cost.reads == 0)
        #expect(said.lines.isEmpty)
    }

    @Test func oneChangeAmongManyCostsOneStatAndOneRead() throws {
        try fill(500)
        var mirror = mirror()
        try mirror.look()
        try scribble("\(keys.path)/77.asc", "y")
        let cost = try cost(&mirror, looks: 1)
        #expect(cost.stats == 2 && cost.reads == 1 && cost.listings == 0)
        #expect(mirror.contents["77.asc"] == Array("y".utf8))
    }

    /// What changes through another name is told by nobody: it is looked at each time.
    @Test func symbolicAndHardLinksAreLookedAtEachTime() throws {
        try fill(50)
        for name in ["soft", "hard"] { try scribble("\(aside.path)/\(name)", "x") }
        symlink("\(aside.path)/soft", "\(keys.path)/soft.asc")
        link("\(aside.path)/hard", "\(keys.path)/hard.asc")
        var mirror = mirror()
        try mirror.look()
        let cost = try cost(&mirror, looks: 10)
        #expect(cost.stats == 10 * (1 + 2 + 1))
        for name in ["soft", "hard"] {
            try scribble("\(aside.path)/\(name)", "now otherwise")
            try mirror.look()
            #expect(mirror.contents["\(name).asc"] == Array("now otherwise".utf8))
        }
    }

    /// Making a hard link elsewhere tells nothing here, and neither does writing through it.
    @Test func aHardLinkThatIsMadeLaterIsFoundWithinAMinute() throws {
        try fill(3)
        let clock = Atomic<Int>(time(nil) + 10)
        var mirror = FolderMirror(
            folder: KeyFolder(path: keys.path, nowSeconds: { clock.load(ordering: .relaxed) }))
        try mirror.look()
        link("\(keys.path)/1.asc", "\(aside.path)/elsewhere")
        try scribble("\(aside.path)/elsewhere", "written elsewhere")
        clock.add(60, ordering: .relaxed)
        try mirror.look()
        #expect(mirror.contents["1.asc"] == Array("written elsewhere".utf8))
        // From then on it is known.
        try scribble("\(aside.path)/elsewhere", "again")
        try mirror.look()
        #expect(mirror.contents["1.asc"] == Array("again".utf8))
    }

    @Test func anOverflowIsSaidAndEverythingIsLookedAt() throws {
        let limit = try #require(
            Int(
                String(contentsOfFile: "/proc/sys/fs/inotify/max_queued_events", encoding: .utf8)
                    .trimmingCharacters(in: .whitespacesAndNewlines)))
        try #require(limit <= 200_000, "this machine keeps too many events for a test")
        try fill(10)
        var mirror = mirror()
        try mirror.look()
        for round in 0...limit { chmod("\(keys.path)/\(round % 2).asc", 0o600) }
        try scribble("\(keys.path)/7.asc", "after the overflow")
        let cost = try cost(&mirror, looks: 1)
        #expect(cost.listings == 1 && cost.stats == 11)
        #expect(mirror.contents["7.asc"] == Array("after the overflow".utf8))
        #expect(said.lines.count == 1 && said.lines[0].contains("max_queued_events"))
        // All is well again.
        let later = try self.cost(&mirror, looks: 5)
        #expect(later.stats == 5 && later.listings == 0)
        try scribble("\(keys.path)/8.asc", "later")
        try mirror.look()
        #expect(mirror.contents["8.asc"] == Array("later".utf8))
    }

    @Test func withoutAWatchEachFileIsLookedAtAndItIsSaidOnce() throws {
        try fill(20)
        var mirror = mirror { _ throws(NoWatch) in throw NoWatch("file system \"nfs4\" does not tell of every change") }
        for _ in 0..<3 { try mirror.look() }
        let cost = try cost(&mirror, looks: 4)
        #expect(cost.stats == 4 * 21 && cost.watchCalls == 0 && cost.reads == 0)
        #expect(said.lines.count == 1 && said.lines[0].contains("\"nfs4\"") && said.lines[0].contains(keys.path))
        try scribble("\(keys.path)/3.asc", "changed")
        try mirror.look()
        #expect(mirror.contents["3.asc"] == Array("changed".utf8))
    }

    @Test func otherFileSystemsAreNotWatched() {
        let error = #expect(throws: NoWatch.self) { try FolderWatch("/proc/self") }
        #expect(error?.reason?.contains("file system \"proc\"") == true)
        // Whoever reads the folder says why it cannot be read.
        let absent = #expect(throws: NoWatch.self) { try FolderWatch("\(keys.path)/absent") }
        #expect(absent != nil && absent?.reason == nil)
    }

    @Test func theFolderItselfChangesItsMode() throws {
        try fill(2)
        var mirror = mirror()
        try mirror.look()
        chmod(keys.path, 0o755)
        let cost = try cost(&mirror, looks: 1)
        #expect(cost.listings == 1)
        #expect(try self.cost(&mirror, looks: 3).listings == 0)
    }

    /// gpg and every other child would hold the queue open.
    @Test func noChildIsGivenTheQueue() throws {
        let watch = try FolderWatch(keys.path)
        var queues = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")) ?? ""
            guard target.contains("inotify") || target.hasSuffix("/mountinfo"), let number = Int32(name) else {
                continue
            }
            let flags = fcntl(number, F_GETFD)
            #expect(flags < 0 || flags & FD_CLOEXEC != 0)
            queues += 1
        }
        #expect(queues >= 2)
        withExtendedLifetime(watch) {}
    }

    @Test func eventsAreReadFromTheirBytes() {
        func event(_ mask: Int32, _ name: [UInt8]) -> [UInt8] {
            var bytes: [UInt8] = []
            for word in [1, UInt32(bitPattern: mask), 0, UInt32(name.count)] {
                withUnsafeBytes(of: word) { bytes += $0 }
            }
            return bytes + name
        }
        func taken(_ bytes: [UInt8]) -> FolderEvents {
            var events = FolderEvents()
            bytes.withUnsafeBytes { events.take($0) }
            return events
        }
        let name = Array("bob.asc".utf8) + [UInt8](repeating: 0, count: 9)
        let told = taken(event(IN_CREATE, name) + event(IN_CLOSE_WRITE, Array("a".utf8) + [0]))
        #expect(told.names == ["bob.asc", "a"] && told.written == ["a"] && told.loss == nil)
        #expect(taken(event(IN_ATTRIB, [0xFF, 0xFE, 0])).isEmpty, "a name that is no UTF-8")
        #expect(taken(event(IN_Q_OVERFLOW, [])).loss == .overflow)
        #expect(taken(event(IN_UNMOUNT, []) + event(IN_IGNORED, [])).loss == .unmounted)
        for mask in [IN_DELETE_SELF, IN_MOVE_SELF, IN_IGNORED, IN_ATTRIB] {
            #expect(taken(event(mask, [])).loss == .ofTheFolder)
        }
        for count in 1..<16 { #expect(taken(Array(event(IN_CREATE, []).prefix(count))).loss != nil) }
        #expect(taken(Array(event(IN_CREATE, name).dropLast())).loss != nil)
        #expect(taken([]).isEmpty)
    }

    @Test func mountsAreReadFromTheirTable() {
        let table = MountTable(
            text: """
                22 27 0:21 / /proc rw,relatime - proc proc rw
                30 27 8:1 / / rw shared:1 master:2 - ext4 /dev/sda1 rw
                31 30 8:1 /srv/bob.asc /etc/letter\\040lock/keys/bob.asc rw - ext4 /dev/sda1 rw
                32 30 8:1 /x /etc/letter\\040lock/keys/folder/deeper rw - xfs /dev/sda1 rw
                33 30 8:1 /x /etc/letter\\040lock/keys rw - nfs4 host:/x rw
                no line
                34 30 8:1 / /cut rw -
                """)
        #expect(table.mounts.map(\.id) == ["22", "30", "31", "32", "33"])
        #expect(table.mounts.map(\.fileSystem) == ["proc", "ext4", "ext4", "xfs", "nfs4"])
        #expect(table.names(in: "/etc/letter lock/keys") == ["bob.asc"])
        #expect(table.names(in: "/") == ["proc"])
        #expect(table.names(in: "/etc/letter lock/key").isEmpty)
    }
}

/// Lines that were said.
final class Said: Sendable {
    private let kept = Mutex<[String]>([])
    var lines: [String] { kept.withLock { $0 } }
    func take(_ line: String) { kept.withLock { $0.append(line) } }
}
