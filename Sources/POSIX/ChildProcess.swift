// Child processes by posix_spawn(3): which descriptors they get is said, all others are closed in them, those of
// sockets too, which are opened elsewhere and without O_CLOEXEC. Blocking. Touches a process of our own making.

import CPOSIX
package import Glibc

/// How a process ended, as wait(2) gives it.
package struct ExitStatus: Sendable, Hashable {
    /// As wait(2) filled it: what another process can be told.
    package let raw: Int32

    /// - Parameter status: as wait(2) fills it.
    package init(_ status: Int32) { raw = status }

    /// The signal that ended it; nil where it ended by itself.
    package var signal: Int32? { raw & 0x7F == 0 ? nil : raw & 0x7F }
    /// Its exit code; 0 where a signal ended it.
    package var code: Int32 { signal == nil ? (raw >> 8) & 0xFF : 0 }
    /// True for code 0.
    package var isSuccess: Bool { raw == 0 }
}

/// A process that has been started and not been waited for.
package struct ChildProcess: Sendable {
    /// What a process is started with.
    package struct Command: Sendable {
        /// Path of the program; not looked for.
        package var program: String
        /// Without the program's own name.
        package var arguments: [String]
        /// `NAME=value` each; nothing is inherited.
        package var environment: [String]
        /// True where it leads a process group of its own, so that all it starts can be ended with it.
        package var leadsGroup: Bool

        /// The environment of this process, for programs that are ours as much as the administrator's.
        package static var ownEnvironment: [String] {
            var words: [String] = []
            var entry = environ
            while let word = entry.pointee {
                words.append(String(cString: word))
                entry += 1
            }
            return words
        }

        /// A command from its parts.
        package init(
            _ program: String, _ arguments: [String], environment: [String] = ["LANG=C.UTF-8"], leadsGroup: Bool = false
        ) {
            self.program = program
            self.arguments = arguments
            self.environment = environment
            self.leadsGroup = leadsGroup
        }
    }

    /// A stream of a process.
    package enum Stream: Sendable {
        /// `/dev/null`.
        case nothing
        /// A descriptor of ours, which stays open here.
        case descriptor(Int32)
    }

    /// Standard input, output and errors of a process.
    package struct Streams: Sendable {
        /// Read from.
        package var input: Stream
        /// Written to.
        package var output: Stream
        /// Written to.
        package var errors: Stream

        /// Streams from their parts.
        package init(input: Stream = .nothing, output: Stream = .nothing, errors: Stream = .nothing) {
            self.input = input
            self.output = output
            self.errors = errors
        }
    }

    /// Its number.
    package let id: pid_t
    private let leadsGroup: Bool

    /// Starts a process, with no signal blocked and SIGPIPE as programs expect it.
    package init(_ command: Command, _ streams: Streams) throws(SystemError) {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (stream, number) in zip([streams.input, streams.output, streams.errors], [0, 1, 2] as [Int32]) {
            if case .descriptor(let descriptor) = stream {
                posix_spawn_file_actions_adddup2(&actions, descriptor, number)
            } else {
                posix_spawn_file_actions_addopen(
                    &actions, number, "/dev/null", number == 0 ? O_RDONLY : O_WRONLY, 0)
            }
        }
        let unclosed = letterlock_spawn_close_from(&actions, 3)
        guard unclosed == 0 else { throw SystemError(unclosed) }
        var blocked = sigset_t()
        var defaults = sigset_t()
        sigemptyset(&blocked)
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        posix_spawnattr_setsigmask(&attributes, &blocked)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setpgroup(&attributes, 0)
        let group = command.leadsGroup ? POSIX_SPAWN_SETPGROUP : 0
        posix_spawnattr_setflags(&attributes, Int16(group | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let words = ([command.program] + command.arguments).map { (word: String) in strdup(word) }
        let environment = command.environment.map { (word: String) in strdup(word) }
        defer { (words + environment).forEach { free($0) } }
        var started: pid_t = 0
        let failed = posix_spawn(
            &started, command.program, &actions, &attributes, words + [nil], environment + [nil])
        guard failed == 0 else { throw SystemError(failed) }
        id = started
        leadsGroup = command.leadsGroup
    }

    /// Waits for its end. Once only.
    package func wait() -> ExitStatus {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        return ExitStatus(status)
    }

    /// How it ended, if it has; once it has, nothing may be asked of it any more.
    package func ended() throws(SystemError) -> ExitStatus? {
        var status: Int32 = 0
        while true {
            let ended = waitpid(id, &status, WNOHANG)
            if ended == id { return ExitStatus(status) }
            if ended == 0 { return nil }
            guard errno == EINTR else { throw SystemError() }
        }
    }

    /// Ends it, with its group where it leads one. It must still be waited for.
    package func kill() {
        if leadsGroup { Glibc.kill(-id, SIGKILL) }
        Glibc.kill(id, SIGKILL)
    }
}
