// One milter connection on its event loop: runs the session machine over the channel, with time limits and back-pressure.
// Takes bytes and the answers to messages; gives frames and, through a stream, whole messages. Touches its own socket.
//
// While a message is being answered no more than one read is taken from the socket (to see whether the MTA is still there:
// what was handed on for it must be remembered where it is not), so an MTA can make us hold one message and a few reads.
// We close a connection on our own only where we must: an MTA told to accept by default lets mail out when it
// loses its milter, so there is no limit on the life of a connection.

package import Logging
import Mail
package import Milter
package import NIOCore
import SettingValues

/// The handler at the end of the pipeline of a milter connection.
package final class MilterChannelHandler: ChannelDuplexHandler {
    /// Bytes of the MTA.
    package typealias InboundIn = ByteBuffer
    /// Nothing is written through this handler but its own frames.
    package typealias OutboundIn = ByteBuffer
    /// Frames.
    package typealias OutboundOut = ByteBuffer

    /// How often an MTA that waits is told that we are at work. Its own patience is 5 minutes (Postfix,
    /// `milter_content_timeout`) or 10 s for small things (Sendmail, `T=R`).
    private static let progressTime = TimeAmount.seconds(5)
    /// The MTA's own client may be silent for `limits.idleSeconds`; its MTA should end that, not we.
    private static let idleGraceSeconds: Int64 = 60
    /// A handler has `limits.milterReplySeconds`; past this many more it counts as lost.
    private static let answerGraceSeconds: Int64 = 15
    /// How long a message on its way may go on coming in when the server stops.
    private static let stoppingSeconds: Int64 = 10

    private var session: MilterSession
    private let limits: Limits
    private let budget: ByteBudget?
    private let logger: Logger
    private let transactions: AsyncStream<MilterSession.Transaction>.Continuation
    private var context: ChannelHandlerContext?
    private var input = ByteBuffer()
    private var output = ByteBuffer()
    private var loan: ByteLoan?
    private var isReadWanted = false
    private var isStopping = false
    private var isAnswering = false
    private var idleSince = NIODeadline.distantFuture
    private var contentEnd: NIODeadline?
    private var answerEnd: NIODeadline?
    private var progress: RepeatedTask?
    private var alarm: (at: NIODeadline, task: Scheduled<Void>)?

    /// - Parameter transactions: gets each whole message; finished when the connection is gone.
    package init(
        configuration: MilterListenerConfiguration, logger: Logger,
        transactions: AsyncStream<MilterSession.Transaction>.Continuation
    ) {
        self.session = MilterSession(limits: configuration.limits, spool: configuration.spool)
        self.limits = configuration.limits
        self.budget = configuration.budget
        self.logger = logger
        self.transactions = transactions
    }

    // MARK: What the channel tells

    /// Remembers the pipeline it stands in.
    package func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    /// Ends the stream of messages and the clocks.
    package func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        alarm?.task.cancel()
        alarm = nil
        endWaiting()
        loan = nil
        transactions.finish()
    }

    /// The clocks start here; the MTA speaks first.
    package func channelActive(context: ChannelHandlerContext) {
        idleSince = context.eventLoop.now
        setAlarm()
        context.fireChannelActive()
    }

    /// The MTA has gone: no more messages.
    package func channelInactive(context: ChannelHandlerContext) {
        transactions.finish()
        context.fireChannelInactive()
    }

    /// Bytes of the MTA, however they are cut.
    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard session.phase != .closed else { return }
        var read = unwrapInboundIn(data)
        idleSince = context.eventLoop.now
        if input.readableBytes == 0 {
            input = read
        } else {
            input.writeBuffer(&read)
        }
        work()
    }

    /// All that was read has been followed: the frames go out together.
    package func channelReadComplete(context: ChannelHandlerContext) {
        flush()
        context.fireChannelReadComplete()
    }

    /// The MTA takes frames again: goes on where it stopped.
    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { goOn() }
        context.fireChannelWritabilityChanged()
    }

    /// Asked to read: only where something may be read now.
    package func read(context: ChannelHandlerContext) {
        guard mayRead(context) else {
            isReadWanted = true
            return
        }
        context.read()
    }

    /// A reset of the connection and the like: there is nobody to tell.
    package func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    // MARK: What the connection's task asks for

    /// The answer to the message handed out last has been found.
    /// - Returns: what writes it, to be given batch by batch to ``write(_:)``; nil where the MTA has gone or was told already
    ///   that its message could not be handled in time.
    package func beginAnswer(_ verdict: MilterVerdict) -> MilterAnswerWriter? {
        guard let context, context.channel.isActive, session.phase == .waiting else { return nil }
        endWaiting()
        count(verdict)
        isAnswering = true
        idleSince = context.eventLoop.now
        setAlarm()
        return session.answer(verdict)
    }

    /// Writes a batch; done once it has been given to the socket.
    package func write(_ batch: ByteBuffer) -> EventLoopFuture<Void>? {
        guard let context, context.channel.isActive, isAnswering else { return nil }
        idleSince = context.eventLoop.now
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(batch), promise: written)
        return written.futureResult
    }

    /// The last batch has been written: on to the next message.
    package func endAnswer() {
        isAnswering = false
        loan = nil
        if isStopping { close(nil) } else { goOn() }
        setAlarm()
    }

    /// Ends a connection without a message at once, lets a message in hand be answered, gives one that is coming in a
    /// moment.
    package func stop() {
        guard !isStopping, let context else { return }
        isStopping = true
        switch session.phase {
        case .negotiating, .idle, .envelope: if !isAnswering { close(nil) }
        case .content: contentEnd = context.eventLoop.now + .seconds(Self.stoppingSeconds)
        case .waiting, .closed: break
        }
        setAlarm()
    }

    // MARK: Work

    private func work() {
        guard let context else { return }
        while context.channel.isWritable, !isAnswering {
            let action = session.receive(&input)
            minute(context)
            switch action {
            case .needMore: return tidyInput()
            case .reply(let frames): say(frames)
            case .refused(let refusal, let frames):
                loan = nil
                count(.refuse(refusal))
                logger.notice(
                    "message not taken",
                    metadata: [
                        "reply": "\(refusal.replyCode) \(refusal.enhancedCode)", "reason": "\(refusal.detail)",
                    ])
                say(frames)
                if isStopping { return close(nil) }
            case .close(let why): return close(why)
            case .message(let transaction):
                guard borrows(transaction.bytes.count) else {
                    loan = nil
                    count(.refuse(Self.noRoom))
                    var writer = session.answer(.refuse(Self.noRoom))
                    while let batch = writer.next() { say(batch) }
                    continue
                }
                loan?.shrink(toHold: transaction.bytes.count)
                beginWaiting(context)
                transactions.yield(transaction)
            }
        }
    }

    /// After each step: the clock of a message and what it holds of the budget.
    private func minute(_ context: ChannelHandlerContext) {
        guard session.phase == .content else {
            contentEnd = nil
            if session.phase != .waiting { loan = nil }
            return
        }
        if contentEnd == nil {
            contentEnd = context.eventLoop.now + .seconds(isStopping ? Self.stoppingSeconds : Int64(limits.dataSeconds))
            setAlarm()
        }
        guard session.heldBytes > 0, !borrows(session.heldBytes) else { return }
        loan = nil
        session.giveUpMessage(Self.noRoom)
    }

    private func count(_ verdict: MilterVerdict) {
        switch verdict {
        case .accept, .discard: DoorMetrics.milter.replied(250)
        case .refuse(let refusal): DoorMetrics.milter.replied(refusal.replyCode)
        }
    }

    private static let noRoom = Refusal(.busy, "too much mail in hand, try again later")

    /// Holds so many bytes of the budget; false where there is no room.
    private func borrows(_ bytes: Int) -> Bool {
        guard let budget else { return true }
        if loan == nil { loan = budget.borrow(0) }
        return loan?.grow(toHold: bytes) ?? false
    }

    private func beginWaiting(_ context: ChannelHandlerContext) {
        answerEnd = context.eventLoop.now + .seconds(Int64(limits.milterReplySeconds) + Self.answerGraceSeconds)
        setAlarm()
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        progress = context.eventLoop.scheduleRepeatedTask(initialDelay: Self.progressTime, delay: Self.progressTime) {
            [handler] _ in
            handler.value.say(MilterSession.progress)
            handler.value.flush()
        }
    }

    private func endWaiting() {
        answerEnd = nil
        progress?.cancel()
        progress = nil
    }

    /// After a pause: what is in the buffer first, then the socket again.
    private func goOn() {
        work()
        flush()
        guard let context, isReadWanted, mayRead(context) else { return }
        isReadWanted = false
        context.read()
    }

    private func mayRead(_ context: ChannelHandlerContext) -> Bool {
        switch session.phase {
        case .negotiating, .idle, .envelope, .content: !isAnswering && context.channel.isWritable
        // An MTA has nothing to say while it waits; reading shows whether it has gone.
        case .waiting: input.readableBytes == 0
        case .closed: false
        }
    }

    private func tidyInput() {
        if input.readableBytes == 0 {
            input = ByteBuffer()
        } else if input.readerIndex > 16 * 1024 {
            input.discardReadBytes()
        }
    }

    private func say(_ frames: ByteBuffer) { output.writeImmutableBuffer(frames) }

    private func flush() {
        guard let context, output.readableBytes > 0 else { return }
        let bytes = output
        output = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    /// - Parameter why: what the MTA did wrong; nil where nothing is wrong.
    private func close(_ why: String?) {
        guard let context else { return }
        if let why { logger.warning("a milter connection is closed", metadata: ["reason": "\(why)"]) }
        session.close()
        input = ByteBuffer()
        flush()
        context.close(promise: nil)
    }

    // MARK: Time

    /// The next moment at which something may have to be done; the alarm goes off there or a little before.
    private var nextDeadline: NIODeadline {
        if let answerEnd { return answerEnd }
        let idleEnd = idleSince + .seconds(Int64(limits.idleSeconds) + Self.idleGraceSeconds)
        return min(idleEnd, contentEnd ?? .distantFuture)
    }

    /// Sets the alarm only where it would ring too late, so that a read costs no timer.
    private func setAlarm() {
        guard let context, session.phase != .closed else { return }
        let deadline = nextDeadline
        if let alarm {
            if alarm.at <= deadline { return }
            alarm.task.cancel()
        }
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        alarm = (deadline, context.eventLoop.scheduleTask(deadline: deadline) { handler.value.ring() })
    }

    private func ring() {
        alarm = nil
        guard let context, session.phase != .closed else { return }
        let now = context.eventLoop.now
        if let answerEnd {
            if now >= answerEnd {
                endWaiting()
                var writer = session.answer(.refuse(Refusal(.deadline, "the message could not be handled in time")))
                while let batch = writer.next() { say(batch) }
                close("no answer was found in time")
            }
        } else if now >= nextDeadline {
            close(
                contentEnd.map { now >= $0 } == true ? "the message took too long" : "the MTA was silent for too long")
        }
        setAlarm()
    }
}
