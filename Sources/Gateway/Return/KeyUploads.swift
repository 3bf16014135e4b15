// Keys that readers send beside mail. The caller has opened the answer and proved who sent it; its content is still a
// stranger's.

import Links
import Mail
import Vault

/// Keys from opened letters.
struct KeyUploads: AnswerHandler {
    let keys: LearnedKeys

    func take(
        _ answer: SpecialAnswer, _ taken: TakenAnswer, from conversation: Conversation, languageCode: String,
        path: MessagePath, nowSeconds: Int64
    ) async throws(Refusal) -> SpecialOutcome {
        guard case .key(let certificate) = answer, let reader = Mailbox(conversation.recipient) else {
            return .refused(reason: "key")
        }
        let outcome = try await keys.take(
            MessageBytes(bytes: certificate), from: reader, language: Language(rawValue: languageCode) ?? .en,
            path: path, nowSeconds: nowSeconds)
        switch outcome {
        case .asked: return .done
        case .refused: return .refused(reason: "key")
        }
    }
}
