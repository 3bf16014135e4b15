// What is logged, and how.

extension LetterlockSettings {
    /// The log on stderr.
    package struct LogSettings: Sendable, Equatable {
        /// How a line looks.
        package internal(set) var format = LogFormat.json
        /// What is left out: everything below.
        package internal(set) var level = LogLevel.info
        /// How addresses of mail stand there.
        package internal(set) var addresses = LogAddresses.plain
    }

    /// One JSON object per line, or a line for the eye.
    package enum LogFormat: String, Sendable, CaseIterable { case json, text }

    /// Lowest level that is written.
    package enum LogLevel: String, Sendable, CaseIterable { case debug, info, notice, warning, error }

    /// As they are, or as keyed hashes.
    package enum LogAddresses: String, Sendable, CaseIterable { case plain, hashed }
}
