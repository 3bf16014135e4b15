// What the ledger knows of one unfinished message. Values only; addresses are folded (`Mailbox.folded`).

package import Mail

/// Recipients of one message by what has become of them in earlier tries.
package struct RememberedMessage: Sendable, Equatable {
    /// Unfinished rows are kept so long, in seconds: 7 days, longer than mail servers try (RFC 5321 section 4.5.4.1).
    package static let keepSeconds: Int64 = 7 * 24 * 3600

    /// The next hop has it for them.
    package var delivered: Set<String> = []
    /// A password for their letter has been mailed to the sender.
    package var passwordMailed: Set<String> = []
    /// Refused for good after another part of the message had been accepted, with what was said.
    package var refused: [String: Refusal] = [:]
    /// The sender has been told of the refusal.
    package var reported: Set<String> = []
    /// The quarantine has it for them.
    package var held: Set<String> = []
    /// Archives that have their copy; no recipients of the message.
    package var copied: Set<String> = []
    /// The sender has been told that the next hop has it for them.
    package var receipted: Set<String> = []

    /// Nothing is known.
    package init() {}

    /// Recipients for whom nothing is to be sent any more.
    package var settled: Set<String> { delivered.union(reported).union(refused.keys).union(held) }
}
