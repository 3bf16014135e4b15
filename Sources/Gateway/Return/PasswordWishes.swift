// What readers wish about their passwords. The caller has opened the answer and proved who sent it; its content is
// still a stranger's.

import Cryptography
import Links
import Mail
import Vault

/// Wishes to keep a password for later letters, or to have it forgotten.
struct PasswordWishes: AnswerHandler {
    private let passwords: StandingPasswords
    private let letters: any GatewayLetters

    init(ledger: any Contacts, letters: any GatewayLetters) {
        passwords = StandingPasswords(ledger: ledger, letters: letters)
        self.letters = letters
    }

    func take(
        _ answer: SpecialAnswer, _ taken: TakenAnswer, from conversation: Conversation, languageCode: String,
        path: MessagePath, nowSeconds: Int64
    ) async throws(Refusal) -> SpecialOutcome {
        guard let reader = Mailbox(conversation.recipient) else { return .refused(reason: "damaged") }
        // Where the reader was not asked, the wish is not from the reader's page.
        guard let offered = try await letters.keepsPassword(conversation.letterID) else {
            return .refused(reason: "damaged")
        }
        let wish = PasswordWish(taken)
        // The newest wish counts: an earlier one that is tried again is done with.
        guard try await passwords.isNewest(wish, of: reader) else { return .done }
        switch answer {
        case .keepPassword(let stretched, let linkSecret):
            let isKept = try await passwords.keep(
                stretched: stretched.withBytes { [UInt8]($0) }, letterID: conversation.letterID,
                linkSecret: linkSecret, recipient: reader, wish: wish, nowSeconds: nowSeconds)
            guard isKept else { return .refused(reason: "damaged") }
            if offered { try await letters.setKeepsPassword(conversation.letterID, to: false) }
            return .done
        case .forgetPassword:
            // Twice is like once: there may be none any more.
            _ = try await passwords.forget(recipient: reader, wish: wish, nowSeconds: nowSeconds)
            if !offered { try await letters.setKeepsPassword(conversation.letterID, to: true) }
            return .done
        case .key: return .refused(reason: "damaged")
        }
    }
}
