// Confirming a key (docs/operate/keys.md): the token from the mail is left for the gateway, which alone knows what it
// confirms. The portal can neither check it nor tell one from another; what the gateway does not know costs who asked a
// guess.

import Cryptography
import HTTPTypes
import Hummingbird
import Links
import Mail
import NIOCore
import Vault
import Wording

extension LetterRoutes {
    /// Routes under `/api/confirm`.
    func addConfirm(to router: Router<BasicRequestContext>) {
        router.post("/api/confirm") { request, _ in try await confirm(request) }
        router.post("/api/confirm/:request") { request, context in try await confirmed(request, context) }
    }

    private func confirm(_ request: Request) async throws -> Response {
        let token = try await body(of: request, as: ConfirmRequest.self).token
        guard Base64URL.decode(token)?.count == 16 else { throw RequestFailure.badRequest }
        return try await leave("confirm-key", Array(token.utf8), isGuess: true)
    }

    /// Of a request whose random id one knows: done, refused, or still waiting.
    private func confirmed(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        _ = try await body(of: request, as: EmptyRequest.self)
        guard let id = context.parameters.get("request"), Base64URL.decode(id)?.count == 16 else {
            throw RequestFailure.gone
        }
        let state = try await asking { () throws(Refusal) in try await letters.requestState(id) }
        note(id, state)
        switch state {
        case .unknown: throw RequestFailure.gone
        case .waiting: return try LetterWire.response(.ok, ConfirmAnswer(state: "waiting"))
        case .settled(let bytes):
            guard let answer = try? LetterWire.decode(RequestAnswer.self, from: .init(bytes: bytes)) else {
                throw RequestFailure.gone
            }
            return try LetterWire.response(.ok, ConfirmAnswer(state: answer.state.rawValue))
        }
    }
}

/// `{"token":"…"}`.
struct ConfirmRequest: Decodable, Sendable {
    let token: String
}

struct ConfirmAnswer: Encodable {
    let state: String
}
