// Other programs, run by the tests. Without Foundation's Process, which needs a run loop that the tests' threads lack.

import Foundation
import Support

enum Program {
    /// Runs a program found in PATH to its end, on a thread of its own.
    /// - Returns: its exit code (128 and more where a signal ended it), and what it wrote to both of its outputs.
    static func run(_ arguments: [String]) async throws -> (code: Int, text: String) {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try blocking(arguments) }) }
        }
    }

    /// True where PATH has it.
    static func exists(_ name: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            access("\($0)/\(name)", X_OK) == 0
        }
    }

    /// As ``run(_:)``, on this thread.
    static func blocking(_ arguments: [String]) throws -> (code: Int, text: String) {
        let output = try TemporaryFolder()
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output.file("output"), O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var process = pid_t()
        guard posix_spawnp(&process, arguments[0], &actions, nil, &words, environ) == 0 else {
            throw SupportError("\(arguments[0]) cannot be started")
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { throw SupportError("waitpid: \(errno)") }
        }
        let code = status & 0x7F == 0 ? Int(status >> 8 & 0xFF) : 128 + Int(status & 0x7F)
        return (code, (try? String(contentsOfFile: output.file("output"), encoding: .utf8)) ?? "")
    }
}
