// What the milter door asks of the house behind it, and what it is told.

package import Mail
package import Milter
package import SettingValues

/// Takes whole messages from a milter listener and gives a verdict on each.
package protocol MilterHandler: Sendable {
    /// Called once per message after its last byte. Must return within `limits.milterReplySeconds`.
    func handle(_ message: ReceivedMessage) async -> MilterAnswer
}

/// The answer to a message.
package struct MilterAnswer: Sendable {
    /// What the MTA is told, edits included.
    package let verdict: MilterVerdict
    /// Called once after the last word has been written to the socket; not called where it could not be written.
    package let answerWritten: @Sendable () async -> Void

    /// An answer. `answerWritten` is where the ledger forgets what it kept for a retry.
    package init(_ verdict: MilterVerdict, answerWritten: @escaping @Sendable () async -> Void = {}) {
        self.verdict = verdict
        self.answerWritten = answerWritten
    }
}

/// Address and limits of one milter listener.
package struct MilterListenerConfiguration: Sendable {
    /// Where to listen; port 0 lets the system choose. There is no TLS in this protocol: a Unix socket or loopback.
    package var address: HostPort
    /// `connections`, `idleSeconds`, `dataSeconds`, `milterReplySeconds` and those of messages are used.
    package var limits: Limits
    /// What all doors may hold at once; nil: no limit.
    package var budget: ByteBudget?
    /// What of a message stays in memory.
    package var spool: SpoolPolicy

    /// A configuration from its parts.
    package init(
        address: HostPort, limits: Limits, budget: ByteBudget? = nil, spool: SpoolPolicy = .memoryOnly
    ) {
        self.spool = spool
        self.address = address
        self.limits = limits
        self.budget = budget
    }
}
