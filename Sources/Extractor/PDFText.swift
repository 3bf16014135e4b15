// The text of a PDF, by poppler's pdftotext as a program: never linked, fed through a pipe, read through a pipe, so that
// nothing lies on a disk. It runs inside the same walls as we do, and inherits the limit of CPU time.

import CSandbox
import Glibc

/// Runs pdftotext.
struct PDFText {
    let program: String

    enum Result {
        case text(String, problem: String?)
        case encrypted
        case temporary(String)
    }

    private struct Child {
        let id: pid_t
        let input: Int32
        let output: Int32
        let errors: Int32
    }

    func read(_ bytes: [UInt8], limitBytes: Int) -> Result {
        guard let child = start() else { return .temporary("pdftotext cannot be started: \(errno)") }
        let (output, errors, isWhole) = exchange(child, bytes, limitBytes)
        var status: Int32 = 0
        while waitpid(child.id, &status, 0) < 0, errno == EINTR {}
        let said = String(decoding: errors, as: UTF8.self)
        let text = String(decoding: output, as: UTF8.self)
        if !isWhole { return .text(text, problem: "more text than is kept") }
        if status & 0x7F != 0 {
            return .text(text, problem: "pdftotext was ended by signal \(status & 0x7F)")
        }
        switch (status >> 8) & 0xFF {
        case 0: return .text(text, problem: nil)
        case let code:
            if said.contains("ncorrect password") || said.contains("ncrypt") { return .encrypted }
            return .text(text, problem: "pdftotext ended with status \(code)")
        }
    }

    private func start() -> Child? {
        var pipes: [Int32] = []
        for _ in 0..<3 {
            var ends: [Int32] = [-1, -1]
            guard letterlock_pipe(&ends) == 0 else {
                pipes.forEach { close($0) }
                return nil
            }
            pipes += ends
        }
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (end, file) in zip([pipes[0], pipes[3], pipes[5]], [0, 1, 2] as [Int32]) {
            posix_spawn_file_actions_adddup2(&actions, end, file)
        }
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var id: pid_t = 0
        let words = [program, "-enc", "UTF-8", "-", "-"].map { (word: String) in strdup(word) }
        defer { words.forEach { free($0) } }
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        let failed = posix_spawn(&id, program, &actions, &attributes, words + [nil], &environment)
        for end in [pipes[0], pipes[3], pipes[5]] { close(end) }
        guard failed == 0 else {
            for end in [pipes[1], pipes[2], pipes[4]] { close(end) }
            errno = failed
            return nil
        }
        return Child(id: id, input: pipes[1], output: pipes[2], errors: pipes[4])
    }

    /// Writes and reads at the same time: both pipes may be full.
    /// - Returns: false where the output was cut off.
    private func exchange(_ child: Child, _ bytes: [UInt8], _ limit: Int) -> ([UInt8], [UInt8], Bool) {
        for file in [child.input, child.output, child.errors] { _ = fcntl(file, F_SETFL, O_NONBLOCK) }
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
                if errors.count > 4096 { errors.removeLast(errors.count - 4096) }
            }
            if output.count > limit { break }
        }
        if input >= 0 { close(input) }
        close(child.output)
        close(child.errors)
        let isWhole = output.count <= limit
        return (Array(output.prefix(limit)), errors, isWhole)
    }

    /// - Returns: false at the end.
    private func take(_ file: Int32, _ piece: inout [UInt8], into bytes: inout [UInt8], limit: Int) -> Bool {
        let count = piece.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
        if count < 0 { return errno == EAGAIN || errno == EINTR }
        bytes.append(contentsOf: piece[..<min(count, max(0, limit - bytes.count))])
        return count > 0
    }
}
