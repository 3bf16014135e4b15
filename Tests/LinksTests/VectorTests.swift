// The vectors of docs/inside/links-protocol.md (Tests/Corpus/links): recorded with RECORD=1, and then held, here and by
// the independent client Tests/RealServers/kit/links_client.py.

import Cryptography
import Foundation
import Mail
import Testing

@testable import Links  // the steps between are part of the protocol, not of the module's interface

/// One file of vectors; binary values are base64url.
struct VectorFile: Codable, Equatable {
    struct Derivation: Codable, Equatable {
        var password: String
        var typed: String
        var normalised: String
        var salt: String
        var linkSecret: String
        var rounds: Int
        var stretched: String
        var auth: String
        var enc: String
        var verifier: String
        var link: String
        var linkVerifier: String
    }
    struct Password: Codable, Equatable {
        var password: String
        var typed: String
        var normalised: String
    }
    struct Following: Codable, Equatable {
        var letterID: String
        var number: Int
        /// Private halves as PKCS#8 DER.
        var gatewayPrivate: String
        var gatewayPublic: String
        var conversationPrivate: String
        var conversationPublic: String
        var ephemeralPrivate: String
        var contentKey: String
        var wrapped: String
    }
    struct Wrapping: Codable, Equatable {
        var id: String
        var enc: String
        var contentKey: String
        var conversationPrivate: String
        var conversationPublic: String
        var nonce: String
        var wrapped: String
    }
    struct Content: Codable, Equatable {
        var contentKey: String
        var index: String
        /// The message is this text so many times.
        var messagePart: String
        var messageParts: Int
        var plainBytes: Int
        var chunkSHA256: [String]
        /// Only where it is small.
        var chunks: [String]?
    }
    struct Answer: Codable, Equatable {
        var letterID: String
        var answerID: String
        var item: Int
        /// Private halves as PKCS#8 DER.
        var gatewayPrivate: String
        var gatewayPublic: String
        var conversationPrivate: String
        var conversationPublic: String
        var ephemeralPrivate: String
        var ephemeralPublic: String
        /// The plaintext is this text so many times.
        var plainPart: String
        var plainParts: Int
        var key: String
        var itemSHA256: String
        /// Only where it is small.
        var sealed: String?
    }
    var about: String
    var answers: [Answer]?
    var followings: [Following]?
    var passwords: [Password]?
    var derivations: [Derivation]?
    var wrappings: [Wrapping]?
    var contents: [Content]?
}

