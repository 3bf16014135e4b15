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

    /// The features log: what `policy diff` replays.
    package struct FeaturesSettings: Sendable, Equatable {
        /// The file, or nil: there is none.
        package internal(set) var file: String?
        /// Where the salt lies that hides addresses, or nil: they stand there as they are.
        package internal(set) var saltFile: String?
        /// What of outside addresses stays readable where there is a salt.
        package internal(set) var outsideDomains = OutsideDomains.salt
        /// Header fields whose texts are kept beside those that the rules name.
        package internal(set) var headers: [String] = []
    }

    /// Domains of outside addresses in a salted features log.
    package enum OutsideDomains: String, Sendable, CaseIterable { case salt, keep }
}
