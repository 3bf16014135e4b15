// What comes back from behind a link and is no mail: keys and passwords. Declared here, done elsewhere; what nobody handles is
// refused, and the page says so.

package import Cryptography
package import Mail
package import Vault

/// Something other than a mail that a reader has sent back. All of it is a stranger's, who has opened the letter.
package enum SpecialAnswer: Sendable {
    /// An OpenPGP certificate, armored or binary, at most 65 536 bytes, not looked at yet.
    case key(certificate: [UInt8])
    /// The letter's password, stretched with the letter's salt: 32 bytes; and the link's secret, base64url.
    case keepPassword(stretched: SecretBytes, linkSecret: String)
    /// The password that was kept is to be forgotten.
    case forgetPassword

    /// The kind in the answer's head: under it handlers are registered.
    package enum Kind: String, Sendable, CaseIterable {
        case key
        case keepPassword = "keep-password"
        case forgetPassword = "forget-password"
    }

    package var kind: Kind {
        switch self {
        case .key: .key
        case .keepPassword: .keepPassword
        case .forgetPassword: .forgetPassword
        }
    }
}

/// What has become of it.
package enum SpecialVerdict: Sendable, Equatable {
    /// Done: the page says "sent".
    case done
    /// Not, and for good. The word is one of docs/inside/links-protocol.md, section 8.
    case refused(reason: String, text: String? = nil)
}

/// Does what a special answer asks for.
package protocol AnswerHandler: Sendable {
    /// Called again after a crash or a temporary failure, with the same answer: doing it twice must be like doing it once.
    /// - Parameters:
    ///   - taken: when it was first taken, and how often it was tried.
    ///   - conversation: of the letter it came from; the reader is its `recipient`.
    ///   - languageCode: of the page: `fr`.
    ///   - path: as it stands now: keyring, sealer, relay, stores.
    /// - Throws: a ``Refusal``: where it is temporary, it is tried again, with growing pauses, for seven days.
    func take(
        _ answer: SpecialAnswer, _ taken: TakenAnswer, from conversation: Conversation, languageCode: String,
        path: MessagePath, nowSeconds: Int64
    ) async throws(Refusal) -> SpecialVerdict
}
