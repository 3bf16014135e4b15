// What is demanded of the outbox of answers, on both sides.

import Cryptography
import Foundation
import Links
import Mail
import Testing
import Vault
import SettingValues

/// Answers: taken in within their letter's limits, handed over once, and settled by the gateway.
package struct AnswersContract: Sendable {
    /// All that is demanded.
    package static let behaviours = [
        Behaviour("AnswerInbox: aRefusedOneDoesNotCount", Self.init) { try await $0.aRefusedOneDoesNotCount() },
        Behaviour("AnswerInbox: limitsHold", Self.init) { try await $0.limitsHold() },
        Behaviour("AnswerInbox: soManyAnswersAndNoMore", Self.init) { try await $0.soManyAnswersAndNoMore() },
        Behaviour("AnswerInbox: aLetterThatTakesNone", Self.init) { try await $0.aLetterThatTakesNone() },
        Behaviour("AnswerInbox: wrongProofsCount", Self.init) { try await $0.wrongProofsCount() },
        Behaviour("AnswerInbox: cancelling", Self.init) { try await $0.cancelling() },
        Behaviour("AnswerInbox: smallPiecesAreNotRead", Self.init) { try await $0.smallPiecesAreNotRead() },
    ]

    let place: any VaultPlace
    let store: any GatewayLetters
    let portal: any PortalLetters
    let sample: Sample
    let id: AnswerID

    init(_ place: any VaultPlace) async throws {
        self.place = place
        store = try await place.letters()
        portal = try await place.portal()
        sample = try Sample(answers: AnswerLimits(count: 2, bytes: 1000, files: 2))
        try await sample.release(in: store)
        id = AnswerID(letter: sample.id, answer: "AAECAwQFBgcICQoLDA0ODw")
    }

    private func another(_ letter: Character) -> AnswerID {
        AnswerID(letter: sample.id, answer: String(repeating: letter, count: 22))
    }

    @discardableResult
    private func upload(
        _ bytes: [UInt8], item: Int = 0, of answer: AnswerID? = nil, at now: Int64 = 2000
    ) async throws -> AnswerUpload? {
        guard
            case .done(let upload) = try await portal.beginItem(
                answer ?? id, proof: sample.proof, item: item, bytes: nil, nowSeconds: now)
        else { return nil }
        guard case .done = try await portal.append(bytes, at: 0, to: upload, nowSeconds: now),
            case .done = try await portal.finishItem(upload, nowSeconds: now)
        else { return nil }
        return upload
    }

    private func send(_ items: Int, of answer: AnswerID? = nil) async throws -> AnswerReply<AnswerState> {
        try await portal.sendAnswer(answer ?? id, proof: sample.proof, items: items, nowSeconds: 2000)
    }

    /// Item 0, in these pieces.
    private func upload(_ pieces: [[UInt8]], of id: AnswerID, proof: LetterProof) async throws {
        let begun = try await portal.beginItem(id, proof: proof, item: 0, bytes: nil, nowSeconds: 2000)
        guard case .done(let item) = begun else { throw Missing() }
        var start = 0
        for piece in pieces {
            let reply = try await portal.append(piece, at: start, to: item, nowSeconds: 2000)
            guard case .done = reply else { throw Missing() }
            start += piece.count
        }
    }

    private struct Missing: Error {}

    private func left() async throws -> Int? {
        guard case .opened(let letter) = try await portal.attempt(sample.id, proof: sample.proof, nowSeconds: 2000)
        else {
            return nil
        }
        return letter.answers?.count
    }

    private func state() async throws -> AnswerReply<AnswerState> {
        try await portal.answerState(id, proof: sample.proof, nowSeconds: 2000)
    }

    func aRefusedOneDoesNotCount() async throws {
        try await upload([1])
        _ = try await send(1)
        try await store.settle(
            id, as: .refused(reason: "rules", said: "programs do not leave"), isCounted: false, nowSeconds: 3000)
        #expect(try await state() == .done(.refused(reason: "rules", said: "programs do not leave")))
        #expect(try await left() == 2)
    }

    func limitsHold() async throws {
        func begin(_ answer: AnswerID, _ item: Int, _ bytes: Int?) async throws -> AnswerReply<AnswerUpload> {
            try await portal.beginItem(answer, proof: sample.proof, item: item, bytes: bytes, nowSeconds: 2000)
        }
        #expect(try await begin(id, 3, nil) == .tooLarge)
        #expect(try await begin(id, -1, nil) == .tooLarge)
        #expect(try await begin(id, 0, 1001) == .tooLarge)
        guard case .done(let upload) = try await begin(id, 0, nil) else { throw Missing() }
        #expect(upload.bytes == 1000)
        guard case .done = try await portal.append([UInt8](repeating: 0, count: 999), at: 0, to: upload, nowSeconds: 1)
        else { throw Missing() }
        guard case .tooLarge = try await portal.append([1, 2], at: 999, to: upload, nowSeconds: 1) else {
            throw Missing()
        }
        // Out of place.
        guard case .gone = try await portal.append([1], at: 5, to: upload, nowSeconds: 1) else { throw Missing() }
        // All items together.
        guard case .done(let second) = try await begin(id, 1, nil) else { throw Missing() }
        #expect(second.bytes == 1)
        // The one that was replaced cannot go on.
        guard case .done = try await begin(id, 0, nil) else { throw Missing() }
        guard case .gone = try await portal.append([1], at: 999, to: upload, nowSeconds: 1) else { throw Missing() }
    }

    func soManyAnswersAndNoMore() async throws {
        for answer in [id, another("B")] {
            try await upload([1], of: answer)
            #expect(try await send(1, of: answer) == .done(.waiting))
        }
        #expect(try await upload([1], of: another("C")) == nil)
        let reply = try await portal.beginItem(
            another("C"), proof: sample.proof, item: 0, bytes: nil, nowSeconds: 2000)
        #expect(reply == .tooMany)
    }

    func aLetterThatTakesNone() async throws {
        let other = try Sample()
        try await other.release(in: store)
        let answer = AnswerID(letter: other.id, answer: id.answer)
        #expect(
            try await portal.beginItem(answer, proof: other.proof, item: 0, bytes: 1, nowSeconds: 2000) == .tooMany)
        guard case .opened(let letter) = try await portal.attempt(other.id, proof: other.proof, nowSeconds: 2000) else {
            throw Missing()
        }
        #expect(letter.answers == nil)
    }

    /// As for a chunk: the sixth try rests, and a resting letter takes nothing with the right proof either.
    func wrongProofsCount() async throws {
        try await upload([1])
        for number in 0..<5 {
            let wrong: AnswerReply<AnswerState> =
                switch number {
                case 0: try await portal.sendAnswer(id, proof: Sample.wrong, items: 1, nowSeconds: 2000)
                case 1: try await portal.answerState(id, proof: Sample.wrong, nowSeconds: 2000)
                case 2: try await portal.answerState(another("B"), proof: Sample.wrong, nowSeconds: 2000)
                default: try await portal.sendAnswer(id, proof: Sample.proof([]), items: 1, nowSeconds: 2000)
                }
            #expect(wrong == .gone)
        }
        #expect(try await store.list().map(\.wrongGuesses) == [5])
        #expect(try await send(1) == .gone)
        #expect(try await state() == .gone)
        #expect(
            try await portal.beginItem(id, proof: sample.proof, item: 0, bytes: 1, nowSeconds: 2000) == .gone)
    }

    func cancelling() async throws {
        try await upload([1])
        guard case .done = try await portal.cancelAnswer(id, proof: sample.proof, nowSeconds: 1) else {
            throw Missing()
        }
        #expect(try await state() == .gone)
        try await upload([1])
        _ = try await send(1)
        guard case .done = try await portal.cancelAnswer(id, proof: sample.proof, nowSeconds: 1) else {
            throw Missing()
        }
        #expect(try await state() == .done(.waiting))
    }

    /// Read in full pieces: a file of 100 MiB in pieces of one octet would hold up everybody else's answers.
    func smallPiecesAreNotRead() async throws {
        let large = try Sample(answers: AnswerLimits(count: 2, bytes: 2_000_000, files: 2))
        try await large.release(in: store)
        let id = AnswerID(letter: large.id, answer: id.answer)
        try await upload([[1], [2]], of: id, proof: large.proof)
        #expect(try await store.item(0, of: id, bytes: 2, spool: .memoryOnly) == nil)
        let whole = [UInt8](repeating: 7, count: UploadLimits.pieceBytes)
        try await upload([whole, [2]], of: id, proof: large.proof)
        let item = try await store.item(0, of: id, bytes: whole.count + 1, spool: .memoryOnly)
        #expect(try item?.copy() == whole + [2])
    }
}
