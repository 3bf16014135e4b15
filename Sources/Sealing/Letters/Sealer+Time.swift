// What can be made behind links in the time there is. Asks the pool that makes letters, and nothing else.

package import Mail
package import Policy

extension Sealer {
    /// Refuses a message whose letters cannot be made in so many tries, by the rate since the process began. Where no
    /// letter has been made yet, nothing is known and nothing is refused.
    /// - Parameters:
    ///   - earlier: for whom nothing is to be made, and who has a link already.
    ///   - tries: how often the message may come again.
    ///   - time: for letters in each try.
    /// - Throws: a ``Refusal`` of cause `tooManyLetters` that names how many can be made.
    package func requireTime(
        for decided: DecidedMessage, earlier: EarlierTries, tries: Int, of time: Duration
    ) throws(Refusal) {
        var recipients: Set<Mailbox> = []
        for decision in decided.decisions where decision.outcome == .seal(.link) && decision.password != .standing {
            let folded = decision.recipient.folded
            guard !earlier.delivered.contains(folded), earlier.conversations[folded] == nil else { continue }
            recipients.insert(decision.recipient)
        }
        guard !recipients.isEmpty, let most = stretchers.letters(in: time * tries), recipients.count > most else {
            return
        }
        throw Refusal(
            .tooManyLetters,
            """
            this message goes behind a link for \(recipients.count) recipients, and there is time for \(most): send it \
            to fewer recipients at a time
            """,
            detail: """
                \(recipients.count) new letters, and \(tries) tries have time for \(most); hint: raise limits.reply, \
                or give readers standing passwords
                """)
    }
}

extension Refusal {
    /// Of recipients for whose letters a try had no time.
    static let unfinished = Refusal(
        .deadline, "some recipients have been served, the others will be at the next tries",
        detail: "no time was left to make the letter; the next try makes it")
}
