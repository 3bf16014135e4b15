// Waits for the PROXY header of a named proxy before anything else sees the connection. Touches its own socket.
//
// Until the header has come, the handlers behind do not learn that the connection is there: no greeting, no TLS. The
// header is asked for only where the peer is named, and there always: what a client behind it sends cannot be taken for
// one, because the proxy's own header comes first.

import Logging
import NIOCore

/// Takes the header off, tells who the client is, and leaves the pipeline.
final class ProxyHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// How long a proxy may take; it has the header before it connects.
    static let headerSeconds: Int64 = 10

    private let logger: Logger
    private var input = ByteBuffer()
    private var alarm: Scheduled<Void>?

    init(logger: Logger) { self.logger = logger }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        let logger = logger
        alarm = context.eventLoop.scheduleTask(in: .seconds(Self.headerSeconds)) {
            logger.notice("no PROXY header came in time")
            channel.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { alarm?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var read = unwrapInboundIn(data)
        input.writeBuffer(&read)
        switch ProxyHeader.read(from: &input) {
        case .needMore: break
        case .malformed(let why):
            logger.notice("a connection without a PROXY header", metadata: ["reason": "\(why)"])
            input.clear()
            context.close(promise: nil)
        case .header(let source):
            alarm?.cancel()
            context.fireUserInboundEventTriggered(source)
            context.fireChannelActive()
            if input.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(input)) }
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
    }
}
