// One SMTP connection on its event loop: runs the session machine over the channel, with time limits and back-pressure.
// Takes bytes and the answers to messages; gives replies and, through a stream, whole messages. Touches its own socket.
// Everything here runs on the event loop; only `SMTPConnection` is seen from outside.
//
// Nothing is read from the socket while a message is being answered or while the client does not take our replies, so a
// client can make us hold at most one message and a few reads.

package import Mail
package import NIOCore
package import SMTP

/// The handler at the end of the pipeline of an SMTP connection.
package final class SMTPChannelHandler: ChannelDuplexHandler {
    /// Bytes of the client.
    package typealias InboundIn = ByteBuffer
    /// Nothing is written through this handler but its own replies.
    package typealias OutboundIn = ByteBuffer
    /// Replies.
    package typealias OutboundOut = ByteBuffer

    /// Replies are handed to the socket at this size even where more input waits, in bytes.
    private static let outputBytes = 16 * 1024
    /// Consumed bytes in front of a rest of input that are kept at most.
    private static let consumedBytes = 16 * 1024
    /// A handler has `limits.replySeconds`; past this many more it counts as lost.
    private static let answerGraceSeconds: Int64 = 15
    /// How long a message on its way may go on coming in when the server stops.
    private static let stoppingSeconds: Int64 = 10
    /// How long a client may take to fetch the last reply.
    private static let farewellSeconds: Int64 = 10

    private var session: ServerSession
    private let limits: Limits
    private let transactions: AsyncStream<ServerSession.Transaction>.Continuation
    private var context: ChannelHandlerContext?
    private var input = ByteBuffer()
    private var output = ByteBuffer()
    private var isReadWanted = false
    private var isStopping = false
    private var idleSince = NIODeadline.distantFuture
    private var sessionEnd = NIODeadline.distantFuture
    private var answerEnd: NIODeadline?
    private var farewellEnd: NIODeadline?
    private var alarm: (at: NIODeadline, task: Scheduled<Void>)?

    /// - Parameter transactions: gets each whole message; finished when the connection is gone.
    package init(
        configuration: ListenerConfiguration, transactions: AsyncStream<ServerSession.Transaction>.Continuation
    ) {
        self.session = ServerSession(
            hostname: configuration.hostname, limits: configuration.limits, spool: configuration.spool)
        self.limits = configuration.limits
        self.transactions = transactions
    }

    // MARK: What the channel tells

    /// Remembers the pipeline it stands in.
    package func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    /// Ends the stream of messages and the alarm.
    package func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        alarm?.task.cancel()
        alarm = nil
        transactions.finish()
    }

    /// Greets; the clocks start here.
    package func channelActive(context: ChannelHandlerContext) {
        if farewellEnd == nil {
            idleSince = context.eventLoop.now
            sessionEnd = idleSince + .seconds(Int64(limits.sessionSeconds))
            say(session.greeting)
            flush()
            setAlarm()
        }
        context.fireChannelActive()
    }

    /// The client has gone: no more messages.
    package func channelInactive(context: ChannelHandlerContext) {
        transactions.finish()
        context.fireChannelInactive()
    }

    /// Bytes of the client, however they are cut.
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

    /// All that was read has been followed: the replies go out together.
    package func channelReadComplete(context: ChannelHandlerContext) {
        flush()
        context.fireChannelReadComplete()
    }

    /// The client takes replies again: goes on where it stopped.
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

    /// Writes the answer to the message handed out last.
    /// - Returns: true once the reply has been given to the socket, an error where that failed; nil where the client
    ///   has gone or was told already that its message could not be handled in time.
    package func answer(_ refusal: Refusal?, id: String) -> EventLoopFuture<Bool>? {
        guard let context, context.channel.isActive, session.phase == .waiting else { return nil }
        answerEnd = nil
        idleSince = context.eventLoop.now
        say(session.answer(refusal, id: id))
        let written = context.eventLoop.makePromise(of: Void.self)
        flush(written)
        if isStopping { finish(session.end(.stopping)) } else { goOn() }
        setAlarm()
        return written.futureResult.map { true }
    }

    /// Ends an idle session at once, lets a message in hand be answered first, gives one that is coming in a moment.
    package func stop() {
        guard !isStopping, let context else { return }
        isStopping = true
        switch session.phase {
        case .commands: finish(session.end(.stopping))
        case .receiving: sessionEnd = min(sessionEnd, context.eventLoop.now + .seconds(Self.stoppingSeconds))
        case .waiting, .closed: break
        }
        setAlarm()
    }

    // MARK: Work

    private func work() {
        guard let context else { return }
        while context.channel.isWritable {
            switch session.next(from: &input) {
            case .needMore: return tidyInput()
            case .reply(let reply):
                say(reply)
                if isStopping, session.phase == .commands { return finish(session.end(.stopping)) }
            case .replyAndClose(let reply): return finish(reply)
            case .message(let transaction):
                answerEnd = context.eventLoop.now + .seconds(Int64(limits.replySeconds) + Self.answerGraceSeconds)
                setAlarm()
                transactions.yield(transaction)
            }
        }
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
        (session.phase == .commands || session.phase == .receiving) && context.channel.isWritable
    }

    private func tidyInput() {
        if input.readableBytes == 0 {
            input = ByteBuffer()
        } else if input.readerIndex > Self.consumedBytes {
            input.discardReadBytes()
        }
    }

    private func say(_ reply: Reply) {
        reply.encode(into: &output)
        if output.readableBytes > Self.outputBytes { flush() }
    }

    private func flush(_ promise: EventLoopPromise<Void>? = nil) {
        guard let context else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        guard output.readableBytes > 0 else {
            promise?.succeed()
            return
        }
        let bytes = output
        output = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(bytes), promise: promise)
    }

    /// The last words; the session is closed already.
    private func finish(_ reply: Reply) {
        guard let context, farewellEnd == nil else { return }
        input = ByteBuffer()
        farewellEnd = context.eventLoop.now + .seconds(Self.farewellSeconds)
        reply.encode(into: &output)
        let written = context.eventLoop.makePromise(of: Void.self)
        let channel = context.channel
        written.futureResult.whenComplete { _ in channel.close(promise: nil) }
        flush(written)
        setAlarm()
    }

    // MARK: Time

    /// The next moment at which something may have to be done; the alarm goes off there or a little before.
    private var nextDeadline: NIODeadline {
        if let farewellEnd { return farewellEnd }
        if let answerEnd { return answerEnd }
        return min(sessionEnd, idleSince + .seconds(Int64(limits.idleSeconds)))
    }

    /// Sets the alarm only where it would ring too late, so that a read costs no timer.
    private func setAlarm() {
        guard let context else { return }
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
        guard let context else { return }
        let now = context.eventLoop.now
        if let farewellEnd {
            if now >= farewellEnd { return context.close(promise: nil) }
        } else if let answerEnd {
            if now >= answerEnd { finish(session.end(.answerTime)) }
        } else if now >= sessionEnd {
            finish(session.end(isStopping ? .stopping : .sessionTime))
        } else if now >= nextDeadline {
            finish(session.end(.idle))
        }
        setAlarm()
    }
}
