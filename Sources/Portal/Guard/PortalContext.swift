// What is known of a request beside itself: the connection it came by. Only the outer layers see it; the routes get a
// plain context, and learn nothing of the client.

import Hummingbird
import NIOCore

/// Context of the outer layers.
struct PortalContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Address of the socket's other end, "" for a Unix socket.
    let peer: String
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress?.ipAddress ?? ""
        channel = source.channel
    }

    /// For the router; it notes the route's template where this context sees it too.
    var plain: BasicRequestContext {
        var context = BasicRequestContext(
            source: ApplicationRequestContextSource(channel: channel, logger: logger))
        context.coreContext = coreContext
        return context
    }
}
