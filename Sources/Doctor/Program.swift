// Runs small programs of the system and takes their output. Touches a child process; a failure is nil.

import Foundation

/// Programs beside ours.
enum Program {
    /// Its path, from PATH and the folders where administrators' programs lie.
    static func find(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin", "/usr/bin"]
        return folders.lazy.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// What it writes to stdout; nil where it cannot be run, fails or takes too long.
    static func run(_ program: String, _ arguments: [String], seconds: Int) async -> String? {
        guard let (status, text) = await outcome(program, arguments, seconds: seconds, ofErrors: false) else {
            return nil
        }
        return status == 0 ? text : nil
    }

    /// The last line that it writes to stderr where it fails; nil where it does not, or says nothing.
    static func complaint(_ program: String, _ arguments: [String], seconds: Int) async -> String? {
        guard let (status, text) = await outcome(program, arguments, seconds: seconds, ofErrors: true), status != 0
        else { return nil }
        return text.split(separator: "\n").last.map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// Exit status, and what it writes to stdout, or to stderr.
    private static func outcome(
        _ program: String, _ arguments: [String], seconds: Int, ofErrors: Bool
    ) async -> (status: Int32, text: String)? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardError = ofErrors ? pipe : FileHandle.nullDevice
        process.standardOutput = ofErrors ? FileHandle.nullDevice : pipe
        let (ended, continuation) = AsyncStream<Int32>.makeStream()
        process.terminationHandler = { child in
            continuation.yield(child.terminationStatus)
            continuation.finish()
        }
        guard (try? process.run()) != nil else { return nil }
        let pid = process.processIdentifier
        return await withTaskGroup(of: Data?.self) { group in
            // Read while it runs: more than a pipe holds would stop it.
            group.addTask { (try? pipe.fileHandleForReading.readToEnd()) ?? Data() }
            group.addTask {
                if (try? await Task.sleep(for: .seconds(seconds))) != nil { kill(pid, SIGKILL) }
                return nil
            }
            var output: Data?
            while let next = await group.next() {
                guard let next else { continue }
                output = next
                break
            }
            var status: Int32?
            for await code in ended { status = code }
            group.cancelAll()
            guard let status, let output else { return nil }
            return (status, String(decoding: output, as: UTF8.self))
        }
    }
}
