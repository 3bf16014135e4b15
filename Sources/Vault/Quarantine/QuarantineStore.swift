// Sealed messages that wait for an officer, with a record of what was done with them.

package import Mail

/// Held messages. Content comes in sealed and is destroyed with its last recipient. All methods throw a ``Refusal`` of
/// cause `storage`; nothing is half done.
package protocol QuarantineStore: Sendable {
    /// Commits a message for recipients who do not have it in the quarantine yet, with the mails that tell of it.
    ///
    /// Recipients for whom the same message of the same sender lies there already are not held twice. For all of them
    /// the ledger says `held` after the same commit.
    /// - Parameters:
    ///   - entry: recipients in state `held`, never empty.
    ///   - content: sealed.
    ///   - notices: kinds of mails to be sent.
    /// - Returns: false where everybody was held already: then nothing new lies there.
    func hold(
        _ entry: QuarantineEntry, sender: Mailbox?, recipients: [Mailbox], fingerprint: MessageFingerprint,
        content: MessageBytes, notices: [QuarantineNotice]
    ) async throws(Refusal) -> Bool
    /// Held messages, oldest first.
    /// - Parameter settled: true for those too that lie there no longer.
    func quarantined(settled: Bool) async throws(Refusal) -> [QuarantineEntry]
    /// One message; nil where there is none of this id.
    func quarantined(_ id: String) async throws(Refusal) -> QuarantineEntry?
    /// The sealed content; nil where it lies there no longer.
    func quarantinedContent(_ id: String) async throws(Refusal) -> MessageBytes?
    /// What was done with a message, oldest first.
    func quarantineRecords(_ id: String) async throws(Refusal) -> [QuarantineEntry.Record]
    /// What officers have done since a record, for the log of the gateway, which is another process.
    /// - Parameter number: of the last record that was seen; nil: nothing is given but where the records end now.
    /// - Returns: the records with the ids of their messages, and the number of the last.
    func quarantineDeeds(
        after number: Int64?
    ) async throws(Refusal) -> (deeds: [(id: String, record: QuarantineEntry.Record)], last: Int64)
    /// Remembers something that changes nothing: that a message was opened, or could not be released.
    func noteQuarantine(
        _ action: String, _ id: String, recipients: [String], who: String, said: String, nowSeconds: Int64
    ) async throws(Refusal)
    /// Ends the stay for some recipients, with a record; with the last of them the content is destroyed.
    /// - Parameters:
    ///   - recipients: as written in the entry.
    ///   - notices: kinds of mails to be sent.
    func settleQuarantine(
        _ id: String, _ recipients: [String], as state: QuarantineEntry.State, who: String, said: String,
        notices: [QuarantineNotice], nowSeconds: Int64
    ) async throws(Refusal)
    /// Destroys what has lain there too long, with records; forgets what is only remembered and very old.
    /// - Parameter notices: kinds of mails to be sent of each.
    /// - Returns: the messages that expired, as they were before.
    func expireQuarantine(
        notices: [QuarantineNotice], nowSeconds: Int64
    ) async throws(Refusal) -> [QuarantineEntry]
}

extension QuarantineStore {
    /// Messages that are held now, oldest first.
    package func quarantined() async throws(Refusal) -> [QuarantineEntry] { try await quarantined(settled: false) }

    /// As ``settleQuarantine(_:_:as:who:said:notices:nowSeconds:)``; nobody is told by mail.
    package func settleQuarantine(
        _ id: String, _ recipients: [String], as state: QuarantineEntry.State, who: String, said: String,
        nowSeconds: Int64
    ) async throws(Refusal) {
        try await settleQuarantine(
            id, recipients, as: state, who: who, said: said, notices: [], nowSeconds: nowSeconds)
    }
}
