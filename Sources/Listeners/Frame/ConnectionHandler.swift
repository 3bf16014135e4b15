// One connection on its event loop: runs a machine over the channel, with back-pressure and one alarm.
// Takes bytes and decisions; gives words and, through a stream, what has to be decided. Touches its own socket.
// Everything here runs on the event loop; only `Connection` is seen from outside.
//
// Nothing is read from the socket but what the machine lets in, nor while the other side does not take our words, so it
// can make us hold at most one message and a few reads.

import Certificates
package import Logging
package import NIOCore

/// The handler at the end of the pipeline of a connection.
package final class ConnectionHandler<Machine: ConnectionMachine>: ChannelDuplexHandler {
    /// Bytes of the other side.
    package typealias InboundIn = ByteBuffer
    /// Nothing is written through this handler but its own words.
    package typealias OutboundIn = ByteBuffer
    /// Words for the other side.
    package typealias OutboundOut = ByteBuffer

    /// Words are handed to the socket at this size even where more input waits, in bytes.
    private static var outputBytes: Int { 16 * 1024 }
    /// Consumed bytes in front of a rest of input that are kept at most.
    private static var consumedBytes: Int { 16 * 1024 }

    private(set) var machine: Machine
    private let logger: Logger
    private let events: AsyncStream<Machine.Event>.Continuation
    private var context: ChannelHandlerContext?
    private var input = ByteBuffer()
    private var output = ByteBuffer()
    private var isReadWanted = false
    private var isClosing = false
    /// True once the channel has been told to close at once; TLS may keep it for a while yet.
    private var isDropped = false
    private var alarm: (at: NIODeadline, task: Scheduled<Void>)?

    /// - Parameter events: gets what has to be decided; finished when the connection is gone.
    package init(_ machine: Machine, logger: Logger, events: AsyncStream<Machine.Event>.Continuation) {
        self.machine = machine
        self.logger = logger
        self.events = events
    }

    // MARK: What the channel tells

    /// Remembers the pipeline it stands in.
    package func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    /// Ends the stream of events and the alarm.
    package func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        alarm?.task.cancel()
        alarm = nil
        machine.ended()
        events.finish()
    }

    /// The machine begins; its clocks start here.
    package func channelActive(context: ChannelHandlerContext) {
        let address = ConnectionAddress.of(context.channel)
        run { machine, step in machine.begin(address: address, &step) }
        flush()
        setAlarm()
        context.fireChannelActive()
    }

    /// The other side has gone: nothing more to decide.
    package func channelInactive(context: ChannelHandlerContext) {
        events.finish()
        context.fireChannelInactive()
    }

    /// Bytes of the other side, however they are cut.
    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !machine.isClosed else { return }
        var read = unwrapInboundIn(data)
        machine.heard(context.eventLoop.now)
        if input.readableBytes == 0 {
            input = read
        } else {
            input.writeBuffer(&read)
        }
        work()
        setAlarm()
    }

    /// All that was read has been followed: the words go out together.
    package func channelReadComplete(context: ChannelHandlerContext) {
        flush()
        context.fireChannelReadComplete()
    }

    /// The other side takes words again: goes on where it stopped.
    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            goOn()
            setAlarm()
        }
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

    /// What a handler in front says goes to the machine.
    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        run { machine, step in machine.told(event, &step) }
        flush()
        setAlarm()
        context.fireUserInboundEventTriggered(event)
    }

    /// A reset of the connection, a failed handshake and the like: there is nobody to tell.
    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        machine.failed(error)
        context.close(promise: nil)
    }

    // MARK: What the connection's task asks for

    /// True while the other side is there.
    var isActive: Bool { context?.channel.isActive ?? false }

    /// Has the machine do something from outside, and goes on from there.
    /// - Returns: done once its words have been given to the socket; nil where the connection has gone.
    @discardableResult
    func perform(_ body: (inout Machine, inout ConnectionStep<Machine.Event>) -> Void) -> EventLoopFuture<Void>? {
        guard let context, context.channel.isActive else { return nil }
        let written = context.eventLoop.makePromise(of: Void.self)
        run(written, body)
        goOn()
        setAlarm()
        return written.futureResult
    }

    /// The server stops: see ``ConnectionMachine/stop(_:)``.
    package func stop() {
        guard context != nil else { return }
        run { machine, step in machine.stop(&step) }
        flush()
        setAlarm()
    }

    // MARK: Work

    private func work() {
        guard let context else { return }
        while !isClosing, context.channel.isWritable {
            var goesOn = false
            run { machine, step in goesOn = machine.read(&step) }
            if !goesOn { return tidyInput() }
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
        machine.mayRead(isWritable: context.channel.isWritable, holdsInput: input.readableBytes > 0)
    }

    /// Does what a step of the machine wants.
    /// - Parameter written: kept once the step's words have been given to the socket.
    private func run(
        _ written: EventLoopPromise<Void>? = nil,
        _ body: (inout Machine, inout ConnectionStep<Machine.Event>) -> Void
    ) {
        guard let context else {
            written?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        var step = ConnectionStep<Machine.Event>(now: context.eventLoop.now, input: input, output: output)
        // The step is the only owner meanwhile, so that nothing is copied.
        input = ByteBuffer()
        output = ByteBuffer()
        body(&machine, &step)
        input = step.input
        output = step.output
        if let closing = step.closing { return close(context, closing, written) }
        if let written { flush(written) } else if output.readableBytes > Self.outputBytes { flush() }
        if let tls = step.tls { begin(tls, context) }
        for event in step.events { events.yield(event) }
    }

    private func close(
        _ context: ChannelHandlerContext, _ closing: ConnectionStep<Machine.Event>.Closing,
        _ written: EventLoopPromise<Void>?
    ) {
        isClosing = true
        input = ByteBuffer()
        switch closing {
        case .atOnce:
            isDropped = true
            flush(written)
            context.close(promise: nil)
        case .afterWriting:
            let last = written ?? context.eventLoop.makePromise(of: Void.self)
            let channel = context.channel
            last.futureResult.whenComplete { _ in channel.close(promise: nil) }
            flush(last)
        }
    }

    /// From here on every octet that comes from the socket goes through TLS first.
    private func begin(_ tls: TLSIdentity, _ context: ChannelHandlerContext) {
        flush()
        do {
            try context.pipeline.syncOperations.addHandler(tls.handler(), position: .first)
        } catch {
            logger.error("TLS cannot begin", metadata: ["reason": "\(error)"])
            context.close(promise: nil)
        }
    }

    private func tidyInput() {
        if input.readableBytes == 0 {
            input = ByteBuffer()
        } else if input.readerIndex > Self.consumedBytes {
            input.discardReadBytes()
        }
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

    // MARK: Time

    /// Sets the alarm only where it would ring too late, so that a read costs no timer.
    private func setAlarm() {
        guard !isDropped, let context, let deadline = machine.deadline else { return }
        if let alarm {
            if alarm.at <= deadline { return }
            alarm.task.cancel()
        }
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        alarm = (deadline, context.eventLoop.scheduleTask(deadline: deadline) { handler.value.ring() })
    }

    private func ring() {
        alarm = nil
        run { machine, step in machine.ring(&step) }
        flush()
        setAlarm()
    }
}

/// The other end of a connection.
enum ConnectionAddress {
    /// Its address without port, or "" for a Unix socket.
    static func of(_ channel: any Channel) -> String {
        let address = channel.remoteAddress?.ipAddress ?? ""
        // An IPv4 client of a socket that listens on all of IPv6.
        return address.hasPrefix("::ffff:") && address.contains(".") ? String(address.dropFirst(7)) : address
    }
}
