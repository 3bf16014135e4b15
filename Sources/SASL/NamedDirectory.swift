// The people of a file as a running gateway knows them: the file is read when first asked for, and again when it has
// changed. A file that cannot be used keeps the last good one in use, and says so once for each of its states.

package import Mail
import POSIX
import Synchronization

/// Looks people up.
package final class NamedDirectory<Entry: NamedEntry>: Sendable {
    /// The users of one state of the file.
    struct Snapshot: Sendable {
        var users: [String: Entry] = [:]
        /// The count that most users have: what a user who does not exist pretends to have.
        var usualIterations = ScramVerifier.defaultIterations

        init(_ file: NamedLines<Entry>) {
            var counts: [Int: Int] = [:]
            for user in file.users {
                users[user.name] = user
                counts[user.verifier.iterations, default: 0] += 1
            }
            if let usual = counts.max(by: { ($0.value, $0.key) < ($1.value, $1.key) }) { usualIterations = usual.key }
        }
    }

    private struct State {
        var snapshot: Snapshot?
        var seen: FileStamp?
        var problem: Diagnostic?
        var hasLooked = false
    }

    private let path: String
    private let report: @Sendable (Diagnostic) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - path: of the file; need not exist yet.
    ///   - report: hears of a file that cannot be used, once for each of its states.
    package init(path: String, report: @escaping @Sendable (Diagnostic) -> Void) {
        self.path = path
        self.report = report
    }

    /// What is wrong with the file as it is now, or nil.
    package func problem() -> Diagnostic? {
        _ = current()
        return state.withLock { $0.problem }
    }

    /// The users now; nil where the file was never good.
    func current() -> Snapshot? {
        var news: Diagnostic?
        let snapshot = state.withLock { state -> Snapshot? in
            let stamp = FileStamp(path: path)
            guard !state.hasLooked || stamp != state.seen else { return state.snapshot }
            state.hasLooked = true
            state.seen = stamp
            do throws(Diagnostic) {
                let (file, read) = try NamedLines<Entry>.stamped(path)
                state.snapshot = Snapshot(file)
                state.seen = read
                state.problem = nil
            } catch {
                if state.problem != error { news = error }
                state.problem = error
            }
            return state.snapshot
        }
        if let news { report(news) }
        return snapshot
    }
}

/// The users who may submit mail.
package typealias UserDirectory = NamedDirectory<StoredUser>
