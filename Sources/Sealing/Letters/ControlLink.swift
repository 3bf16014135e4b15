// The sender's control link: made once for each message, and shown in the mail that goes to the sender. The token
// stands in the mail only.

import Cryptography
package import Links
import Mail
import Wording

/// One message's control link.
package struct ControlLink: Sendable {
    private let token: ControlToken
    private let baseURL: String

    /// A link to a token that is known already.
    package init(_ token: ControlToken, baseURL: String) {
        self.token = token
        self.baseURL = baseURL
    }

    /// A new one.
    /// - Parameter key: nil: for letters whose sender is not told it.
    /// - Throws: a ``Refusal`` of cause `internalError` where there is no randomness.
    init(_ key: ControlKey?, baseURL: String) throws(Refusal) {
        let token: ControlToken
        if let key {
            let id: [UInt8]
            do throws(CryptographyError) { id = try ControlKey.newID() } catch { throw error.refusal }
            token = try key.token(for: id)
        } else {
            do throws(CryptographyError) { token = try .untold() } catch { throw error.refusal }
        }
        self.init(token, baseURL: baseURL)
    }

    /// By what the gateway makes the token again: 16 bytes, the same for all letters of the message.
    var id: [UInt8] { token.id }

    /// What is to be kept of one of its letters.
    /// - Parameters:
    ///   - reader: who gets the link of the letter.
    ///   - place: among the letters of the message, from 0.
    ///   - longestAtSeconds: until when it can be extended, in seconds since 1970.
    func terms(for reader: Mailbox, place: Int, longestAtSeconds: Int64) -> LetterTerms.Control {
        LetterTerms.Control(
            token: token, label: reader.description, place: place, longestAtSeconds: longestAtSeconds)
    }

    /// The lines of a mail that hold it: the link, and its end once more as a code, because some mail systems rewrite
    /// links.
    func lines(in language: Language) -> String {
        // Revealed into the mail that goes to the sender, and nowhere else.
        let code = token.revealed
        return """
            \(language.text(.control, "mail-control"))

            \(baseURL)/control#\(code)

            \(language.text(.control, "mail-code"))
            \(code)
            """
    }
}
