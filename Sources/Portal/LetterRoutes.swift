// The API of docs/inside/links-protocol.md: parameters, opening, chunks. Everything is POST, so link scanners change
// nothing. The work is the store's; here requests are checked before it is asked, and its answers put into words. What
// is wrong with a request is said before the letter is looked up, so it tells nothing about the letter.

import Cryptography
import HTTPTypes
import Hummingbird
import Links
import Logging
import Mail
import NIOCore
import Vault

/// Routes under `/api/letters` and the health check.
struct LetterRoutes: Sendable {
    let letters: any PortalLetters
    let configuration: PortalConfiguration
    let nowSeconds: @Sendable () -> Int64
    let logger: Logger
    let book: RequestBook

    /// Largest chunk number that is looked up: 2^20 chunks are 1 TiB.
    private static let mostChunks = 1 << 20
    /// An id that no letter has (ids are random): the health check asks for it.
    private static let nobody = String(repeating: "A", count: 22)

    func add(to router: Router<BasicRequestContext>) {
        router.post("/api/letters/:id") { request, context in try await parameters(request, context) }
        router.post("/api/letters/:id/open") { request, context in try await open(request, context) }
        router.post("/api/letters/:id/chunks/:number") { request, context in try await chunk(request, context) }
        router.post("/api/letters/:id/following/:message/chunks/:number") { request, context in
            try await chunk(request, context, following: try smallNumber("message", context))
        }
        addControl(to: router)
        addConfirm(to: router)
        router.get("/healthz") { _, _ in try await health() }
    }

    private func parameters(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        _ = try await body(of: request, as: EmptyRequest.self)
        let id = try letterID(context)
        guard
            let found = try await asking({ () throws(Refusal) in
                try await letters.parameters(id, nowSeconds: nowSeconds())
            })
        else { throw RequestFailure.gone }
        return try LetterWire.response(
            .ok,
            ParametersAnswer(
                version: found.version, kdf: found.kdf, rounds: found.rounds, salt: Base64URL.encode(found.salt),
                password: found.passwordKind.rawValue, expires: found.expiresAtSeconds))
    }

    private func open(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let proof = try await body(of: request, as: ProofRequest.self).proof()
        let id = try letterID(context)
        let attempt = try await asking { () throws(Refusal) in
            try await letters.attempt(id, proof: proof, nowSeconds: nowSeconds())
        }
        switch attempt {
        case .gone: throw RequestFailure.gone
        case .code: throw RequestFailure.code
        case .wrong(let triesLeft):
            return try LetterWire.response(.forbidden, WrongAnswer(error: "wrong", triesLeft: triesLeft))
        case .resting(let seconds):
            var response = try LetterWire.response(.tooManyRequests, RestingAnswer(error: "resting", seconds: seconds))
            response.headers[.retryAfter] = "\(seconds)"
            return response
        case .opened(let letter):
            let following = try await asking { () throws(Refusal) in
                try await letters.following(id, nowSeconds: nowSeconds())
            }
            return try LetterWire.response(
                .ok,
                OpenedAnswer(
                    wrapped: Base64URL.encode(letter.wrappedKeys), bytes: letter.plainBytes, chunks: letter.chunkCount,
                    expires: letter.expiresAtSeconds, answers: letter.answers.map(AnswersLeft.init),
                    keep: letter.keepsPassword,
                    following: following.map(FollowingAnswer.init)))
        }
    }

    /// - Parameter following: number of a later message; nil: of the letter itself.
    private func chunk(
        _ request: Request, _ context: BasicRequestContext, following: Int? = nil
    ) async throws -> Response {
        let proof = try await body(of: request, as: ProofRequest.self).proof()
        let id = try letterID(context)
        let number = try smallNumber("number", context)
        let bytes = try await replied { () throws(Refusal) in
            try await letters.chunk(id, proof: proof, index: number, following: following, nowSeconds: nowSeconds())
        }
        return Response(
            status: .ok, headers: [.contentType: "application/octet-stream"],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private func health() async throws -> Response {
        _ = try await asking { () throws(Refusal) in
            try await letters.parameters(Self.nobody, nowSeconds: nowSeconds())
        }
        return Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: "ok\n")))
    }

    // MARK: Checks

    func letterID(_ context: BasicRequestContext) throws -> String {
        guard let id = context.parameters.get("id"), Base64URL.decode(id)?.count == 16 else {
            throw RequestFailure.gone
        }
        return id
    }

    private func smallNumber(_ name: String, _ context: BasicRequestContext) throws -> Int {
        guard let text = context.parameters.get(name), text.utf8.count <= 7,
            text.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(text), number < Self.mostChunks
        else { throw RequestFailure.badRequest }
        return number
    }

    /// Asks the store; a database that is locked or broken is 503, its cause goes to the log only.
    func asking<Answer>(_ question: () async throws(Refusal) -> Answer) async throws -> Answer {
        do {
            return try await question()
        } catch {
            logger.warning("the letters cannot be read", metadata: ["cause": "\(error.detail)"])
            throw RequestFailure.unavailable
        }
    }

    /// Asks the store for a reader, and puts its other answers into words.
    @discardableResult
    func replied<Value>(_ question: () async throws(Refusal) -> AnswerReply<Value>) async throws -> Value {
        switch try await asking(question) {
        case .done(let value): return value
        case .gone: throw RequestFailure.gone
        case .code: throw RequestFailure.code
        case .tooMany: throw RequestFailure(.conflict, "too-many")
        case .tooLarge: throw RequestFailure.tooLarge
        case .full:
            throw RequestFailure(
                .init(code: 507, reasonPhrase: "Insufficient Storage"), "full", retrySeconds: 60)
        case .conflict: throw RequestFailure(.conflict, "incomplete")
        }
    }

    /// The body, JSON by its Content-Type (a form of another site cannot say so), at most `configuration.bodyBytes` and
    /// within `configuration.bodySeconds`.
    func body<Wanted: Decodable & Sendable>(of request: Request, as wanted: Wanted.Type) async throws -> Wanted {
        guard Self.isJSON(request.headers) else { throw RequestFailure(.unsupportedMediaType, "media-type") }
        let (limit, seconds) = (configuration.bodyBytes, configuration.bodySeconds)
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw RequestFailure.tooLarge
        }
        let bytes = try await withThrowingTaskGroup(of: ByteBuffer?.self) { group in
            group.addTask {
                do {
                    return try await request.body.collect(upTo: limit)
                } catch is NIOTooManyBytesError {
                    throw RequestFailure.tooLarge
                } catch {
                    throw RequestFailure.badRequest
                }
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(seconds))
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard let bytes else { throw RequestFailure(.requestTimeout, "too-slow") }
        return try LetterWire.decode(wanted, from: bytes)
    }

    /// True for `application/json`, said once, with or without parameters.
    private static func isJSON(_ headers: HTTPFields) -> Bool {
        let types = headers[values: .contentType]
        guard types.count == 1, let type = types.first?.split(separator: ";", omittingEmptySubsequences: false).first
        else { return false }
        return type.lowercased().split { $0 == " " || $0 == "\t" } == ["application/json"]
    }
}
