// What sends text messages: an HTTP request or a command, as the settings say. Values only.

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

/// The hook of the settings.
package struct TextHook: Sendable, Equatable {
    /// What is called.
    package enum Target: Sendable, Equatable {
        case url(String)
        /// Program and arguments; number and text come on stdin.
        case command([String])
    }
    package var target: Target
    /// Header fields, one a line; read for each request, so that a secret can be changed.
    package var headerFile: String?
    /// Authorities (PEM) that the server's certificate may come from; nil: the system's.
    package var caFile: String?
    /// With `{number}` and `{text}`.
    package var body: String
    package var contentType: String
    /// For one try.
    package var timeoutSeconds: Int
    package var tries: Int

    package init(
        target: Target, headerFile: String? = nil, caFile: String? = nil,
        body: String = #"{"to":"{number}","text":"{text}"}"#, contentType: String = "application/json",
        timeoutSeconds: Int = 20, tries: Int = 3
    ) {
        self.target = target
        self.headerFile = headerFile
        self.caFile = caFile
        self.body = body
        self.contentType = contentType
        self.timeoutSeconds = timeoutSeconds
        self.tries = tries
    }
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
