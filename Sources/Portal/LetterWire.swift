// What the API reads and writes: JSON bodies as docs/inside/links-protocol.md has them. Pure.

import Cryptography
import Foundation
import HTTPTypes
import Hummingbird
import Links
import NIOCore
import SettingValues
import Vault

/// `{}`.
struct EmptyRequest: Decodable, Sendable {}

/// `{"auth":"…","link":"…"}`: what a reader shows.
struct ProofRequest: Decodable, Sendable {
    let auth: String
    let link: String

    /// 32 bytes each; anything else is no request of ours and costs nobody a try.
    func proof() throws(RequestFailure) -> LetterProof {
        LetterProof(link: try AuthRequest(auth: link).bytes(), auth: try AuthRequest(auth: auth).bytes())
    }
}

/// `{"auth":"…"}`: what a sender shows for the control page.
struct AuthRequest: Decodable, Sendable {
    let auth: String

    /// The 32 bytes of `auth`; anything else is no request of ours and costs nobody a try.
    func bytes() throws(RequestFailure) -> [UInt8] {
        guard let bytes = Base64URL.decode(auth), bytes.count == 32 else { throw .badRequest }
        return bytes
    }
}

struct ParametersAnswer: Encodable {
    let version: Int
    let kdf: String
    let rounds: Int
    let salt: String
    let password: String
    let expires: Int64
}

struct OpenedAnswer: Encodable {
    let wrapped: String
    let bytes: Int
    let chunks: Int
    let expires: Int64
    /// Absent where answers are not taken.
    var answers: AnswersLeft?
    /// true: the password can be kept for later letters; false: it is a kept one; absent: neither.
    var keep: Bool?
    let following: [FollowingAnswer]
}

struct FollowingAnswer: Encodable {
    let number: Int
    let wrapped: String
    let bytes: Int
    let chunks: Int

    init(_ message: FollowingMessage.Opened) {
        number = message.number
        wrapped = Base64URL.encode(message.wrappedKey)
        bytes = message.plainBytes
        chunks = message.chunkCount
    }
}

/// What may still be sent back.
struct AnswersLeft: Encodable {
    let left: Int
    let bytes: Int
    let files: Int

    init(_ limits: AnswerLimits) {
        left = limits.count
        bytes = limits.bytes
        files = limits.files
    }
}

/// `{"auth":"…","link":"…","items":n}`.
struct SendRequest: Decodable, Sendable {
    let auth: String
    let link: String
    let items: Int
}

/// Where an answer stands.
struct AnswerStateAnswer: Encodable {
    let state: String
    var reason: String?
    var text: String?

    init(_ state: AnswerState) {
        switch state {
        case .uploading: self.state = "uploading"
        case .waiting: self.state = "waiting"
        case .sent: self.state = "sent"
        case .refused(let reason, let said):
            self.state = "refused"
            self.reason = reason
            text = said
        }
    }
}

struct WrongAnswer: Encodable {
    let error: String
    let triesLeft: Int
}

struct RestingAnswer: Encodable {
    let error: String
    let seconds: Int
}

/// JSON in and out.
enum LetterWire {
    /// - Throws: ``RequestFailure/badRequest`` for what is not the JSON object wanted.
    static func decode<Wanted: Decodable>(_ wanted: Wanted.Type, from body: ByteBuffer) throws(RequestFailure) -> Wanted
    {
        do {
            return try JSONDecoder().decode(wanted, from: Data(body.readableBytesView))
        } catch {
            throw .badRequest
        }
    }

    /// An answer with sorted keys, so that equal answers are equal bytes.
    static func response(_ status: HTTPResponse.Status, _ answer: some Encodable) throws -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: try json(answer))))
    }

    /// JSON with sorted keys.
    static func json(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }
}
