// Where log lines go, and how they look: shared by all loggers, and changed while they are in use (SIGHUP).
// Touches one descriptor, standard error unless a test gives another place. Never fails: a log that cannot be written
// is lost.

import Foundation
package import Logging
import Synchronization

/// How the log is written.
package struct LogOptions: Sendable, Equatable {
    /// What a line looks like.
    package enum Format: String, Sendable { case json, text }

    package var format: Format
    /// Lowest level that is written.
    package var level: Logger.Level
    /// Writes addresses of mail as keyed hashes; nil: as they are.
    package var mask: AddressMask?

    package init(format: Format = .json, level: Logger.Level = .info, mask: AddressMask? = nil) {
        self.format = format
        self.level = level
        self.mask = mask
    }

    /// As the settings write it; without a mask.
    /// - Parameters:
    ///   - format: `json` or `text`; anything else is JSON.
    ///   - level: `debug`, `info`, `notice`, `warning` or `error`; anything else is `info`.
    package init(format: String, level: String) {
        self.init(format: Format(rawValue: format) ?? .json, level: Logger.Level(rawValue: level) ?? .info)
    }
}

/// The one place that all log lines pass.
package final class LogSink: Sendable {
    private let current: Mutex<LogOptions>
    private let write: @Sendable (String) -> Void
    private let nowMilliseconds: @Sendable () -> Int64
    private let writing = Mutex<Void>(())

    /// - Parameters:
    ///   - write: takes whole lines with their line feed, one at a time.
    ///   - nowMilliseconds: since 1970-01-01T00:00:00Z.
    package init(
        _ options: LogOptions,
        write: @escaping @Sendable (String) -> Void = LogSink.toStandardError,
        nowMilliseconds: @escaping @Sendable () -> Int64 = LogSink.systemMilliseconds
    ) {
        current = Mutex(options)
        self.write = write
        self.nowMilliseconds = nowMilliseconds
    }

    /// How lines are written from now on.
    package var options: LogOptions {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }

    /// A handler for `LoggingSystem.bootstrap` or a logger of its own.
    package func handler() -> some LogHandler { LineLogHandler(sink: self) }

    /// One event as one line.
    func log(level: Logger.Level, message: String, metadata: Logger.Metadata) {
        let options = options
        let line = LogLine(
            milliseconds: nowMilliseconds(), level: level, message: message, metadata: metadata, mask: options.mask)
        let text = options.format == .json ? line.json : line.text
        writing.withLock { _ in write(text + "\n") }
    }

    /// One `write` for the whole line, so that lines of other processes on the same pipe do not cut into it.
    package static let toStandardError: @Sendable (String) -> Void = { line in
        var rest = Array(line.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// The system's clock.
    package static let systemMilliseconds: @Sendable () -> Int64 = {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}

/// A logger's own metadata and level, in front of the sink.
struct LineLogHandler: LogHandler {
    let sink: LogSink
    var metadata: Logger.Metadata = [:]
    private var ownLevel: Logger.Level?

    init(sink: LogSink) { self.sink = sink }

    /// The sink's level, as it is at the moment, unless this logger was given one of its own.
    var logLevel: Logger.Level {
        get { ownLevel ?? sink.options.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let own = event.metadata { all.merge(own) { _, new in new } }
        if let error = event.error { all["error"] = "\(error)" }
        sink.log(level: event.level, message: "\(event.message)", metadata: all)
    }
}
