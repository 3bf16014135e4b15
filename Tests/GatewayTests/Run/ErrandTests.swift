// One conductor: every pair of origin and release, with the steps that it has and none else, and what follows from the
// pair.

import Delivery
import Foundation
import Listeners
import Mail
import Support
import Testing
import Vault
import VaultSQLite

@testable import Gateway  // the steps of an errand

struct ErrandTests {
    /// A walk over all origins: a new one does not compile without its place here.
    private static func next(after origin: Errand.Origin?) -> Errand.Origin? {
        switch origin {
        case nil: .submission(perRecipient: false)
        case .submission(perRecipient: false)?: .submission(perRecipient: true)
        case .submission(perRecipient: true)?: .milter(splits: false)
        case .milter(splits: false)?: .milter(splits: true)
        case .milter(splits: true)?: .answer(AnswerID(letter: "letter", answer: "answer"))
        case .answer?: nil
        }
    }

    private static var origins: [Errand.Origin] {
        Array(
            sequence(state: Errand.Origin?.none) { state in
                state = next(after: state)
                return state
            })
    }

    /// Written down beside the code: what each pair does.
    private static func expected(_ origin: Errand.Origin, isReleased: Bool) -> [Step] {
        switch (origin, isReleased) {
        case (.submission(perRecipient: false), false):
            [.recall, .refuse, .seal, .note, .hold, .keep, .send, .receipts, .unused, .conclude]
        // Each recipient has a reply of its own: there is nothing to conclude.
        case (.submission(perRecipient: true), false):
            [.recall, .refuse, .seal, .note, .hold, .keep, .send, .receipts, .unused]
        // An MTA with one body for all, which may not be split.
        case (.milter(splits: false), false):
            [
                .recall, .refuse, .oneForm, .seal, .note, .edit, .hold, .keep, .send, .receipts, .entrust, .unused,
                .conclude,
            ]
        case (.milter(splits: true), false):
            [.recall, .refuse, .seal, .note, .edit, .hold, .keep, .send, .receipts, .entrust, .unused, .conclude]
        // A reader gets no mail about an answer: its page shows the fate.
        case (.answer, false): [.check, .recall, .refuse, .seal, .note, .hold, .keep, .send]
        // An officer reads the fate of each recipient; nothing is held twice, and no MTA waits for edits.
        case (.submission, true), (.milter, true): [.recall, .seal, .note, .keep, .send, .unused]
        case (.answer, true): [.check, .recall, .seal, .note, .keep, .send]
        }
    }

    private static var pairs: [(origin: Errand.Origin, errand: Errand)] {
        origins.flatMap { [($0, Errand($0)), ($0, Errand($0, released: HeldID("ABCDE-FGHJK")))] }
    }

    @Test func everyPairHasItsStepsAndNoOthers() {
        #expect(Self.pairs.count == 10)
        for (origin, errand) in Self.pairs {
            #expect(
                errand.steps == Self.expected(origin, isReleased: errand.released != nil),
                "\(origin), released: \(errand.released != nil)")
        }
    }

    /// The order is that of the sentence, and no step is taken twice.
    @Test func stepsKeepTheOrderOfTheSentence() {
        for (_, errand) in Self.pairs {
            let steps = errand.steps
            #expect(steps == Step.allCases.filter(steps.contains))
        }
    }

    /// Nothing leaves unsealed or unkept, whatever the errand: these steps are in every walk.
    @Test func everyWalkSealsKeepsAndSends() {
        for (_, errand) in Self.pairs {
            #expect(Set(errand.steps).isSuperset(of: [.recall, .seal, .note, .keep, .send]))
        }
    }

    /// Each step is in some walk.
    @Test func noStepIsLeftOver() {
        #expect(Set(Self.pairs.flatMap(\.errand.steps)) == Set(Step.allCases))
    }

    @Test func whatFollowsFromThePair() {
        let envelope = Envelope(sender: Mailbox("alice@example.org"), recipients: [])
        for (origin, errand) in Self.pairs {
            let isReleased = errand.released != nil
            let isAnswer = if case .answer = origin { true } else { false }
            #expect(errand.isAnswer == isAnswer)
            #expect(errand.returnPath(envelope) == (isAnswer ? nil : envelope.sender), "no bounce carries an answer")
            #expect(errand.isRecorded == (!isAnswer && !isReleased))
            #expect(errand.steps.contains(.check) == isAnswer, "also on release")
            let isMilter = if case .milter = origin { true } else { false }
            #expect(errand.sendsWhatIsFinished == (!isMilter || isReleased), "its MTA holds it whole")
            let isSubmission = if case .submission = origin { true } else { false }
            #expect(errand.repliesToSender == (isSubmission && !isReleased), "all else may be out, or has no reply")
            switch (origin, isReleased) {
            case (_, true):
                #expect(errand.coherence(isPartlyOut: false) == .afterFirstAcceptance)
            case (.submission(perRecipient: true), false):
                #expect(errand.coherence(isPartlyOut: false) == .perRecipient)
                #expect(errand.coherence(isPartlyOut: true) == .perRecipient)
            case (.milter, false):
                #expect(errand.coherence(isPartlyOut: true) == .wholeMessage, "until the last word to its MTA")
            case (.submission, false), (.answer, false):
                #expect(errand.coherence(isPartlyOut: false) == .wholeMessage)
                #expect(errand.coherence(isPartlyOut: true) == .afterFirstAcceptance)
            }
        }
    }

    /// What one errand leaves in the ledger is not taken for what another has left.
    @Test func aReleaseAndAnAnswerHaveFingerprintsOfTheirOwn() {
        let prefixes = Set(Self.pairs.map { $0.errand.fingerprintPrefix.text })
        #expect(prefixes == ["", "answer letter answer", "release ABCDE-FGHJK\r\n"])
    }

    /// The order stands in one place: what seals, holds, keeps and hands over a message is called from one file each.
    @Test func theOrderStandsOnce() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Sources/Gateway")
        var callers: [String: Set<String>] = [:]
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            for call in ["sealer.seal(", "ledger.hold(", "letters.keep(", ".steps {", "fromNobody()"]
            where text.contains(call) {
                callers[call, default: []].insert(file.lastPathComponent)
            }
        }
        #expect(
            callers == [
                "sealer.seal(": ["Run+Seal.swift"], "ledger.hold(": ["Run+Hold.swift"],
                "letters.keep(": ["Run+Keep.swift"], ".steps {": ["MessagePath.swift"],
                "fromNobody()": ["Run+Send.swift"],
            ])
        let sentence = try String(contentsOf: root.appendingPathComponent("MessagePath.swift"), encoding: .utf8)
        #expect(sentence.split(separator: "\n", omittingEmptySubsequences: false).count <= 121)
    }
}
