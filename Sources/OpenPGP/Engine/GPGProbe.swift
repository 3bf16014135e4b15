// Whether gpg answers, for health checks and doctor: a process of its own, beside the engine's workers, which may be
// busy. Touches one short-lived gpg process. Never throws: what is wrong is an answer.

import Glibc
import POSIX

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

    /// Its version and that of libgcrypt in one line, or nil where they cannot be had.
    func fullVersion() async -> String? {
        guard case .success(let output) = await run(["--version"]), output.hasPrefix("gpg ") else { return nil }
        return output.split(separator: "\n").prefix(2).joined(separator: ", ")
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
            return .failure(Failure(text: "\"\(program)\": \(SystemError().words)"))
        }
        let command = ChildProcess.Command(
            program, arguments, environment: ChildProcess.Command.ownEnvironment, leadsGroup: true)
        let outcome: ProgramRun.Outcome
        do throws(SystemError) {
            outcome = try await ProgramRun(command, outputBytes: 4096).run(within: .seconds(timeoutSeconds))
        } catch {
            return .failure(Failure(text: "\"\(program)\" cannot be started: \(error.words)"))
        }
        guard let status = outcome.status else {
            return .failure(Failure(text: "\"\(program)\" did not answer within \(timeoutSeconds) s"))
        }
        guard status.isSuccess else {
            return .failure(Failure(text: "\"\(program)\" ended with status \(status.signal ?? status.code)"))
        }
        return .success(String(decoding: outcome.output, as: UTF8.self))
    }
}
