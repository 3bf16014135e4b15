// Mails of Letterlock's own that wait for the next hop: what they are about, not what they say.

package import Mail

/// Mails of Letterlock's own. Rows are handed out one by one under a lease, so that two senders at once do not send the
/// same mail. All methods throw a ``Refusal`` of cause `storage`.
package protocol Outbox: Sendable {
    /// The next notice whose time has come; nil where there is none. It comes again unless it is sent or put off.
    func nextNotice(nowSeconds: Int64) async throws(Refusal) -> QuarantineNotice?
    /// It has been sent, or never will be.
    func finish(_ notice: QuarantineNotice) async throws(Refusal)
    /// It is tried again at this time.
    func putOff(_ notice: QuarantineNotice, untilSeconds: Int64) async throws(Refusal)
    /// Makes notices of what has happened; what has been told already makes none.
    func take(_ events: [LetterEvents], _ wishes: NoticeWishes, nowSeconds: Int64) async throws(Refusal)
    /// Letters that nobody has opened, and that end soon or have ended without anybody being told.
    /// - Returns: those that have ended, and those that will.
    func ending(nowSeconds: Int64) async throws(Refusal) -> (ended: [LetterOwner], soon: [LetterOwner])
    /// The letters end soon, unopened.
    func take(expiring letters: [LetterOwner], _ wishes: NoticeWishes, nowSeconds: Int64) async throws(Refusal)
    /// The letters have ended, unopened.
    /// - Parameter wishes: nil for letters that were never sent: nobody is told.
    func take(expired letters: [LetterOwner], _ wishes: NoticeWishes?, nowSeconds: Int64) async throws(Refusal)
    /// The next notice whose time has come; nil where there is none. It comes again unless it is finished or put off.
    func nextLetterNotice(nowSeconds: Int64) async throws(Refusal) -> LetterNotice?
    /// It has been sent, or never will be; that it was made stays known.
    func finish(_ notice: LetterNotice) async throws(Refusal)
    /// It is tried again at this time.
    func putOff(_ notice: LetterNotice, untilSeconds: Int64) async throws(Refusal)
    /// Notices that wait to be sent.
    func waitingLetterNotices() async throws(Refusal) -> Int
}
