// What looking into attachments may cost, and by which program. Values only.

package import ExtractionWire

/// Settings of extraction.
package struct ExtractionSettings: Sendable, Equatable {
    /// False: attachments are never looked into.
    package var isOn = true
    /// The program letterlock-extract, or nil: the one beside our own program.
    package var program: String?
    /// Longest time for one attachment, in seconds; then its process is killed.
    package var timeoutSeconds = 20
    /// Processes at once.
    package var workers = 2
    /// Address space of a process, in bytes.
    package var memoryBytes = 512 * 1024 * 1024
    /// Limits of one attachment, and of text and files of one message.
    package var limits = ExtractionLimits()

    package init() {}

    /// Attachments of one message that are looked into.
    package static let attachments = 1000
    /// Time after which no further attachment of one message is begun, in seconds. The last one may take two time-outs,
    /// and a milter's MTA waits for 90 s.
    package var messageSeconds: Int { timeoutSeconds * 2 }
}
