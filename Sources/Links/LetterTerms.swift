// What is settled of a letter before it is locked. Values only.

/// What is settled of a letter before it is locked.
package struct LetterTerms: Sendable {
    /// The content it opens.
    package let contentID: String
    /// Seconds since 1970.
    package let createdAtSeconds: Int64
    /// Seconds since 1970.
    package let expiresAtSeconds: Int64
    /// nil: nobody is told how to control it.
    package let control: Control?

    package init(contentID: String, createdAtSeconds: Int64, expiresAtSeconds: Int64, control: Control? = nil) {
        self.contentID = contentID
        self.createdAtSeconds = createdAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
        self.control = control
    }
}

extension LetterTerms {
    /// How its sender is to control it.
    package struct Control: Sendable {
        /// The same for all letters of a message.
        package let token: ControlToken
        /// Who the letter is for, in clear.
        package let label: String
        /// Place among the letters of the message, from 0.
        package let place: Int
        /// The latest moment that it can be extended to, in seconds since 1970.
        package let longestAtSeconds: Int64

        package init(token: ControlToken, label: String, place: Int, longestAtSeconds: Int64) {
            self.token = token
            self.label = label
            self.place = place
            self.longestAtSeconds = longestAtSeconds
        }
    }
}
