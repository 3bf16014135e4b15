// The letterlock-seal of an engine: started before there is work, and again where it has died or gpg was replaced.
// Fails with a Refusal of cause engine, which is 451.

import Glibc
import Mail
import POSIX
import Synchronization

/// Keeps one letterlock-seal running.
final class SealHelpers: Sendable {
    private struct State {
        var current: SealHelper?
        var isEnded = false
        /// Of the last one; nil: none was started yet.
        var lacks: [String]?
    }

    /// It is small, and has little to do before it greets.
    private static let startMilliseconds: Int32 = 10_000

    private let program: String
    private let gpg: String
    private let folder: String
    private let tell: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - program: path of letterlock-seal.
    ///   - folder: absolute; homes and certificates lie in it.
    ///   - tell: what a log should say.
    init(program: String, gpg: String, folder: String, tell: @escaping @Sendable (String) -> Void) {
        self.program = program
        self.gpg = gpg
        self.folder = folder
        self.tell = tell
    }

    /// The process that runs now, for tests that kill it.
    var processID: pid_t? { state.withLock { $0.current?.processID } }

    /// The one to use now.
    func helper() throws(Refusal) -> SealHelper {
        let result = state.withLock { state -> Result<SealHelper, SealHelper.Failure> in
            guard !state.isEnded else { return .failure(SealHelper.Failure(text: "letterlock-seal was ended")) }
            if let current = state.current, current.isAlive, current.gpg == FileStamp(path: gpg) {
                return .success(current)
            }
            if state.current?.isAlive == false { tell("letterlock-seal has died and is started again") }
            // What runs in the old one ends there.
            state.current = nil
            do throws(SealHelper.Failure) {
                let made = try SealHelper(
                    program: program, gpg: gpg, folder: folder, withinMilliseconds: Self.startMilliseconds)
                state.current = made
                // Of the first one the start of the gateway tells.
                if let before = state.lacks, before != made.lacks, !made.lacks.isEmpty { tell(Self.words(made.lacks)) }
                state.lacks = made.lacks
                return .success(made)
            } catch { return .failure(error) }
        }
        do { return try result.get() } catch { throw Engine.failure(error.text) }
    }

    /// It does not answer as it should: the next use starts another one.
    func forget(_ helper: SealHelper) {
        state.withLock { state in if state.current === helper { state.current = nil } }
    }

    /// Why nothing can be sealed, or nil; and the walls that it runs without, in words.
    func check() -> (problem: String?, lacks: String?) {
        do throws(Refusal) {
            let lacks = try helper().lacks
            return (nil, lacks.isEmpty ? nil : Self.words(lacks))
        } catch { return (error.detail, nil) }
    }

    /// Ends it; there is no other one.
    func end() {
        state.withLock { state in
            state.isEnded = true
            state.current = nil
        }
    }

    private static func words(_ lacks: [String]) -> String {
        "gpg encrypts without all of its walls: \(lacks.joined(separator: ", "))"
    }
}
