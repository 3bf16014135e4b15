// The lines of a log, kept for a test to read.

import Foundation
package import Logs
import Synchronization

/// Keeps lines instead of writing them.
package final class KeptLines: Sendable {
    private let lines = Mutex<[String]>([])

    package init() {}

    /// The lines so far, each with its line feed.
    package var all: [String] { lines.withLock { $0 } }

    /// What writes here, at 2026-01-02T03:04:05.006Z.
    package func sink(_ options: LogOptions = LogOptions()) -> LogSink {
        LogSink(
            options, write: { line in self.lines.withLock { $0.append(line) } }, nowMilliseconds: { 1_767_323_045_006 })
    }

    /// Each line as JSON.
    /// - Throws: ``NoLine`` where something is not one line with one object.
    package func objects() throws -> [[String: Any]] {
        try all.map { line in
            guard line.hasSuffix("\n"), line.filter({ $0 == "\n" }).count == 1,
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            else { throw NoLine(text: line) }
            return object
        }
    }

    /// What is not one line with one object.
    package struct NoLine: Error {
        /// As it was written.
        package let text: String
    }
}
