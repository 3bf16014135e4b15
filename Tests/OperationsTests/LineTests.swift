// What operations return is shown alike by the command line and the admin page: words, JSON and states.

import Foundation
import Operations
import Testing
import Vault

struct LineTests {
    private static func letter(_ state: LetterState) -> LetterLine {
        LetterLine(
            id: "id1", sender: "alice@example.org", recipient: "bob@example.net", state: state,
            createdAtSeconds: 1_772_359_500, expiresAtSeconds: 1_774_951_500)
    }

    @Test func theCommandHasItsOwnWordsForStates() {
        var sending = Self.letter(.sending)
        #expect(sending.text.contains("  pending, not opened"))
        sending.isNotifying = true
        #expect(sending.text.contains("  notifying, not opened"))
        for state in [LetterState.waiting, .opened] {
            #expect(Self.letter(state).text.contains("  readable, ") && state.isReadable && state.isThere)
        }
        #expect(LetterState.sending.isThere && !LetterState.sending.isReadable)
        for state in [LetterState.revoked, .expired, .gone] {
            #expect(Self.letter(state).text.contains("  \(state.rawValue), ") && !state.isThere && !state.isReadable)
        }
    }

    @Test func aLetterRestsForThoseOnlyWhoHaveNotOpenedIt() {
        var letter = Self.letter(.waiting)
        #expect(!letter.isResting)
        letter.restsUntilSeconds = 1_772_360_000
        #expect(letter.isResting)
        letter = Self.letter(.opened)
        letter.restsUntilSeconds = 1_772_360_000
        #expect(!letter.isResting)
    }

    @Test func aLettersLineNamesWhatIsKnown() {
        var letter = Self.letter(.waiting)
        #expect(
            letter.text
                == "id1  alice@example.org -> bob@example.net  readable, not opened, expires 2026-03-31, 0 wrong")
        letter.openedAtSeconds = 1_772_359_500
        letter.restsUntilSeconds = 1_772_359_560
        letter.wrongGuesses = 3
        #expect(
            letter.text.hasSuffix("opened 2026-03-01, expires 2026-03-31, 3 wrong, rests until 2026-03-01T10:06:00Z"))
        #expect(
            letter.details.contains("message-id:       -\n") && letter.details.contains("state:            readable\n"))
    }

    @Test func aLettersJSONHasTheKeysOfTheCommand() throws {
        let object = try JSONSerialization.jsonObject(with: try JSONEncoder().encode(Self.letter(.expired)))
        let fields = try #require(object as? [String: Any])
        #expect(
            fields.keys.sorted() == [
                "answers", "createdAtSeconds", "expiresAtSeconds", "id", "recipient", "sender", "state", "wrongGuesses",
            ])
        #expect(fields["state"] as? String == "expired")
    }

    @Test func addressesOfSeveralFilesAreNamedOnce() {
        let lines = [("b.asc", ["x@y.org"]), ("a.asc", ["x@y.org", "z@y.org"]), ("a.asc", ["z@y.org"])].map {
            KeyLine(file: $0.0, fingerprint: "F", addresses: $0.1, expiresAtSeconds: nil, problems: [])
        }
        let claims = KeyLine.claimedTwice(lines)
        #expect(claims.map(\.address) == ["x@y.org"] && claims.map(\.files) == [["a.asc", "b.asc"]])
    }

    @Test func aKeysLineIsEscapedAndNamesProblems() {
        let line = KeyLine(
            file: "k\u{1b}[2J.asc", fingerprint: "", addresses: [], expiresAtSeconds: nil, problems: ["no certificate"])
        #expect(!line.text.contains("\u{1b}") && line.text.hasSuffix("no certificate\n    not used: no certificate"))
    }

    @Test func aHeldMessageSaysWhoWaitsForIt() {
        let line = HeldLine(
            id: "7K2M9-QXD4T", sender: "",
            recipients: [
                .init(address: "a@y.org", rules: ["r"], reason: "why"),
                .init(address: "b@y.org", state: .released, rules: ["r"], reason: "why"),
            ], bytes: 10, receivedAtSeconds: 1_772_359_500, expiresAtSeconds: 1_774_951_500)
        #expect(line.held.map(\.address) == ["a@y.org"])
        #expect(
            line.text
                == "7K2M9-QXD4T  2026-03-01T10:05:00Z  <> -> a@y.org  held, 10 bytes, until 2026-03-31: why")
        #expect(line.details.contains("to: b@y.org (released)"))
    }
}
