// One run of the hook's command: number and text on stdin as JSON (from memory, never as arguments, which every user of
// the machine can see), its output thrown away, its exit code the answer. Killed with its children when its time is
// over. Touches a process of our own making.

import Glibc
import Mail
import POSIX

/// One run.
struct CommandCall {
    let words: [String]

    private static let environment = ["LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin"]

    func run(_ message: TextMessage, within time: Duration) async throws(TextFailure) {
        // Revealed to the program whose purpose it is.
        let input =
            #"""
            {"number":"\#(TextTemplate.json(message.number.e164))",\#
            "text":"\#(TextTemplate.json(message.text.revealed))"}
            """#
            + "\n"
        guard let program = words.first, access(program, X_OK) == 0 else {
            throw TextFailure("the command is not there, or cannot be run", again: false)
        }
        let command = ChildProcess.Command(
            program, Array(words.dropFirst()), environment: Self.environment, leadsGroup: true)
        let outcome: ProgramRun.Outcome
        do throws(SystemError) {
            outcome = try await ProgramRun(command, input: .bytes(Array(input.utf8))).run(within: time)
        } catch {
            throw TextFailure("starting the command: \(error.words)")
        }
        guard let status = outcome.status else { throw TextFailure("the command took too long") }
        if let signal = status.signal { throw TextFailure("the command was ended by signal \(signal)") }
        guard status.isSuccess else { throw TextFailure("the command ended with \(status.code)") }
    }
}
