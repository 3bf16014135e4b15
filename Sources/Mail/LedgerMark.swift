// What the ledger remembers beside recipients who have been served: copies for archives and receipts. Each is kept
// under a name like an address, in a domain that no address can have. Values only.

/// Names that stand for no recipient.
package enum LedgerMark {
    /// The copy for an archive has been accepted.
    package static func copy(to archive: Mailbox) -> Mailbox { Mailbox(mark: "copy", of: archive) }
    /// The sender has been told that the next hop has the message for this recipient.
    package static func receipt(for recipient: Mailbox) -> Mailbox { Mailbox(mark: "receipt", of: recipient) }

    /// True for the folded form of a mark: a domain has no space.
    package static func isMark(_ folded: String) -> Bool {
        guard let at = folded.utf8.lastIndex(of: UInt8(ascii: "@")) else { return false }
        return folded.utf8[at...].contains(UInt8(ascii: " "))
    }
}
