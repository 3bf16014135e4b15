// Programs of the build that the tests run in.

import Foundation

package enum BuiltProgram {
    /// The path of a program; building the tests builds the programs.
    package static func path(_ name: String) -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let beside = [CommandLine.arguments.first ?? ""].map {
            URL(fileURLWithPath: $0).deletingLastPathComponent().path
        }
        let folders = beside + ["release", "debug"].map { "\(root.path)/.build/\($0)" }
        return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 } ?? "\(name) is not built"
    }

    /// What a program did.
    package struct Outcome: Sendable {
        package let status: Int32
        package let out: String
        package let err: String
    }

    /// Runs a program to its end, whatever its exit code.
    /// - Parameters:
    ///   - folder: where it runs.
    ///   - input: its stdin.
    package static func run(_ name: String, _ arguments: [String], in folder: String, input: String = "") throws
        -> Outcome
    {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path(name))
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        // Settings are read from the environment too, and the tests' own variables are none.
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("LETTERLOCK_") }
        let work = try TemporaryFolder()
        // Files instead of pipes: nothing can block on a full pipe.
        let (out, err) = (try work.write("out", ""), try work.write("err", ""))
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: out))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: err))
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: try work.write("in", input)))
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, out: try String(contentsOfFile: out, encoding: .utf8),
            err: try String(contentsOfFile: err, encoding: .utf8))
    }
}
