// One run of the hook's command: number and text on stdin as JSON (from memory, never as arguments, which every user of the
// machine can see), its output thrown away, its exit code the answer. Killed with its children when its time is over.
// Blocking work on threads of its own. Touches a process of our own making.

import Dispatch
import Glibc
import Mail

/// One run.
struct CommandCall {
    let words: [String]

    private static let queue = DispatchQueue(label: "letterlock.texts", attributes: .concurrent)
    /// Less than a pipe holds (pipe(7): 65 536 bytes).
    private static let mostInputBytes = 16_384
    private static let lookMicroseconds: UInt32 = 10_000

    func run(_ message: TextMessage, within time: Duration) async throws(TextFailure) {
        let words = words
        // Revealed to the program whose purpose it is.
        let input =
            #"{"number":"\#(TextTemplate.json(message.number.e164))","text":"\#(TextTemplate.json(message.text.revealed))"}"#
            + "\n"
        let deadline = ContinuousClock.now + time
        let result: Result<Void, TextFailure> = await withCheckedContinuation { continuation in
            Self.queue.async {
                continuation.resume(
                    returning: Result { () throws(TextFailure) in try Self.run(words, input, deadline) })
            }
        }
        try result.get()
    }

    private static func run(
        _ words: [String], _ input: String, _ deadline: ContinuousClock.Instant
    ) throws(TextFailure) {
        guard let program = words.first, access(program, X_OK) == 0 else {
            throw TextFailure("the command is not there, or cannot be run", again: false)
        }
        let file = try file(of: input)
        defer { close(file) }
        var id: pid_t = 0
        let failed = spawn(program, words, file, &id)
        guard failed == 0 else {
            throw TextFailure("starting the command: \(String(cString: strerror(failed)).lowercased())")
        }
        var status: Int32 = 0
        while true {
            let ended = waitpid(id, &status, WNOHANG)
            if ended == id { break }
            if ended < 0, errno != EINTR { throw TextFailure("the command was lost") }
            guard ContinuousClock.now < deadline else {
                // It leads its group: what it started goes with it.
                kill(-id, SIGKILL)
                while waitpid(id, &status, 0) < 0, errno == EINTR {}
                throw TextFailure("the command took too long")
            }
            usleep(lookMicroseconds)
        }
        let signal = status & 0x7f
        guard signal == 0 else { throw TextFailure("the command was ended by signal \(signal)") }
        let code = (status >> 8) & 0xff
        guard code == 0 else { throw TextFailure("the command ended with \(code)") }
    }

    /// The end of a pipe that already holds all that is to be read: nobody has to wait, and no write can find it closed.
    private static func file(of input: String) throws(TextFailure) -> Int32 {
        let bytes = Array(input.utf8)
        var ends: [Int32] = [-1, -1]
        guard bytes.count <= mostInputBytes, pipe(&ends) == 0 else {
            throw TextFailure("no pipe for the command's input")
        }
        // No other child is to hold it open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let written = write(ends[1], bytes, bytes.count)
        close(ends[1])
        guard written == bytes.count else {
            close(ends[0])
            throw TextFailure("no pipe for the command's input")
        }
        return ends[0]
    }

    private static func spawn(_ program: String, _ arguments: [String], _ input: Int32, _ id: inout pid_t) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        let words = arguments.map { (word: String) in strdup(word) }
        let environment = ["LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin"].map { (word: String) in strdup(word) }
        defer { (words + environment).forEach { free($0) } }
        return posix_spawn(&id, program, &actions, &attributes, words + [nil], environment + [nil])
    }
}
