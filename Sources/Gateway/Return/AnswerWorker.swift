// Takes what readers have sent back from behind links: opens it, checks it, sends it by the message path, and tells the
// outbox what became of it. The outbox lies where the portal's user can write, so nothing in it is believed: an answer
// counts when it opens with the letter's keys, and it is sent once, whatever the outbox says later.
//
// Each answer goes through these steps, and a kill between any two leaves the next one to be done:
//   taken in gateway.db -> delivered (ledger) -> settled in gateway.db -> settled in the outbox -> forgotten by the
//   ledger

import Delivery
import Links
package import Logging
import MIME
package import Mail
import POSIX
import Policy
import Sealing
import ServiceLifecycle
import Vault

/// Looks often, because looking is cheap.
package struct AnswerWorker: Periodic {
    let letters: any GatewayLetters
    let ledger: any TakenAnswers & Conversations
    let current: CurrentPath
    /// Where failures go.
    package let logger: Logger
    /// Between two looks, in seconds.
    package var pauseSeconds = 2.0
    /// What the log says of a look that failed.
    package let failure = "the outbox of answers failed"

    /// Longest delivery of one answer, in seconds.
    static let deliverySeconds = 300
    /// Answers taken in one look.
    private static let batch = 20

    /// Takes what is due. A database that fails ends the round; the next one tries again.
    package func work(nowSeconds: Int64) async throws(Refusal) {
        // That it cannot be used is said once (StorageAlarm), not with each round.
        guard letters.problem == nil else { return }
        let waiting = try await letters.waitingAnswers(nowSeconds: nowSeconds, atMost: Self.batch)
        for answer in waiting where !Task.isCancelled && !Task.isShuttingDownGracefully {
            try await handle(answer, nowSeconds)
        }
    }

    private func handle(_ waiting: WaitingAnswer, _ nowSeconds: Int64) async throws(Refusal) {
        let path = current.path
        // Without links there are no answers; those that wait do so until there are links again.
        guard let context = path.links.offer?.answers else {
            return try await letters.putOff(waiting.id, untilSeconds: nowSeconds + Retries.longestPauseSeconds)
        }
        if let known = try await ledger.takenAnswer(waiting.id), known.state != .waiting {
            // Settled before, and the outbox was not told, or tells it again.
            return try await letters.settle(
                waiting.id, as: known.state, isCounted: known.isCounted, nowSeconds: nowSeconds)
        }
        let work = AnswerAttempt(
            waiting: waiting, path: path, context: context, letters: letters, ledger: ledger, nowSeconds: nowSeconds)
        let outcome: AnswerAttempt.Outcome
        do throws(Refusal) {
            outcome = try await work.outcome()
        } catch {
            outcome = .putOff(error, tries: 0)
        }
        try await settle(waiting.id, outcome, nowSeconds)
    }

    private func settle(
        _ id: AnswerID, _ outcome: AnswerAttempt.Outcome, _ nowSeconds: Int64
    ) async throws(Refusal) {
        var about: Logger.Metadata = ["letter": "\(id.letter)", "answer": "\(id.answer)"]
        switch outcome {
        case .unknown:
            // Nothing of it is written down in our own database: an attacker who fills the outbox must not fill that
            // one.
            logger.warning("an answer does not open", metadata: about)
            try await letters.settle(
                id, as: .refused(reason: "damaged", said: nil), isCounted: false, nowSeconds: nowSeconds)
        case .tooLarge:
            logger.notice("an answer is too large", metadata: about)
            try await letters.settle(
                id, as: .refused(reason: "too-large", said: nil), isCounted: false, nowSeconds: nowSeconds)
        case .waits(let seconds):
            try await letters.putOff(id, untilSeconds: nowSeconds + seconds)
        case .putOff(let refusal, let tries):
            let pause = Retries.pauseSeconds(afterTries: tries)
            about["reason"] = "\(refusal.detail)"
            about["again"] = "\(pause) s"
            logger.warning("an answer could not be sent, and will be tried again", metadata: about)
            try await letters.putOff(id, untilSeconds: nowSeconds + pause)
        case .done(let settled):
            try await ledger.settleAnswer(
                id, as: settled.state, isCounted: settled.isCounted, messageID: settled.messageID,
                linkSecret: settled.linkSecret)
            Failpoint.reach("answer.settled")
            try await letters.settle(
                id, as: settled.state, isCounted: settled.isCounted, nowSeconds: nowSeconds)
            Failpoint.reach("answer.told")
            await tellSender(of: id.letter, settled.state)
            await settled.forget()
            about.merge(settled.about) { $1 }
            switch settled.state {
            case .refused(let reason, _):
                about["refused"] = "\(reason)"
                logger.notice("an answer has been refused", metadata: about)
            case .sent, .uploading, .waiting: logger.info("an answer has been sent", metadata: about)
            }
        }
    }

    /// The sender's page says how many answers there were; where that cannot be written now, the next answer does.
    private func tellSender(of letter: String, _ state: AnswerState) async {
        guard case .sent = state, let conversation = try? await ledger.conversation(letter) else { return }
        try? await letters.noteAnswers(conversation.answersSent, of: letter)
    }
}
