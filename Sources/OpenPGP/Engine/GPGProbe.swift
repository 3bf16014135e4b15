// Whether gpg answers, for health checks and doctor: a process of its own, beside the engine's workers, which may be
// busy. Touches one short-lived gpg process. Never throws: what is wrong is an answer.

import Foundation
import Synchronization

/// Asks the configured gpg for something that it must compute.
package struct GPGProbe: Sendable {
    private let program: String
    private let workFolder: String
    private let timeoutSeconds: Int

    /// SHA-256 of nothing, in the groups that gpg prints.
    private static let digestOfNothing = "E3B0C442"

    /// - Parameter workFolder: exists; stands in for a GnuPG home, and nothing is written there.
    package init(program: String, workFolder: String, timeoutSeconds: Int) {
        self.program = program
        self.workFolder = workFolder
        self.timeoutSeconds = timeoutSeconds
    }

    /// nil where gpg runs and computes; else why not.
    package func problem() async -> String? {
        let arguments = ["--homedir", workFolder, "--no-options", "--batch", "--print-md", "SHA256"]
        switch await run(arguments) {
        case .failure(let failure): return failure.text
        case .success(let output):
            return output.contains(Self.digestOfNothing) ? nil : "\"\(program)\" runs, and answers nothing sensible"
        }
    }

    /// `2.2.40`, or nil where it cannot be had.
    package func version() async -> String? {
        guard case .success(let output) = await run(["--version"]) else { return nil }
        let line = output.split(separator: "\n").first ?? ""
        guard line.hasPrefix("gpg "), let version = line.split(separator: " ").last else { return nil }
        return String(version)
    }

    private struct Failure: Error { let text: String }

    private func run(_ arguments: [String]) async -> Result<String, Failure> {
        guard access(program, X_OK) == 0 else {
            return .failure(Failure(text: "\"\(program)\": \(String(cString: strerror(errno)).lowercased())"))
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        let (ended, continuation) = AsyncStream<Int32>.makeStream()
        process.terminationHandler = { child in
            continuation.yield(child.terminationStatus)
            continuation.finish()
        }
        do { try process.run() } catch {
            return .failure(Failure(text: "\"\(program)\" cannot be started: \(error.localizedDescription)"))
        }
        let pid = process.processIdentifier
        let status = await withTaskGroup(of: Int32?.self) { group in
            group.addTask {
                var last: Int32?
                for await status in ended { last = status }
                return last
            }
            group.addTask { [timeoutSeconds] in
                try? await Task.sleep(for: .seconds(timeoutSeconds))
                return nil
            }
            let first = await group.next() ?? nil
            if first == nil { kill(pid, SIGKILL) }
            group.cancelAll()
            return first
        }
        guard let status else {
            return .failure(Failure(text: "\"\(program)\" did not answer within \(timeoutSeconds) s"))
        }
        guard status == 0 else { return .failure(Failure(text: "\"\(program)\" ended with status \(status)")) }
        // What it prints is far less than a pipe holds, so reading after its end is enough.
        let data = (try? output.fileHandleForReading.read(upToCount: 4096)) ?? nil
        return .success(String(decoding: data ?? Data(), as: UTF8.self))
    }
}
