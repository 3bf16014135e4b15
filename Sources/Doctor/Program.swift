// Runs small programs of the system and takes their output. Touches a child process; a failure is nil.

import Foundation
import POSIX

/// Programs beside ours.
enum Program {
    /// Most of a program's output that is read.
    private static let outputBytes = 16 * 1024 * 1024

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
        let command = ChildProcess.Command(
            program, arguments, environment: ChildProcess.Command.ownEnvironment, leadsGroup: true)
        let run = ProgramRun(
            command, outputBytes: ofErrors ? nil : outputBytes, errorBytes: ofErrors ? outputBytes : nil)
        guard let outcome = try? await run.run(within: .seconds(seconds)), let status = outcome.status else {
            return nil
        }
        let text = ofErrors ? outcome.errors : outcome.output
        return (status.signal ?? status.code, String(decoding: text, as: UTF8.self))
    }
}
