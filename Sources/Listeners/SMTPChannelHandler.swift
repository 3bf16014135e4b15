// One SMTP or LMTP connection on its event loop: runs the session machine over the channel, with back-pressure.
// Takes bytes and the words on messages and log-ins; gives replies and, through a stream, what has to be decided.
// Touches its own socket. Everything here runs on the event loop; only `SMTPConnection` is seen from outside.
//
// Nothing is read from the socket while a message is being answered or while the client does not take our replies, so a
// client can make us hold at most one message and a few reads. Time limits are in +Time.

import Certificates
import Logging
package import Mail
package import NIOCore
import NIOTLS
import SettingValues
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

    let door: SMTPDoor
    var session: ServerSession
    private let events: AsyncStream<SMTPEvent>.Continuation
    var context: ChannelHandlerContext?
    private var source = ProxyHeader.Source.proxy
    private var place: String?
    private var input = ByteBuffer()
    private var output = ByteBuffer()
    private var isReadWanted = false
    var isStopping = false
    var clock = Clock()
    var alarm: (at: NIODeadline, task: Scheduled<Void>)?

    var limits: Limits { door.configuration.limits }

    /// - Parameter events: gets each whole message and each word of a log-in; finished when the connection is gone.
    package init(door: SMTPDoor, events: AsyncStream<SMTPEvent>.Continuation) {
        self.door = door
        self.session = ServerSession(
            hostname: door.configuration.hostname, limits: door.configuration.limits, offers: door.offers)
        self.events = events
    }

    // MARK: What the channel tells

    /// Remembers the pipeline it stands in.
    package func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    /// Ends the stream of events and the alarm, and makes room for another connection of the client.
    package func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        alarm?.task.cancel()
        alarm = nil
        if let place { door.clients.leave(place) }
        place = nil
        events.finish()
    }

    /// Greets, or waits for TLS; the clocks start here.
    package func channelActive(context: ChannelHandlerContext) {
        if clock.farewellEnd == nil { begin(context) }
        context.fireChannelActive()
    }

    /// The client has gone: no more messages.
    package func channelInactive(context: ChannelHandlerContext) {
        events.finish()
        context.fireChannelInactive()
    }

    /// Bytes of the client, however they are cut.
    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard session.phase != .closed else { return }
        var read = unwrapInboundIn(data)
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

    /// What a proxy says of the client, which comes before all else, and that TLS is there.
    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let told as ProxyHeader.Source: source = told
        case TLSUserEvent.handshakeCompleted: secured(context)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// A reset of the connection, a failed handshake and the like: there is nobody to tell.
    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        door.logger.debug("connection failed", metadata: ["reason": "\(error)"])
        context.close(promise: nil)
    }

    // MARK: What the connection's task asks for

    /// Writes the answer to the message handed out last.
    /// - Returns: true once the reply has been given to the socket, an error where that failed; nil where the client
    ///   has gone or was told already that its message could not be handled in time.
    package func answer(
        _ refusal: Refusal?, recipientRefusals: [Refusal?] = [], heldRecipients: Set<Int> = [], id: String
    ) -> EventLoopFuture<Bool>? {
        guard let context, context.channel.isActive, session.phase == .waiting else { return nil }
        clock.answerEnd = nil
        clock.idleSince = context.eventLoop.now
        for reply in session.answer(
            refusal, recipientRefusals: recipientRefusals, heldRecipients: heldRecipients, id: id)
        { say(reply) }
        let written = context.eventLoop.makePromise(of: Void.self)
        flush(written)
        if isStopping { finish(session.end(.stopping)) } else { goOn() }
        setAlarm()
        return written.futureResult.map { true }
    }

    /// Goes on with the log-in handed out last.
    package func loginAnswer(_ answer: ServerSession.LoginAnswer) {
        guard let context, context.channel.isActive, session.phase == .checking else { return }
        clock.answerEnd = nil
        clock.idleSince = context.eventLoop.now
        follow(session.loginAnswer(answer))
        if isStopping, session.phase != .closed { finish(session.end(.stopping)) } else { goOn() }
        setAlarm()
    }

    /// Ends an idle session at once, lets a message in hand be answered first, gives one that is coming in a moment.
    package func stop() {
        guard !isStopping, let context else { return }
        isStopping = true
        switch session.phase {
        case .securing: context.close(promise: nil)
        case .commands where !session.isTakingMessage: finish(session.end(.stopping))
        case .commands, .receiving: clock.hurry(context.eventLoop.now)
        case .checking, .waiting, .closed: break
        }
        setAlarm()
    }

    // MARK: Beginning

    private func begin(_ context: ChannelHandlerContext) {
        clock.begin(context.eventLoop.now, limits, session)
        let (address, mayBeTrusted) = peer(context)
        let isTrusted = mayBeTrusted && door.configuration.trustedPeers.contains(address)
        session.connected(from: address, isTrusted: isTrusted)
        place = isTrusted ? "" : door.clients.enter(address)
        if place == nil {
            door.logger.info("too many connections of one client", metadata: ["client": "\(address)"])
            return finish(session.end(.tooManyOfClient))
        }
        if session.phase != .securing { say(session.greeting) }
        flush()
        setAlarm()
    }

    /// The client's address, "" where it has none. A Unix socket that only the proxy has seen is not "unix" in our list.
    private func peer(_ context: ChannelHandlerContext) -> (address: String, mayBeTrusted: Bool) {
        switch source {
        case .address(let address): return (address, true)
        case .unix: return ("", false)
        case .proxy: return (SMTPConnection.address(context.channel), true)
        }
    }

    private func secured(_ context: ChannelHandlerContext) {
        guard session.phase == .securing else { return }
        clock.handshakeEnd = nil
        clock.idleSince = context.eventLoop.now
        session.secured()
        if door.offers.beginsWithTLS {
            say(session.greeting)
            flush()
        }
        setAlarm()
    }

    /// From here on every octet that comes from the socket goes through TLS first, and what came before has been read:
    /// the session refuses whatever stood behind STARTTLS.
    private func startTLS(_ reply: Reply) {
        guard let context, let tls = door.tls else { return }
        say(reply)
        flush()
        input = ByteBuffer()
        do {
            try context.pipeline.syncOperations.addHandler(tls.handler(), position: .first)
            clock.beginHandshake(context.eventLoop.now)
            setAlarm()
        } catch {
            door.logger.error("TLS cannot begin", metadata: ["reason": "\(error)"])
            context.close(promise: nil)
        }
    }

    // MARK: Work

    private func work() {
        guard let context else { return }
        // A command that comes octet by octet is silence until it is whole; a message has a limit of its own.
        var isAlive = session.phase == .receiving
        while context.channel.isWritable, follow(session.next(from: &input)) {
            isAlive = true
            if isStopping, session.phase == .commands, !session.isTakingMessage {
                return finish(session.end(.stopping))
            }
        }
        if isAlive { clock.idleSince = context.eventLoop.now }
    }

    /// Does what the session wants.
    /// - Returns: false where there is nothing more to do for now.
    @discardableResult
    private func follow(_ action: ServerSession.Action) -> Bool {
        watchMessage()
        switch action {
        case .needMore:
            tidyInput()
            return false
        case .reply(let reply): say(reply)
        case .replies(let replies): for reply in replies { say(reply) }
        case .replyAndClose(let reply):
            finish(reply)
            return false
        case .message(let transaction):
            awaitAnswer(Int64(limits.replySeconds))
            events.yield(.message(transaction))
        case .checkLogin(let input):
            awaitAnswer(Clock.loginSeconds)
            events.yield(.login(input))
        case .startTLS(let reply): startTLS(reply)
        }
        return true
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
        case .commands, .receiving, .securing: context.channel.isWritable
        case .checking, .waiting, .closed: false
        }
    }

    private func tidyInput() {
        if input.readableBytes == 0 {
            input = ByteBuffer()
        } else if input.readerIndex > Self.consumedBytes {
            input.discardReadBytes()
        }
    }

    private func say(_ reply: Reply) {
        door.metrics.replied(reply.code)
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
    func finish(_ reply: Reply) {
        guard let context, clock.farewellEnd == nil else { return }
        input = ByteBuffer()
        clock.beginFarewell(context.eventLoop.now)
        door.metrics.replied(reply.code)
        reply.encode(into: &output)
        let written = context.eventLoop.makePromise(of: Void.self)
        let channel = context.channel
        written.futureResult.whenComplete { _ in channel.close(promise: nil) }
        flush(written)
        setAlarm()
    }
}
