// `log`: what is logged, and how.

/// The log on stderr.
package struct LogSettings: Sendable, Equatable {
    /// One JSON object a line, or a line for the eye.
    package enum Format: String, Sendable, CaseIterable { case json, text }

    /// Lowest level that is written.
    package enum Level: String, Sendable, CaseIterable { case debug, info, notice, warning, error }

    /// Addresses of mail as they are, or as keyed hashes.
    package enum Addresses: String, Sendable, CaseIterable { case plain, hashed }

    /// How a line looks.
    package var format = Format.json
    /// What is left out: everything below.
    package var level = Level.info
    /// How addresses of mail stand there.
    package var addresses = Addresses.plain

    /// The defaults.
    package init() {}
}
