// A reader's proof that a key is theirs: the link in a mail that only this key opens.

import Cryptography
import Logging
import Mail
import Vault

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