@Suite struct VectorTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Corpus/links")

    @Test func derivation() throws {
        try hold("derivation.json") { VectorFile(about: $0.about, derivations: try $0.derivations?.map(Self.derive)) }
    }

    @Test func wrapping() throws {
        try hold("wrapping.json") { VectorFile(about: $0.about, wrappings: try $0.wrappings?.map(Self.wrap)) }
        // The other way: what is recorded opens.
        for vector in try load("wrapping.json").wrappings ?? [] {
            let nonce = try bytes(vector.nonce)
            let wrapped = try bytes(vector.wrapped)
            #expect(Array(wrapped.prefix(12)) == nonce)
            let both = try wrapped.dropFirst(12).withUnsafeBufferPointer {
                try AESGCM.open(
                    UnsafeRawBufferPointer($0), key: secret(vector.enc), nonce: nonce,
                    associated: LetterLocker.wrapAssociated(vector.id), what: "vector")
            }
            #expect(both.withBytes { Base64URL.encode($0.prefix(32)) } == vector.contentKey)
            #expect(both.withBytes { Base64URL.encode($0.dropFirst(32)) } == vector.conversationPrivate)
        }
    }

    @Test func content() throws {
        try hold("content.json") { VectorFile(about: $0.about, contents: try $0.contents?.map(Self.seal)) }
        for vector in try load("content.json").contents ?? [] {
            guard let chunks = vector.chunks else { continue }
            let opened = try LetterOpener.open(chunks.map(bytes), key: ContentKey(bytes: secret(vector.contentKey)))
            #expect(opened.index == Array(vector.index.utf8))
        }
    }

    @Test func answer() throws {
        try hold("answer.json") { VectorFile(about: $0.about, answers: try $0.answers?.map(Self.answered)) }
        for vector in try load("answer.json").answers ?? [] {
            guard let sealed = vector.sealed else { continue }
            let opener = AnswerOpener(
                AnswerNames(letterID: vector.letterID, answerID: vector.answerID),
                gateway: try GatewayKey(privateDER: secret(vector.gatewayPrivate)),
                conversation: try bytes(vector.conversationPublic))
            let plain = try opener.open(MessageBytes(bytes: bytes(sealed)), number: vector.item)
            #expect(
                try plain.copy() == Array(String(repeating: vector.plainPart, count: vector.plainParts).utf8))
        }
    }

    @Test func following() throws {
        try hold("following.json") { VectorFile(about: $0.about, followings: try $0.followings?.map(Self.followed)) }
        for vector in try load("following.json").followings ?? [] {
            let key = try LetterOpener.unwrapFollowing(
                bytes(vector.wrapped), number: vector.number, letterID: vector.letterID,
                conversation: secret(vector.conversationPrivate), gateway: bytes(vector.gatewayPublic))
            #expect(text(key.bytes) == vector.contentKey)
        }
    }

    /// Written by the second client: the page, that client and we come to the same form.
    @Test func passwords() throws {
        let vectors = try load("passwords.json").passwords ?? []
        #expect(vectors.count > 60)
        for vector in vectors {
            let kind = try #require(LockedLetter.PasswordKind(rawValue: vector.password))
            let made = LinkPassword.normalise(vector.typed, kind: kind)
            #expect(Array(made.unicodeScalars) == Array(vector.normalised.unicodeScalars), "\(vector.typed)")
        }
    }

    private static func followed(_ given: VectorFile.Following) throws -> VectorFile.Following {
        var made = given
        let gateway = try pair(&made.gatewayPrivate, &made.gatewayPublic)
        let conversation = try pair(&made.conversationPrivate, &made.conversationPublic)
        let ephemeral = try P256.KeyPair(
            privateDER: secret(given.ephemeralPrivate),
            publicPoint: P256.PrivateKey(secret(given.ephemeralPrivate)).publicPoint())
        made.wrapped = Base64URL.encode(
            try LetterLocker.wrapFollowing(
                ContentKey(bytes: try secret(given.contentKey)), letterID: given.letterID, number: given.number,
                conversation: conversation.publicPoint, gateway: try GatewayKey(privateDER: gateway.privateDER),
                ephemeral: ephemeral))
        return made
    }

    private static func answered(_ given: VectorFile.Answer) throws -> VectorFile.Answer {
        var made = given
        let gateway = try pair(&made.gatewayPrivate, &made.gatewayPublic)
        let conversation = try pair(&made.conversationPrivate, &made.conversationPublic)
        let ephemeral = try pair(&made.ephemeralPrivate, &made.ephemeralPublic)
        let names = AnswerNames(letterID: given.letterID, answerID: given.answerID)
        let sealer = AnswerSealer(names, gateway: gateway.publicPoint, conversation: conversation.privateDER)
        let plain = MessageBytes(String(repeating: given.plainPart, count: given.plainParts))
        let sealed = try sealer.seal(plain, number: given.item, ephemeral: ephemeral).copy()
        let own = try P256.PrivateKey(gateway.privateDER)
        made.key = text(
            try AnswerItems.key(
                names, item: given.item,
                shared: (
                    P256.sharedSecret(own, with: ephemeral.publicPoint),
                    P256.sharedSecret(own, with: conversation.publicPoint)
                ), points: ephemeral.publicPoint + gateway.publicPoint + conversation.publicPoint
            ).bytes)
        made.itemSHA256 = Base64URL.encode(try SHA256Digest.of(sealed))
        made.sealed = sealed.count < 10_000 ? Base64URL.encode(sealed) : nil
        return made
    }

    /// A recorded key pair stays; a new file gets one.
    private static func pair(_ privateDER: inout String, _ point: inout String) throws -> P256.KeyPair {
        let pair =
            privateDER.isEmpty
            ? try P256.KeyPair.make()
            : P256.KeyPair(privateDER: try secret(privateDER), publicPoint: try bytes(point))
        privateDER = text(pair.privateDER)
        point = Base64URL.encode(pair.publicPoint)
        return pair
    }

    private static func derive(_ given: VectorFile.Derivation) throws -> VectorFile.Derivation {
        var made = given
        let kind = try #require(LockedLetter.PasswordKind(rawValue: given.password))
        made.normalised = LinkPassword.normalise(given.typed, kind: kind)
        let salt = try bytes(given.salt)
        let keys = try LetterKeys.derive(
            normalisedPassword: made.normalised, salt: salt, linkSecret: try secret(given.linkSecret),
            rounds: given.rounds)
        made.stretched = text(try LetterKeys.stretch(made.normalised, salt: salt, rounds: given.rounds))
        made.auth = text(keys.auth)
        made.enc = text(keys.enc)
        made.verifier = Base64URL.encode(try SHA256Digest.of(keys.auth))
        let link = try LetterProof.link(of: try secret(given.linkSecret))
        made.link = text(link)
        made.linkVerifier = Base64URL.encode(try SHA256Digest.of(link))
        return made
    }

    private static func wrap(_ given: VectorFile.Wrapping) throws -> VectorFile.Wrapping {
        var made = given
        // A recorded key pair stays; a new file gets one.
        let pair =
            given.conversationPrivate.isEmpty
            ? try P256.KeyPair.make()
            : P256.KeyPair(
                privateDER: try secret(given.conversationPrivate), publicPoint: try bytes(given.conversationPublic))
        made.conversationPrivate = text(pair.privateDER)
        made.conversationPublic = Base64URL.encode(pair.publicPoint)
        let material = LetterLocker.Material(
            id: given.id, salt: [], linkSecret: try secret(given.enc), password: "", wrapNonce: try bytes(given.nonce),
            conversation: pair)
        let keys = LetterKeys(auth: try secret(given.enc), enc: try secret(given.enc))
        made.wrapped = Base64URL.encode(
            try LetterLocker.wrap(ContentKey(bytes: try secret(given.contentKey)), material, keys))
        return made
    }

    private static func seal(_ given: VectorFile.Content) throws -> VectorFile.Content {
        var made = given
        let message = MessageBytes(String(repeating: given.messagePart, count: given.messageParts))
        let (chunks, plainBytes) = try ContentChunks.seal(
            index: Array(given.index.utf8), message: message, key: ContentKey(bytes: try secret(given.contentKey)))
        made.plainBytes = plainBytes
        let sealed = try chunks.map { try $0.copy() }
        made.chunkSHA256 = try sealed.map { Base64URL.encode(try SHA256Digest.of($0)) }
        made.chunks = plainBytes < 10_000 ? sealed.map { Base64URL.encode($0) } : nil
        return made
    }

    /// Makes a file's results anew from its inputs and compares, or writes them with RECORD=1 (and then fails once, so
    /// that nobody takes a recording for a check).
    private func hold(_ name: String, _ make: (VectorFile) throws -> VectorFile) throws {
        let recorded = try load(name)
        let made = try make(recorded)
        guard ProcessInfo.processInfo.environment["RECORD"] != nil else {
            #expect(made == recorded)
            return
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try (encoder.encode(made) + Data("\n".utf8)).write(to: Self.folder.appendingPathComponent(name))
        Issue.record("\(name) recorded; run again without RECORD")
    }

    private func load(_ name: String) throws -> VectorFile {
        try JSONDecoder().decode(VectorFile.self, from: Data(contentsOf: Self.folder.appendingPathComponent(name)))
    }
}

private func bytes(_ text: String) throws -> [UInt8] { try #require(Base64URL.decode(text)) }
private func secret(_ text: String) throws -> SecretBytes {
    try bytes(text).withUnsafeBytes { SecretBytes(copying: $0) }
}
private func text(_ secret: SecretBytes) -> String { secret.withBytes { Base64URL.encode($0) } }
