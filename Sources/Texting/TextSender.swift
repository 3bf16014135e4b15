// A text message, and what sends it.

package import Mail

/// A text message with a password in it.
package struct TextMessage: Sendable {
    package let number: PhoneNumber
    package let text: Secret

    package init(number: PhoneNumber, text: Secret) {
        self.number = number
        self.text = text
    }
}

/// Whatever can send text messages.
package protocol TextSender: Sendable {
    /// Sends one, or says why not.
    /// - Parameter deadline: what is under way then is given up.
    /// - Throws: a temporary ``Refusal``; then it has not been sent, as far as can be known.
    func send(_ message: TextMessage, deadline: ContinuousClock.Instant) async throws(Refusal)
}

/// Why one try came to nothing; its words are for our log and hold no number, text or answer.
struct TextFailure: Error, Equatable {
    let words: String
    /// False where trying again at once cannot help.
    let isWorthAnotherTry: Bool

    init(_ words: String, again: Bool = true) {
        self.words = words
        isWorthAnotherTry = again
    }
}
