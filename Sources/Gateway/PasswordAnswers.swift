// What a reader says of the password of the letter that he has open: to keep it for all later letters, or to forget the one that
// was kept. A handler of the worker that opens answers; doing it twice is like doing it once.

import Links
import Mail
import Vault

/// Keeps and forgets.
struct PasswordAnswers: AnswerHandler {
    func take(
        _ answer: SpecialAnswer, from conversation: Conversation, languageCode: String, path: MessagePath,
        nowSeconds: Int64
    ) async throws(Refusal) -> SpecialVerdict {
        guard let reader = Mailbox(conversation.recipient) else { return .refused(reason: "damaged") }
        let desk = StandingPasswords(ledger: path.ledger, letters: path.letters)
        switch answer {
        case .keepPassword(let stretched):
            // One that no letter would ever open with is not kept.
            guard path.rules.passwordModes.contains(.standing) else { return .refused(reason: "rules") }
            guard let code = conversation.linkSecret else { return .refused(reason: "damaged") }
            let kept = try await desk.keep(
                stretched: stretched.withBytes { Array($0) }, letterID: conversation.letterID, linkSecret: code,
                recipient: reader, nowSeconds: nowSeconds)
            return kept ? .done : .refused(reason: "damaged")
        case .forgetPassword:
            _ = try await desk.forget(recipient: reader)
            return .done
        case .key: return .refused(reason: "key")  // unreachable: registered for passwords only
        }
    }
}
