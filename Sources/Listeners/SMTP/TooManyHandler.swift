// The whole dialogue with a client that is one too many: 421 and good-bye. Touches its own socket.

import NIOCore
import SMTP

/// Writes the refusal and closes; reads nothing.
final class TooManyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let hostname: String

    init(hostname: String) { self.hostname = hostname }

    func channelActive(context: ChannelHandlerContext) {
        var bytes = ByteBuffer()
        ServerSession.tooManyConnections(hostname: hostname).encode(into: &bytes)
        let channel = context.channel
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { _ in channel.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: written)
    }
}
