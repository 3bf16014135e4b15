// A program that is given octets and answers with octets, through pipes and memory, so that nothing lies on a disk. It runs
// inside the same walls as we do, and inherits the limit of CPU time.

import CSandbox
import Glibc

/// Runs a program.
struct ChildProgram {
    let path: String
    let arguments: [String]
    /// True where it wants a file that it can seek in, as standard input; false where a pipe will do.
    var seeks = false

    /// What came of it.
    struct Outcome {
        var output: [UInt8]
        /// The last 4 KiB of what it said on standard error.
        var errors: [UInt8]
        /// False where there was more output than asked for.
        var isWhole: Bool
        /// As wait(2) gives it.
        var status: Int32

        /// Why it failed, or nil.
        func failure(of name: String) -> String? {
            if status & 0x7F != 0 { return "\(name) was ended by signal \(status & 0x7F)" }
            let code = (status >> 8) & 0xFF
            return code == 0 ? nil : "\(name) ended with status \(code)"
        }
    }

    private struct Child {
        let id: pid_t
        /// -1 where its input is a file.
        let input: Int32
        let output: Int32
        let errors: Int32
    }

    /// - Returns: nil where it cannot be started; `errno` says why.
    func run(_ bytes: [UInt8], limitBytes: Int) -> Outcome? {
        guard let child = start(bytes) else { return nil }
        let (output, errors, isWhole) = exchange(child, bytes, limitBytes)
        var status: Int32 = 0
        while waitpid(child.id, &status, 0) < 0, errno == EINTR {}
        return Outcome(output: output, errors: errors, isWhole: isWhole, status: status)
    }

    private func start(_ bytes: [UInt8]) -> Child? {
        var opened: [Int32] = []
        func give(up code: Int32) -> Child? {
            opened.forEach { close($0) }
            errno = code
            return nil
        }
        var pipes: [[Int32]] = []
        for _ in 0..<(seeks ? 2 : 3) {
            var ends: [Int32] = [-1, -1]
            let failed = letterlock_pipe(&ends)
            guard failed == 0 else { return give(up: failed) }
            pipes.append(ends)
            opened += ends
        }
        var input: Int32 = -1
        if seeks {
            input = bytes.withUnsafeBytes { letterlock_memory_file($0.baseAddress, $0.count) }
            guard input >= 0 else { return give(up: errno) }
            opened.append(input)
        }
        let inputs = seeks ? [input, -1] : pipes[2]
        var id: pid_t = 0
        let failed = spawn(&id, input: inputs[0], output: pipes[0][1], errors: pipes[1][1])
        for end in [inputs[0], pipes[0][1], pipes[1][1]] {
            close(end)
            opened.removeAll { $0 == end }
        }
        guard failed == 0 else { return give(up: failed) }
        return Child(id: id, input: inputs[1], output: pipes[0][0], errors: pipes[1][0])
    }

    private func spawn(_ id: inout pid_t, input: Int32, output: Int32, errors: Int32) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (end, file) in zip([input, output, errors], [0, 1, 2] as [Int32]) {
            posix_spawn_file_actions_adddup2(&actions, end, file)
        }
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        let words = ([path] + arguments).map { (word: String) in strdup(word) }
        defer { words.forEach { free($0) } }
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        return posix_spawn(&id, path, &actions, &attributes, words + [nil], &environment)
    }

    /// Writes and reads at the same time: both pipes may be full.
    private func exchange(_ child: Child, _ bytes: [UInt8], _ limit: Int) -> ([UInt8], [UInt8], Bool) {
        for file in [child.input, child.output, child.errors] where file >= 0 { _ = fcntl(file, F_SETFL, O_NONBLOCK) }
        var input = child.input
        var sent = 0
        var output: [UInt8] = []
        var errors: [UInt8] = []
        var isOutputOpen = true
        var areErrorsOpen = true
        var piece = [UInt8](repeating: 0, count: 65536)
        while isOutputOpen || areErrorsOpen {
            var waits = [
                pollfd(fd: input, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: isOutputOpen ? child.output : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: areErrorsOpen ? child.errors : -1, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&waits, 3, -1) < 0 {
                if errno == EINTR { continue }
                break
            }
            if waits[0].revents != 0 {
                let count = bytes.withUnsafeBytes {
                    write(child.input, $0.baseAddress.map { $0 + sent }, $0.count - sent)
                }
                if count > 0 { sent += count }
                if sent == bytes.count || count < 0 && errno != EAGAIN && errno != EINTR {
                    close(child.input)
                    input = -1
                }
            }
            if waits[1].revents != 0 { isOutputOpen = take(child.output, &piece, into: &output, limit: limit + 1) }
            if waits[2].revents != 0 {
                areErrorsOpen = take(child.errors, &piece, into: &errors, limit: .max)
                if errors.count > 4096 { errors.removeFirst(errors.count - 4096) }
            }
            if output.count > limit { break }
        }
        if input >= 0 { close(input) }
        close(child.output)
        close(child.errors)
        let isWhole = output.count <= limit
        if !isWhole { output.removeLast(output.count - limit) }
        return (output, errors, isWhole)
    }

    /// - Returns: false at the end.
    private func take(_ file: Int32, _ piece: inout [UInt8], into bytes: inout [UInt8], limit: Int) -> Bool {
        let count = piece.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
        if count < 0 { return errno == EAGAIN || errno == EINTR }
        bytes.append(contentsOf: piece[..<min(count, max(0, limit - bytes.count))])
        return count > 0
    }
}
