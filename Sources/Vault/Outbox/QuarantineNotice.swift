// Mails about held messages.

/// Kinds of mails about a held message.
package enum QuarantineNotice: String, NoticeKind {
    /// To the sender: an officer decides.
    case heldSender = "held-sender"
    /// To the officer: there is something to decide.
    case heldOfficer = "held-officer"
    /// To the officer: nobody has decided in time.
    case expiredOfficer = "expired-officer"

    package static var subject: NoticeSubject { .heldMessage }
}
