// One run of a program: bytes in, bytes out, through pipes and memory, so that nothing lies on a disk; ended when its
// time is over. Blocking, or on threads of its own. Touches a process of our own making.

import CPOSIX
import Dispatch
import Glibc

/// A program and what it is given.
package struct ProgramRun: Sendable {
    /// What it reads on standard input.
    package enum Input: Sendable {
        /// Nothing.
        case nothing
        /// These bytes, from memory. More than 16 KiB: only where this process ignores SIGPIPE, as the program may
        /// close its input early.
        case bytes([UInt8])
        /// An open file, which is closed when the process has started or could not be.
        case descriptor(Int32)
    }

    /// What came of it.
    package struct Outcome: Sendable {
        /// What it wrote to standard output, as far as it was wanted.
        package var output: [UInt8]
        /// The last of what it wrote to standard error, as far as it was wanted.
        package var errors: [UInt8]
        /// False where there was more output than wanted.
        package var isWhole: Bool
        /// How it ended; nil where it was ended as its time was over.
        package var status: ExitStatus?
    }

    private static let queue = DispatchQueue(label: "letterlock.programs", attributes: .concurrent)
    private static let pipeBytes = 16_384
    private static let lookMicroseconds: UInt32 = 10_000

    private let command: ChildProcess.Command
    private let input: Input
    private let outputBytes: Int?
    private let errorBytes: Int?

    /// - Parameters:
    ///   - outputBytes: how much of its output is wanted; nil: none, it goes to `/dev/null`.
    ///   - errorBytes: how much of the end of its errors is wanted; nil: none.
    package init(
        _ command: ChildProcess.Command, input: Input = .nothing, outputBytes: Int? = nil, errorBytes: Int? = nil
    ) {
        self.command = command
        self.input = input
        self.outputBytes = outputBytes
        self.errorBytes = errorBytes
    }

    /// Runs it on a thread that may block.
    /// - Throws: why it cannot be started.
    package func run(within time: Duration) async throws(SystemError) -> Outcome {
        let deadline = ContinuousClock.now + time
        let result: Result<Outcome, SystemError> = await withCheckedContinuation { continuation in
            Self.queue.async {
                continuation.resume(
                    returning: Result { () throws(SystemError) in try runBlocking(deadline: deadline) })
            }
        }
        return try result.get()
    }

    /// Runs it; blocks until it has ended.
    /// - Parameter deadline: when it is ended with its group; nil: never.
    /// - Throws: why it cannot be started.
    package func runBlocking(deadline: ContinuousClock.Instant? = nil) throws(SystemError) -> Outcome {
        var exchange = PipeExchange(outputBytes: outputBytes, errorBytes: errorBytes)
        let child = try start(&exchange)
        let isInTime = exchange.run(deadline: deadline)
        exchange.close()
        let status = isInTime ? Self.wait(child, deadline) : nil
        if status == nil {
            child.kill()
            _ = child.wait()
        }
        return Outcome(
            output: exchange.output, errors: exchange.errors, isWhole: exchange.isWhole, status: status)
    }

    private func start(_ exchange: inout PipeExchange) throws(SystemError) -> ChildProcess {
        var theirs = ChildProcess.Streams()
        defer {
            for case .descriptor(let end) in [theirs.input, theirs.output, theirs.errors] { close(end) }
        }
        if case .descriptor(let file) = input { theirs.input = .descriptor(file) }
        do throws(SystemError) {
            if outputBytes != nil {
                let pipe = try PipeEnds()
                (exchange.outputEnd, theirs.output) = (pipe.reading, .descriptor(pipe.writing))
            }
            if errorBytes != nil {
                let pipe = try PipeEnds()
                (exchange.errorsEnd, theirs.errors) = (pipe.reading, .descriptor(pipe.writing))
            }
            if case .bytes(let bytes) = input {
                let pipe = try PipeEnds()
                (exchange.inputEnd, theirs.input) = (pipe.writing, .descriptor(pipe.reading))
                // Less than a pipe holds (pipe(7)): nobody has to wait, and no write can find it closed.
                if bytes.count <= Self.pipeBytes {
                    try bytes.withUnsafeBufferPointer { (bytes) throws(SystemError) in
                        try Descriptors.writeAll(pipe.writing, UnsafeRawBufferPointer(bytes))
                    }
                    exchange.closeInput()
                } else {
                    exchange.input = bytes
                }
            }
            return try ChildProcess(command, theirs)
        } catch {
            exchange.close()
            throw error
        }
    }

    private static func wait(_ child: ChildProcess, _ deadline: ContinuousClock.Instant?) -> ExitStatus? {
        guard let deadline else { return child.wait() }
        while true {
            do throws(SystemError) {
                if let found = try child.ended() { return found }
            } catch {
                return nil
            }
            guard ContinuousClock.now < deadline else { return nil }
            usleep(lookMicroseconds)
        }
    }
}

/// Both ends of a pipe, which no other child is given.
package struct PipeEnds: Sendable {
    /// Where it is read.
    package let reading: Int32
    /// Where it is written.
    package let writing: Int32

    /// A new pipe.
    package init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        let failed = letterlock_pipe(&ends)
        guard failed == 0 else { throw SystemError(failed) }
        (reading, writing) = (ends[0], ends[1])
    }
}
