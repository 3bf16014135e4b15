// A mail as the preview shows it. The gateway's program writes them as JSON (`letterlock mails`), because only it can:
// this one links neither keyring nor SMTP.

/// One mail in one language.
package struct PreviewMail: Codable, Sendable, Equatable {
    /// `en`, `fr`, …
    package let language: String
    /// What it is, in English: `notification`.
    package let kind: String
    /// Decoded.
    package let from: String, subject: String
    package let text: String
    /// nil where it is plain text only.
    package let html: String?
}
