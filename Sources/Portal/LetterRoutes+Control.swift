// The API of the sender's control page (docs/links/control.md): what became of the letters, and wishes that are left
// for the gateway. Everything is POST; a proof that is wrong, unknown or expired has one answer. The token itself never
// comes here.

import Cryptography
import HTTPTypes
import Hummingbird
import Links
import Mail
import Vault

extension LetterRoutes {
    /// Routes under `/api/control`.
    func addControl(to router: Router<BasicRequestContext>) {
        router.post("/api/control") { request, _ in try await control(request) }
        router.post("/api/control/requests") { request, _ in try await wish(request) }
        router.post("/api/control/requests/:request") { request, context in try await outcome(request, context) }
    }

    private func control(_ request: Request) async throws -> Response {
        let auth = try await body(of: request, as: AuthRequest.self).bytes()
        return try LetterWire.response(.ok, ControlAnswer(try await controlled(auth)))
    }

    private func wish(_ request: Request) async throws -> Response {
        let wish = try await body(of: request, as: WishRequest.self)
        let auth = try AuthRequest(auth: wish.auth).bytes()
        let letters = try await controlled(auth)
        guard let letter = letters.first(where: { $0.id == wish.letter }) else { throw RequestFailure.gone }
        guard let kind = ["revoke", "extend"].first(where: { $0 == wish.kind }) else { throw RequestFailure.badRequest }
        let left = ControlWish(auth: wish.auth, letter: letter.id, expires: wish.expires)
        let bytes = Array(try LetterWire.json(left))
        return try await leave(kind, bytes)
    }

    /// Leaves a request for the gateway, unless too many wait: of all, of its kind, or of the network that asks.
    /// - Parameter isGuess: true where nothing has been proved, so that a refusal as unknown is a wrong guess.
    func leave(_ kind: String, _ body: [UInt8], isGuess: Bool = false) async throws -> Response {
        try await settleRequests()
        guard let place = book.reserve(ClientNetwork.asking ?? ClientNetwork(""), isGuess: isGuess) else {
            return try BusyAnswer.response(seconds: 5)
        }
        do {
            let id = try await asking { () throws(Refusal) in
                try await letters.ask(kind: kind, body: body, nowSeconds: nowSeconds())
            }
            book.fill(place, id)
            guard let id else { throw RequestFailure.unavailable }
            return try LetterWire.response(.accepted, LeftAnswer(request: id))
        } catch {
            book.fill(place, nil)
            throw error
        }
    }

    /// Takes note of how all requests that were left have ended.
    private func settleRequests() async throws {
        let open = book.open
        let states = try await asking { () throws(Refusal) in try await letters.requestStates(open) }
        for id in open { note(id, states[id] ?? .unknown) }
    }

    /// Takes note of what has become of one.
    func note(_ id: String, _ state: RequestState) {
        switch state {
        case .waiting: return
        case .unknown: book.settle(id, isUnknown: false)
        case .settled(let bytes):
            let answer = try? LetterWire.decode(RequestAnswer.self, from: .init(bytes: bytes))
            book.settle(id, isUnknown: answer?.state == .refused && answer?.reason == "gone")
        }
    }

    private func outcome(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let auth = try await body(of: request, as: AuthRequest.self).bytes()
        _ = try await controlled(auth)
        guard let id = context.parameters.get("request"), Base64URL.decode(id)?.count == 16 else {
            throw RequestFailure.gone
        }
        let state = try await asking { () throws(Refusal) in try await letters.requestState(id) }
        note(id, state)
        switch state {
        case .unknown: throw RequestFailure.gone
        case .waiting: return try LetterWire.response(.ok, OutcomeAnswer(state: "waiting", reason: nil, expires: nil))
        case .settled(let bytes):
            // Of what lies there only what belongs to control is passed on.
            guard let answer = try? LetterWire.decode(RequestAnswer.self, from: .init(bytes: bytes)) else {
                throw RequestFailure.gone
            }
            return try LetterWire.response(
                .ok, OutcomeAnswer(state: answer.state.rawValue, reason: answer.reason, expires: answer.expires))
        }
    }

    private func controlled(_ auth: [UInt8]) async throws -> [LockedLetter.Status] {
        let found = try await asking { () throws(Refusal) in
            try await letters.controlled(auth, nowSeconds: nowSeconds())
        }
        guard let found else { throw RequestFailure.gone }
        return found
    }
}

/// `{"auth":…,"kind":"revoke","letter":…}`; `extend` has `expires` too.
struct WishRequest: Decodable, Sendable {
    let auth: String
    let kind: String
    let letter: String
    let expires: Int64?
}

struct LeftAnswer: Encodable {
    let request: String
}

struct OutcomeAnswer: Encodable {
    let state: String
    let reason: String?
    let expires: Int64?
}

/// What the page shows.
struct ControlAnswer: Encodable {
    struct Letter: Encodable {
        let id: String
        let label: String
        let state: String
        let created: Int64
        let expires: Int64
        let longest: Int64
        let asked: Int64?
        let fetched: Int64?
        let opened: Int64?
        let wrong: Int
        let rests: Int64?
        let answers: Int
        let ended: Int64?

        init(_ letter: LockedLetter.Status) {
            id = letter.id
            label = Base64URL.encode(letter.label)
            state = letter.state.rawValue
            created = letter.createdAtSeconds
            expires = letter.expiresAtSeconds
            longest = letter.life.longestAtSeconds
            asked = letter.askedAtSeconds
            fetched = letter.fetchedAtSeconds
            opened = letter.openedAtSeconds
            wrong = letter.wrongGuesses
            rests = letter.restsUntilSeconds
            answers = letter.uses.answers
            ended = letter.life.endedAtSeconds
        }
    }
    let letters: [Letter]

    init(_ letters: [LockedLetter.Status]) { self.letters = letters.map(Letter.init) }
}
