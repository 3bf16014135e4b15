// Who has only a letter's id: every request about it wants the link, nothing is counted on the letter, and it costs the
// client's own network a guess.

import Links
import Mail
import Portal
import SettingValues
import Testing
import Vault
import VaultSQLite

@Suite(.serialized) struct LinkProofAPITests {
    private static let code = #"{"error":"code"}"#
    private static let limits = AnswerLimits(count: 2, bytes: 1000, files: 2)

    /// Every request about a letter that wants a proof.
    private static func all(_ portal: RunningPortal, _ locked: Locked, _ proof: LetterProof) async throws -> [Answer] {
        let body = Locked.body(proof)
        return [
            try await portal.post("\(locked.path)/open", body),
            try await portal.post("\(locked.path)/chunks/0", body),
            try await portal.post("\(locked.path)/following/1/chunks/0", body),
            try await portal.item(locked, 0, [1], proof: proof),
            try await portal.post("\(locked.answers)/send", Locked.body(proof, more: ",\"items\":1")),
            try await portal.post(locked.answers, body),
            try await portal.post("\(locked.answers)/cancel", body),
        ]
    }

    @Test func everyRequestWantsTheLink() async throws {
        try await RunningPortal.with { portal in
            let locked = try await portal.letter(answers: Self.limits)
            for _ in 0..<2 {
                for answer in try await Self.all(portal, locked, locked.foreign) {
                    #expect(answer.status == 403 && answer.text == Self.code)
                }
            }
            #expect(try await portal.store.list(nowSeconds: 0).map(\.wrongGuesses) == [0])
            #expect(try await portal.post("\(locked.path)/open", locked.proof).status == 200)
            // Nor is it told that it rests.
            for _ in 0..<5 { _ = try await portal.post("\(locked.path)/open", locked.wrongProof) }
            #expect(try await portal.post("\(locked.path)/open", locked.proof).status == 429)
            #expect(try await portal.post("\(locked.path)/open", Locked.body(locked.foreign)).text == Self.code)
        }
    }

    @Test func whatIsNotThereHasOneAnswerWhateverTheLink() async throws {
        try await RunningPortal.with { portal in
            let locked = try await portal.letter(answers: Self.limits)
            #expect(try await portal.store.revoke(locked.id))
            for proof in [locked.foreign, locked.wrong, locked.opener.proof] {
                for answer in try await Self.all(portal, locked, proof) {
                    #expect(answer.status == 404 && answer.text == #"{"error":"gone"}"#)
                }
            }
        }
    }

    @Test func itCostsTheNetworkAGuess() async throws {
        try await RunningPortal.with(configure: {
            $0.trustedPeers = PeerList(["127.0.0.1"])
            $0.throttle.guesses = 6
        }) { portal in
            let locked = try await portal.letter()
            let stranger = ["X-Forwarded-For": "203.0.113.5"]
            let foreign = Locked.body(locked.foreign)
            for _ in 0..<6 {
                #expect(try await portal.post("\(locked.path)/open", foreign, stranger).status == 403)
            }
            #expect(try await portal.post("\(locked.path)/open", foreign, stranger).status == 429)
            let reader = ["X-Forwarded-For": "198.51.100.1"]
            #expect(try await portal.post("\(locked.path)/open", locked.proof, reader).status == 200)
        }
    }
}
