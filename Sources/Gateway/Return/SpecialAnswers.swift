// What readers send beside mail: their key, and their wish about their password. Whoever calls has opened and proved it; what it
// says is still a stranger's.

import Cryptography
import Foundation
import Links
import Logging
import Mail
import Vault
import Wording

/// Keys from opened letters.
struct KeyUploads: AnswerHandler {
    let keys: LearnedKeys

    func take(
        _ answer: SpecialAnswer, _ taken: TakenAnswer, from conversation: Conversation, languageCode: String,
        path: MessagePath, nowSeconds: Int64
    ) async throws(Refusal) -> SpecialVerdict {
        guard case .key(let certificate) = answer, let reader = Mailbox(conversation.recipient) else {
            return .refused(reason: "key")
        }
        let outcome = try await keys.take(
            MessageBytes(bytes: certificate), from: reader, language: Wording.Language(rawValue: languageCode) ?? .en,
            path: path, nowSeconds: nowSeconds)
        switch outcome {
        case .asked: return .done
        case .refused: return .refused(reason: "key")
        }
    }
}

/// Wishes to keep a password for later letters, or to have it forgotten.
struct PasswordWishes: AnswerHandler {
    private let passwords: StandingPasswords
    private let letters: LetterStore

    init(ledger: Ledger, letters: LetterStore) {
        passwords = StandingPasswords(ledger: ledger, letters: letters)
        self.letters = letters
    }

    func take(
        _ answer: SpecialAnswer, _ taken: TakenAnswer, from conversation: Conversation, languageCode: String,
        path: MessagePath, nowSeconds: Int64
    ) async throws(Refusal) -> SpecialVerdict {
        guard let reader = Mailbox(conversation.recipient) else { return .refused(reason: "damaged") }
        // Where the reader was not asked, it is not his page that speaks.
        guard let offered = try await letters.keepsPassword(conversation.letterID) else {
            return .refused(reason: "damaged")
        }
        let wish = PasswordWish(taken)
        // What he has wished since is what he wants: an earlier wish that is tried again is done with.
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

/// Confirmations of keys, from the link in the mail that was sealed to the key.
struct KeyConfirmations: RequestHandler {
    let keys: LearnedKeys
    let logger: Logger

    func carryOut(_ body: [UInt8], nowSeconds: Int64) async throws(Refusal) -> [UInt8] {
        guard let token = Base64URL.decode(String(decoding: body.prefix(100), as: UTF8.self)),
            let owner = try await keys.confirm(token, nowSeconds: nowSeconds)
        else { return RequestAnswer.refused("gone").json }
        logger.notice("a key has been confirmed by its owner", metadata: ["address": "\(owner)"])
        return RequestAnswer.done(untilSeconds: nil).json
    }
}
