// One milter connection: the session machine with its clocks and what it holds of the budget. Touches no channel; the
// frame carries its steps out.
//
// While a message is being answered no more than one read is taken from the socket (to see whether the MTA is still
// there: what was handed on for it must be remembered where it is not), so an MTA can make us hold one message and a
// few reads. We close a connection on our own only where we must: an MTA told to accept by default lets mail out when
// it loses its milter, so there is no limit on the life of a connection.

import Logging
import Mail
package import Milter
package import NIOCore

/// The protocol of a milter connection.
package struct MilterMachine: ConnectionMachine {
    package typealias Event = MilterSession.Transaction
    package typealias Step = ConnectionStep<MilterSession.Transaction>

    /// How often an MTA that waits is told that we are at work. Its own patience is 5 minutes (Postfix,
    /// `milter_content_timeout`) or 10 s for small things (Sendmail, `T=R`).
    private static let progressTime = TimeAmount.seconds(5)
    /// The MTA's own client may be silent for `limits.idleSeconds`; its MTA should end that, not we.
    private static let idleGraceSeconds: Int64 = 60
    /// A handler has `limits.milterReplySeconds`; past this many more it counts as lost.
    private static let answerGraceSeconds: Int64 = 15
    /// How long a message on its way may go on coming in when the server stops.
    private static let stoppingSeconds: Int64 = 10
    private static let noRoom = Refusal(.busy, "too much mail in hand, try again later")

    private(set) var session: MilterSession
    private let limits: Limits
    private let budget: ByteBudget?
    private let logger: Logger
    private var loan: ByteLoan?
    private var isStopping = false
    /// True while the answer to a message is being written, batch by batch.
    private(set) var isAnswering = false
    private var idleSince = NIODeadline.distantFuture
    private var contentEnd: NIODeadline?
    /// While a message is handled: when that counts as lost, and when the MTA is told next that we are at work.
    private var waiting: (end: NIODeadline, progress: NIODeadline)?

    init(_ configuration: MilterListenerConfiguration, logger: Logger) {
        session = MilterSession(limits: configuration.limits, spool: configuration.spool)
        limits = configuration.limits
        budget = configuration.budget
        self.logger = logger
    }

    package var isClosed: Bool { session.phase == .closed }

    package var deadline: NIODeadline? {
        if isClosed { return nil }
        if let waiting { return min(waiting.end, waiting.progress) }
        return silenceEnd
    }

    private var silenceEnd: NIODeadline {
        let idleEnd = idleSince + .seconds(Int64(limits.idleSeconds) + Self.idleGraceSeconds)
        return min(idleEnd, contentEnd ?? .distantFuture)
    }

    /// The clocks start here; the MTA speaks first.
    package mutating func begin(address: String, _ step: inout Step) { idleSince = step.now }

    package mutating func heard(_ now: NIODeadline) { idleSince = now }

    package func mayRead(isWritable: Bool, holdsInput: Bool) -> Bool {
        switch session.phase {
        case .negotiating, .idle, .envelope, .content: !isAnswering && isWritable
        // An MTA has nothing to say while it waits; reading shows whether it has gone.
        case .waiting: !holdsInput
        case .closed: false
        }
    }

    package func told(_ event: Any, _ step: inout Step) {}

    package func failed(_ error: any Error) {}

    package mutating func ended() {
        waiting = nil
        loan = nil
    }

    // MARK: Work

    package mutating func read(_ step: inout Step) -> Bool {
        guard !isAnswering else { return false }
        let action = session.receive(&step.input)
        minute(step.now)
        switch action {
        case .needMore: return false
        case .reply(let frames): step.output.writeImmutableBuffer(frames)
        case .refused(let refusal, let frames):
            loan = nil
            count(.refuse(refusal))
            logger.notice(
                "message not taken",
                metadata: [
                    "reply": "\(refusal.replyCode) \(refusal.enhancedCode)", "reason": "\(refusal.detail)",
                ])
            step.output.writeImmutableBuffer(frames)
            if isStopping {
                close(nil, &step)
                return false
            }
        case .close(let why):
            close(why, &step)
            return false
        case .message(let transaction): take(transaction, &step)
        }
        return true
    }

    private mutating func take(_ transaction: MilterSession.Transaction, _ step: inout Step) {
        guard borrows(transaction.bytes.count) else {
            loan = nil
            count(.refuse(Self.noRoom))
            return refuse(Self.noRoom, &step)
        }
        loan?.shrink(toHold: transaction.bytes.count)
        waiting = (
            step.now + .seconds(Int64(limits.milterReplySeconds) + Self.answerGraceSeconds),
            step.now + Self.progressTime
        )
        step.events.append(transaction)
    }

    /// After each step: the clock of a message and what it holds of the budget.
    private mutating func minute(_ now: NIODeadline) {
        guard session.phase == .content else {
            contentEnd = nil
            if session.phase != .waiting { loan = nil }
            return
        }
        if contentEnd == nil {
            contentEnd = now + .seconds(isStopping ? Self.stoppingSeconds : Int64(limits.dataSeconds))
        }
        guard session.heldBytes > 0, !borrows(session.heldBytes) else { return }
        loan = nil
        session.giveUpMessage(Self.noRoom)
    }

    /// Holds so many bytes of the budget; false where there is no room.
    private mutating func borrows(_ bytes: Int) -> Bool {
        guard let budget else { return true }
        if loan == nil { loan = budget.borrow(0) }
        return loan?.grow(toHold: bytes) ?? false
    }

    private func count(_ verdict: MilterVerdict) {
        switch verdict {
        case .accept, .discard: DoorMetrics.milter.replied(250)
        case .refuse(let refusal): DoorMetrics.milter.replied(refusal.replyCode)
        }
    }

    private mutating func refuse(_ refusal: Refusal, _ step: inout Step) {
        var writer = session.answer(.refuse(refusal))
        while let batch = writer.next() { step.output.writeImmutableBuffer(batch) }
    }

    // MARK: Answers

    /// The answer to the message handed out last has been found.
    /// - Returns: what writes it, batch by batch; ``endAnswer(_:)`` follows the last one.
    mutating func beginAnswer(_ verdict: MilterVerdict, _ now: NIODeadline) -> MilterAnswerWriter {
        waiting = nil
        count(verdict)
        isAnswering = true
        idleSince = now
        return session.answer(verdict)
    }

    /// The last batch has been written: on to the next message.
    mutating func endAnswer(_ step: inout Step) {
        isAnswering = false
        loan = nil
        if isStopping { close(nil, &step) }
    }

    // MARK: Ending

    package mutating func stop(_ step: inout Step) {
        guard !isStopping else { return }
        isStopping = true
        switch session.phase {
        case .negotiating, .idle, .envelope: if !isAnswering { close(nil, &step) }
        case .content: contentEnd = step.now + .seconds(Self.stoppingSeconds)
        case .waiting, .closed: break
        }
    }

    package mutating func ring(_ step: inout Step) {
        guard !isClosed else { return }
        guard let waiting else {
            guard step.now >= silenceEnd else { return }
            return close(
                contentEnd.map { step.now >= $0 } == true
                    ? "the message took too long" : "the MTA was silent for too long", &step)
        }
        if step.now >= waiting.end {
            self.waiting = nil
            refuse(Refusal(.deadline, "the message could not be handled in time"), &step)
            close("no answer was found in time", &step)
        } else if step.now >= waiting.progress {
            step.output.writeImmutableBuffer(MilterSession.progress)
            self.waiting?.progress = step.now + Self.progressTime
        }
    }

    /// - Parameter why: what the MTA did wrong; nil where nothing is wrong.
    private mutating func close(_ why: String?, _ step: inout Step) {
        if let why { logger.warning("a milter connection is closed", metadata: ["reason": "\(why)"]) }
        session.close()
        step.closing = .atOnce
    }
}
