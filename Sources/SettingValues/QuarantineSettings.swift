// `quarantine`: messages held back for an officer.

package import Mail

/// The quarantine: set up where both ``key`` and ``officer`` are there.
package struct QuarantineSettings: Sendable, Equatable {
    /// File of the certificate that held messages are sealed to, or nil.
    package var key: String?
    /// Address that is told of held messages and answers questions, or nil.
    package var officer: Mailbox?
    /// How long a message waits, in seconds.
    package var keepSeconds = 30 * 86_400
    /// True where an inside sender is told.
    package var tellsSender = true
    /// True where the officer is told.
    package var tellsOfficer = true

    /// The defaults: no quarantine.
    package init() {}

    /// True where messages can be held back.
    package var isSetUp: Bool { key != nil && officer != nil }
}
