// The states of letters that sending their notifications moves.

package import Mail

/// Letters on their way. All methods throw a ``Refusal`` of cause `storage`.
package protocol LetterStates: Sendable {
    /// Notes that a letter's notification is about to be sent: from now on a crash leaves it readable.
    /// - Throws: a refusal of cause `storage`, also where the letter is not there: then nothing may be sent.
    func markNotifying(_ id: String) async throws(Refusal)
    /// Lets the letters be opened.
    /// - Throws: a refusal of cause `storage`, also where one of them is not there; then none has changed.
    func makeReadable(_ ids: [String]) async throws(Refusal)
    /// Deletes letters whose notification was not sent, and contents that no letter needs any more. Ids that are not
    /// there are no error.
    func discard(_ ids: [String]) async throws(Refusal)
}
