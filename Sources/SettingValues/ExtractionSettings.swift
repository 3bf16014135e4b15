// `extract`: looking into attachments.

/// How attachments are looked into, and what it may cost.
package struct ExtractionSettings: Sendable, Equatable {
    /// Whether it is done.
    package enum When: String, Sendable, CaseIterable {
        /// Where a rule asks what an attachment holds.
        case needed
        /// Not at all.
        case never
    }

    /// Whether it is done.
    package var when = When.needed
    /// Path of letterlock-extract, or nil: the one beside the running program.
    package var program: String?
    /// Longest time for one attachment, in seconds; then its process is killed.
    package var timeoutSeconds = 20
    /// Processes at once.
    package var workers = 2
    /// Address space of a process, in bytes.
    package var memoryBytes = 512 * 1024 * 1024
    /// Text of one message's attachments, in bytes.
    package var textBytes = 10 * 1024 * 1024
    /// What one attachment may unpack to, in bytes.
    package var unpackedBytes = 100 * 1024 * 1024
    /// Files inside of one message's attachments.
    package var files = 1000
    /// Archives inside of archives.
    package var depth = 5

    /// The defaults.
    /// - Parameter when: whether it is done.
    package init(when: When = .needed) { self.when = when }

    /// False: attachments are never looked into.
    package var isOn: Bool { when == .needed }
}
