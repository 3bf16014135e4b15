// What has happened to letters, for their senders: each piece of news is noted and enqueued in one commit.

package import Links
package import Mail

/// News of letters. All methods throw a ``Refusal`` of cause `storage`.
package protocol LetterNews: Sendable {
    /// Makes notices of what has happened; what has been told already makes none.
    func take(_ events: [LockedLetter.Attempts], _ wishes: NoticeWishes, nowSeconds: Int64) async throws(Refusal)
    /// Letters that nobody has opened, and that end soon or have ended without anybody being told.
    /// - Returns: those that have ended, and those that will.
    func ending(nowSeconds: Int64) async throws(Refusal) -> (ended: [LetterOwner], soon: [LetterOwner])
    /// The letters have ended, unopened.
    /// - Parameter wishes: nil for letters that were never sent: nobody is told.
    func take(expired letters: [LetterOwner], _ wishes: NoticeWishes?, nowSeconds: Int64) async throws(Refusal)
}
