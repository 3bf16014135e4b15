// Finds the gpg processes of one worker and ends them with all their children. GPGME tells no process id, and its
// gpgme_cancel_async comes back only when gpg has ended; /proc knows better (proc(5)).
// Reads /proc, sends SIGKILL to processes of our own user only.

import Glibc

/// Looks at /proc.
enum ProcessTable {
    /// Whose processes are meant.
    struct Target: Sendable {
        /// A GnuPG home that only this worker's gpg names.
        let homeFolder: String
        /// The gpg program as it is called.
        let program: String
    }

    private struct Process {
        let id: pid_t
        let parent: pid_t
        let words: [String]
    }

    /// Kills the worker's gpg processes and their descendants.
    /// - Returns: how many were killed.
    @discardableResult
    static func kill(_ target: Target) -> Int {
        let all = read()
        var doomed = Set(all.filter { belongs($0, target) }.map(\.id))
        guard !doomed.isEmpty else { return 0 }
        var grew = true
        while grew {
            let children = all.filter { doomed.contains($0.parent) && !doomed.contains($0.id) }
            grew = !children.isEmpty
            doomed.formUnion(children.map(\.id))
        }
        doomed.remove(getpid())
        for id in doomed { _ = Glibc.kill(id, SIGKILL) }
        return doomed.count
    }

    /// True while a gpg of this worker runs.
    static func isRunning(_ target: Target) -> Bool { read().contains { belongs($0, target) } }

    /// Makes room in our pipes that nobody reads any more, so that a process that waits to write into them learns it.
    ///
    /// GPGME 1.18 waits for a full pipe to become writable and takes no notice of POLLERR: where gpg died with 64 KiB
    /// unread, it would spin for ever. What is taken out could never have been read by anybody.
    static func drainAbandonedPipes() {
        for name in names(in: "/proc/self/fd") {
            guard let number = Int32(name), link("/proc/self/fd/\(name)")?.hasPrefix("pipe:") == true else { continue }
            var status = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
            guard poll(&status, 1, 0) > 0, status.revents & Int16(POLLERR) != 0 else { continue }
            let reader = open("/proc/self/fd/\(name)", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            guard reader >= 0 else { continue }
            var piece = [UInt8](repeating: 0, count: 65536)
            _ = Glibc.read(reader, &piece, piece.count)
            close(reader)
        }
    }

    private static func belongs(_ process: Process, _ target: Target) -> Bool {
        guard process.id != getpid() else { return false }
        for (word, next) in zip(process.words, process.words.dropFirst()) {
            if word == "--homedir", next == target.homeFolder { return true }
        }
        // `gpg --version` (a new context), decrypting and signing with another home name no home of ours. A pipe that
        // both of us have open tells our own from anybody else's; the user's gpg-agent has none.
        let nameless = ["--version", "--decrypt", "--sign", "--detach", "--list-secret-keys"]
        let isNameless = nameless.contains { process.words.contains($0) }
        return isNameless && process.words.prefix(3).contains(target.program) && sharesPipe(process.id)
    }

    private static func read() -> [Process] {
        let user = getuid()
        return names(in: "/proc").compactMap { name in
            guard let id = pid_t(name), owner(of: "/proc/\(name)") == user else { return nil }
            // `pid (name) state parent …`; the name may hold spaces and brackets, so the last bracket counts.
            guard let line = contents("/proc/\(name)/stat"), let bracket = line.lastIndex(of: UInt8(ascii: ")")) else {
                return nil
            }
            let fields = line[line.index(after: bracket)...].split(separator: UInt8(ascii: " "))
            guard fields.count > 1, let parent = pid_t(String(decoding: fields[1], as: UTF8.self)) else { return nil }
            let words = contents("/proc/\(name)/cmdline")?.split(separator: 0, omittingEmptySubsequences: false) ?? []
            return Process(id: id, parent: parent, words: words.map { String(decoding: $0, as: UTF8.self) })
        }
    }

    private static func sharesPipe(_ id: pid_t) -> Bool {
        let ours = pipes(of: getpid())
        return !ours.isDisjoint(with: pipes(of: id))
    }

    private static func pipes(of id: pid_t) -> Set<String> {
        Set(
            names(in: "/proc/\(id)/fd").compactMap { name in
                guard let target = link("/proc/\(id)/fd/\(name)"), target.hasPrefix("pipe:") else { return nil }
                return target
            })
    }

    private static func link(_ path: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            let count = readlink(path, base, buffer.count)
            guard count > 0 else { return nil }
            return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    private static func owner(of path: String) -> uid_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_uid : nil
    }

    private static func names(in folder: String) -> [String] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        return DirectoryNames.read(handle)
    }

    private static func contents(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        // Long enough for any command line of ours but one with a thousand recipients; the home comes first.
        while bytes.count < 65536 {
            let count = Glibc.read(file, &piece, piece.count)
            guard count > 0 else { break }
            bytes.append(contentsOf: piece[..<count])
        }
        return bytes
    }
}
