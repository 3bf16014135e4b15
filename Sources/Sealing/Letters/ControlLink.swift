// The sender's control link: made once for each message, shown in the mail to the sender, and what the two databases
// keep of it. The token stands in the mail only.

import Cryptography
package import Links
import Mail

import SettingValues
import Wording

/// What is kept of one letter so that its sender controls it.
package struct LetterControlDraft: Sendable {
    /// 16 bytes, for the gateway's database.
    package let controlID: [UInt8]
    /// What the portal compares with.
    package let verifier: [UInt8]
    /// Place among the letters of the message.
    package let place: Int
    /// The recipient, sealed under the token.
    package let label: [UInt8]
    /// Until when it can be extended, in seconds since 1970.
    package let longestAtSeconds: Int64
    /// True where a rule has set how long it lives.
    package let isFixed: Bool
    /// Message-ID of the message where it is fit to be repeated.
    package let messageID: String?
}

/// One message's control link.
package struct ControlLink: Sendable {
    private let token: ControlToken
    private let baseURL: String

    /// A link to a token that is known already.
    package init(_ token: ControlToken, baseURL: String) {
        self.token = token
        self.baseURL = baseURL
    }

    /// A new one; nil without a key.
    /// - Throws: a ``Refusal`` of cause `internalError` where there is no randomness.
    init?(_ key: ControlKey?, baseURL: String) throws(Refusal) {
        guard let key else { return nil }
        let id: [UInt8]
        do throws(CryptographyError) { id = try ControlKey.newID() } catch { throw error.refusal }
        self.init(try key.token(for: id), baseURL: baseURL)
    }

    /// What is kept of a letter.
    /// - Parameters:
    ///   - to: who gets the link of the letter.
    ///   - isFixed: a rule has set how long it lives: it is not extended.
    func draft(
        for letter: LockedLetter, to: Mailbox, place: Int, isFixed: Bool, links: EnabledLinks, messageID: String?
    ) throws(Refusal) -> LetterControlDraft {
        let longest = letter.createdAtSeconds.addingReportingOverflow(links.longestLifeSeconds).partialValue
        do throws(CryptographyError) {
            return LetterControlDraft(
                controlID: token.id, verifier: try token.verifier(), place: place,
                label: try token.seal(label: to.description, letterID: letter.id),
                longestAtSeconds: isFixed ? letter.expiresAtSeconds : max(longest, letter.expiresAtSeconds),
                isFixed: isFixed, messageID: OwnMail.answering(messageID).first?.1)
        } catch {
            throw error.refusal
        }
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
