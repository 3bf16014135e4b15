// Waits for the PROXY header of a named proxy before anything else sees the connection. Touches its own socket.
//
// Until the header has come, the handlers behind do not learn that the connection is there: no greeting, no TLS. The
// header is asked for only where the peer is named, and there always: what a client behind it sends cannot be taken for
// one, because the proxy's own header comes first.

package import Logging
package import NIOCore

/// Takes the header off, tells who the client is, and leaves the pipeline.
package final class ProxyHandler: ChannelInboundHandler, RemovableChannelHandler {
    /// Bytes of the proxy, then of the client.
    package typealias InboundIn = ByteBuffer
    /// Bytes of the client.
    package typealias InboundOut = ByteBuffer

    /// How long a proxy may take; it has the header before it connects.
    package static let headerSeconds: Int64 = 10

    private let logger: Logger
    private var input = ByteBuffer()
    private var alarm: Scheduled<Void>?

    /// - Parameter logger: is told of connections without a header.
    package init(logger: Logger) { self.logger = logger }

    /// The alarm is set; nobody behind learns of the connection yet.
    package func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        let logger = logger
        alarm = context.eventLoop.scheduleTask(in: .seconds(Self.headerSeconds)) {
            logger.notice("no PROXY header came in time")
            channel.close(promise: nil)
        }
    }

    /// The alarm is of no interest any more.
    package func handlerRemoved(context: ChannelHandlerContext) { alarm?.cancel() }

    /// Collects the header; what follows it goes on.
    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
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
