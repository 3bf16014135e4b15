// A program that is given octets and answers with octets, through pipes and memory, so that nothing lies on a disk. It
// runs inside the same walls as we do, and inherits the limit of CPU time.

import CSandbox
import POSIX

/// Runs a program.
struct ChildProgram {
    /// The last bytes of its errors that are kept.
    private static let errorBytes = 4096

    let path: String
    let arguments: [String]
    /// True where it wants a file that it can seek in, as standard input; false where a pipe will do.
    var seeks = false

    /// - Throws: why it cannot be started.
    func run(_ bytes: [UInt8], limitBytes: Int) throws(SystemError) -> ProgramRun.Outcome {
        let command = ChildProcess.Command(path, arguments, environment: [])
        return try ProgramRun(
            command, input: try input(bytes), outputBytes: limitBytes, errorBytes: Self.errorBytes
        ).runBlocking()
    }

    private func input(_ bytes: [UInt8]) throws(SystemError) -> ProgramRun.Input {
        guard seeks else { return .bytes(bytes) }
        let file = bytes.withUnsafeBytes { letterlock_memory_file($0.baseAddress, $0.count) }
        guard file >= 0 else { throw SystemError() }
        return .descriptor(file)
    }
}

extension ProgramRun.Outcome {
    /// Why it failed, or nil.
    func failure(of name: String) -> String? {
        guard let status else { return "\(name) took too long" }
        if let signal = status.signal { return "\(name) was ended by signal \(signal)" }
        return status.isSuccess ? nil : "\(name) ended with status \(status.code)"
    }
}
