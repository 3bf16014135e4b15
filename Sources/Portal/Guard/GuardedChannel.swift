// What stands in front of HTTP on each connection: TLS, and a deadline until which the head of a request has to be
// there, so that nobody holds a connection by sending it letter by letter. The deadline runs from the start of the
// connection (the TLS handshake counts) and from the end of each answer. Of the connections of one network that have
// not sent a whole head yet, only so many are kept.

import Certificates
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// Wraps the channels of an HTTP server.
struct GuardedChannel<Base: ServerChildChannel>: ServerChildChannel {
    typealias Value = Base.Value

    let base: Base
    /// nil: no TLS.
    let identity: TLSIdentity?
    let headSeconds: Int
    let waiting: WaitingConnections

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let identity { try pipeline.addHandler(identity.handler()) }
            try pipeline.addHandler(HeadDeadline(seconds: Int64(headSeconds), waiting: waiting))
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }
    }

    func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

/// Connections that have sent no whole request head yet, by network.
final class WaitingConnections: Sendable {
    private let most: Int
    private let counts = Mutex<[ClientNetwork: Int]>([:])

    /// - Parameter most: of one network.
    init(most: Int) { self.most = max(1, most) }

    /// - Returns: false where the network has too many.
    func enter(_ network: ClientNetwork) -> Bool {
        counts.withLock { counts in
            guard counts[network, default: 0] < most else { return false }
            counts[network, default: 0] += 1
            return true
        }
    }

    func leave(_ network: ClientNetwork) {
        counts.withLock { counts in
            guard let count = counts[network] else { return }
            counts[network] = count > 1 ? count - 1 : nil
        }
    }
}

/// Closes a connection whose next request head does not come in time. Used on its event loop only.
private final class HeadDeadline: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let seconds: Int64
    private let waiting: WaitingConnections
    private var network: ClientNetwork?
    private var deadline: Scheduled<Void>?
    private var unsent = 0
    /// LF and CR seen at the end of what came in: two ends of lines in a row end a head (RFC 9112 section 2.1).
    private var lineEnds = 0

    init(seconds: Int64, waiting: WaitingConnections) {
        self.seconds = seconds
        self.waiting = waiting
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let network = ClientNetwork(context.channel.remoteAddress?.ipAddress ?? "")
        guard waiting.enter(network) else {
            context.close(promise: nil)
            return
        }
        self.network = network
        start(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        leave()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if deadline != nil, headEnds(in: unwrapInboundIn(data)) {
            stop()
            leave()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let promise = promise ?? context.eventLoop.makePromise(of: Void.self)
        unsent += 1
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        promise.futureResult.whenComplete { _ in
            let (handler, context) = bound.value
            handler.unsent -= 1
            if handler.unsent == 0, context.channel.isActive { handler.start(context) }
        }
        context.write(data, promise: promise)
    }

    private func start(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        lineEnds = 0
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: .seconds(seconds)) {
            let (handler, context) = bound.value
            // A reader that is slow to take an answer is not one that is slow to ask.
            guard handler.unsent == 0 else { return }
            context.close(promise: nil)
        }
    }

    private func stop() {
        deadline?.cancel()
        deadline = nil
    }

    private func leave() {
        if let network { waiting.leave(network) }
        network = nil
    }

    private func headEnds(in bytes: ByteBuffer) -> Bool {
        for byte in bytes.readableBytesView {
            if byte == 10 {
                lineEnds += 1
                if lineEnds == 2 {
                    lineEnds = 0
                    return true
                }
            } else if byte != 13 {
                lineEnds = 0
            }
        }
        return false
    }
}
