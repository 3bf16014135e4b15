// The API of docs/inside/links-protocol.md, section 8: what readers send back. Items come as raw bodies, one request
// each, and go into the store piece by piece as they come; nothing of them is looked at, kept in memory as a whole, or
// logged. The proof is checked before the first octet of a body is taken.

import Cryptography
import HTTPTypes
import Hummingbird
import Links
import Mail
import NIOCore
import Vault

/// Routes under `/api/letters/<id>/answers`.
struct AnswerRoutes: Sendable {
    let base: LetterRoutes
    let gate: UploadGate

    private static let pieceBytes = LetterStore.pieceBytes
    private static let proofField = HTTPField.Name("Letterlock-Proof")
    private static let linkField = HTTPField.Name("Letterlock-Link")

    init(base: LetterRoutes) {
        self.base = base
        gate = UploadGate(most: base.configuration.uploads, mostOfOne: LetterStore.uploadsPerLetter)
    }

    func add(to router: Router<BasicRequestContext>) {
        let path = "/api/letters/:id/answers/:answer"
        router.post("\(path)/items/:number") { request, context in try await item(request, context) }
        router.post("\(path)/send") { request, context in try await send(request, context) }
        router.post("\(path)/cancel") { request, context in try await cancel(request, context) }
        router.post("\(path)") { request, context in try await state(request, context) }
    }

    private func item(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        guard let link = Self.shown(Self.linkField, request), let auth = Self.shown(Self.proofField, request),
            let number = itemNumber(context)
        else { throw RequestFailure.badRequest }
        let proof = LetterProof(link: link, auth: auth)
        let id = try answerID(context)
        let length = request.headers[.contentLength].flatMap { Int($0) }
        guard gate.enter(id.letter) else { throw RequestFailure.unavailable }
        defer { gate.leave(id.letter) }
        let upload = try await base.replied { () throws(Refusal) in
            try await base.letters.beginItem(
                id, proof: proof, item: number, bytes: length, nowSeconds: base.nowSeconds())
        }
        do {
            try await receive(request.body, upload)
            try await base.replied { () throws(Refusal) in
                try await base.letters.finishItem(upload, nowSeconds: base.nowSeconds())
            }
        } catch {
            // What cannot be dropped now is dropped when it has been idle for an hour.
            try? await base.letters.abandon(upload)
            throw error
        }
        return Response(status: .noContent)
    }

    private func send(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let asked = try await base.body(of: request, as: SendRequest.self)
        let proof = try ProofRequest(auth: asked.auth, link: asked.link).proof()
        let id = try answerID(context)
        let state = try await base.replied { () throws(Refusal) in
            try await base.letters.sendAnswer(id, proof: proof, items: asked.items, nowSeconds: base.nowSeconds())
        }
        return try LetterWire.response(.accepted, AnswerStateAnswer(state))
    }

    private func state(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let proof = try await base.body(of: request, as: ProofRequest.self).proof()
        let id = try answerID(context)
        let state = try await base.replied { () throws(Refusal) in
            try await base.letters.answerState(id, proof: proof, nowSeconds: base.nowSeconds())
        }
        return try LetterWire.response(.ok, AnswerStateAnswer(state))
    }

    private func cancel(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let proof = try await base.body(of: request, as: ProofRequest.self).proof()
        let id = try answerID(context)
        try await base.replied { () throws(Refusal) in
            try await base.letters.cancelAnswer(id, proof: proof, nowSeconds: base.nowSeconds())
        }
        return Response(status: .noContent)
    }

    // MARK: - Bodies

    /// Stores a body as it comes, as long as it keeps a minimum pace.
    private func receive(_ body: RequestBody, _ upload: AnswerUpload) async throws {
        let pace = Pace()
        let configuration = base.configuration
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await store(body, upload, pace) }
            group.addTask {
                try await pace.watch(
                    graceSeconds: configuration.bodySeconds, bytesPerSecond: configuration.uploadBytesPerSecond,
                    mostSeconds: configuration.uploadSeconds)
                throw RequestFailure(.requestTimeout, "too-slow")
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func store(_ body: RequestBody, _ upload: AnswerUpload, _ pace: Pace) async throws {
        var piece: [UInt8] = []
        var start = 0
        var chunks = body.makeAsyncIterator()
        while let chunk = try await next(&chunks) {
            pace.add(chunk.readableBytes)
            piece.append(contentsOf: chunk.readableBytesView)
            guard start + piece.count <= upload.bytes else { throw RequestFailure.tooLarge }
            while piece.count >= Self.pieceBytes {
                try await append(Array(piece.prefix(Self.pieceBytes)), &start, upload)
                piece.removeFirst(Self.pieceBytes)
            }
        }
        if !piece.isEmpty { try await append(piece, &start, upload) }
    }

    /// A body that breaks off is the client's failure.
    private func next(_ chunks: inout RequestBody.AsyncIterator) async throws -> ByteBuffer? {
        do { return try await chunks.next() } catch { throw RequestFailure.badRequest }
    }

    private func append(_ piece: [UInt8], _ start: inout Int, _ upload: AnswerUpload) async throws {
        let place = start
        try await base.replied { () throws(Refusal) in
            try await base.letters.append(piece, at: place, to: upload, nowSeconds: base.nowSeconds())
        }
        start += piece.count
    }

    // MARK: - Checks

    /// Half a proof beside a raw body: 32 bytes, or nil.
    private static func shown(_ field: HTTPField.Name?, _ request: Request) -> [UInt8]? {
        guard let field, let bytes = request.headers[field].flatMap({ Base64URL.decode($0) }), bytes.count == 32 else {
            return nil
        }
        return bytes
    }

    private func answerID(_ context: BasicRequestContext) throws -> AnswerID {
        let letter = try base.letterID(context)
        guard let answer = context.parameters.get("answer"), Base64URL.decode(answer)?.count == 16 else {
            throw RequestFailure.badRequest
        }
        return AnswerID(letter: letter, answer: answer)
    }

    private func itemNumber(_ context: BasicRequestContext) -> Int? {
        guard let text = context.parameters.get("number"), (1...4).contains(text.utf8.count),
            text.utf8.allSatisfy({ (48...57).contains($0) }), text == "0" || !text.hasPrefix("0")
        else { return nil }
        return Int(text)
    }
}
