// One worker: a queue of its own for blocking work, and one process of letterlock-extract that is reused until it
// fails.

import Dispatch
import ExtractionWire
import Mail
import Synchronization

/// Looks into one attachment after the other.
final class ExtractionWorker: Sendable {
    /// Findings, or why there are none.
    enum Answer: Sendable {
        case part(ExtractedPart)
        /// Extraction does not work on this machine.
        case unavailable(String)
    }

    /// A fresh process now and then: whatever leaks in a library or a hostile file has left behind goes with the old
    /// one.
    private static let jobsPerProcess = 200

    private struct State: ~Copyable {
        var process: ExtractorProcess?
    }

    private let settings: ExtractionSettings
    private let program: String
    private let queue: DispatchQueue
    private let state = Mutex(State(process: nil))

    init(_ settings: ExtractionSettings, program: String, number: Int) {
        self.settings = settings
        self.program = program
        queue = DispatchQueue(label: "letterlock.extract.\(number)")
    }

    /// Runs blocking work off the cooperative pool.
    func perform<Value: Sendable>(_ work: @escaping @Sendable (ExtractionWorker) -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: work(self)) }
        }
    }

    /// Ends the process.
    func stop() { state.withLock { $0.process = nil } }

    /// The process that waits for work, for tests: nil where there is none.
    var processID: Int32? { state.withLock { $0.process?.id } }

    /// Whether it works here at all: starts a process if none runs.
    /// - Returns: why not, or what is missing.
    func probe() -> (refusal: String?, lacks: [String]) {
        state.withLock { state in
            do throws(ExtractorProcess.Failure) {
                try start(&state)
                return (nil, state.process?.lacks ?? [])
            } catch {
                return (Self.text(error), [])
            }
        }
    }

    /// Looks into one attachment; blocking. A file that ends the reader, or keeps it too long, gets a second try in a
    /// fresh process: the first may have been ended by what came before.
    func examine(_ job: ExtractionJob, _ bytes: [UInt8]) -> Answer {
        state.withLock { state in
            var last = ExtractorProcess.Failure.ended
            for _ in 0..<2 {
                do throws(ExtractorProcess.Failure) {
                    try start(&state)
                    return .part(try examine(job, bytes, &state))
                } catch {
                    state.process = nil
                    last = error
                    switch error {
                    case .noProcess(let reason): return .part(ExtractedPart(problem: .temporary(reason)))
                    case .refused(let reason): return .unavailable(reason)
                    case .ended, .tookTooLong: continue
                    }
                }
            }
            return .part(ExtractedPart(problem: .unreadable(Self.text(last))))
        }
    }

    private func examine(
        _ job: ExtractionJob, _ bytes: [UInt8], _ state: inout State
    ) throws(ExtractorProcess.Failure) -> ExtractedPart {
        let deadline = ContinuousClock.now + .seconds(settings.timeoutSeconds)
        guard let part = try state.process?.examine(job, bytes, deadline: deadline) else { throw .ended }
        if let jobs = state.process?.jobs, jobs >= Self.jobsPerProcess { state.process = nil }
        return part
    }

    private func start(_ state: inout State) throws(ExtractorProcess.Failure) {
        if state.process != nil { return }
        state.process = try ExtractorProcess.start(
            program: program, memoryBytes: settings.memoryBytes,
            deadline: .now + .seconds(settings.timeoutSeconds))
    }

    private static func text(_ failure: ExtractorProcess.Failure) -> String {
        switch failure {
        case .noProcess(let reason), .refused(let reason): reason
        case .ended: "it ended the program that reads it"
        case .tookTooLong: "reading it took too long"
        }
    }
}
