// What a connection's task sees of its connection. Touches its own socket, through the event loop; never throws.

import Certificates
import Mail
import NIOCore
package import SMTP

/// Something of a connection that has to be decided elsewhere; nothing more comes before the decision.
package enum SMTPEvent: Sendable {
    /// A whole message.
    case message(ServerSession.Transaction)
    /// A word of a log-in.
    case login(ServerSession.LoginInput)
}

/// One accepted SMTP connection: its messages and log-ins, and where their answers go.
struct SMTPConnection: Sendable {
    /// One at a time: the next comes only after the answer. Ends when the connection has gone.
    let events: AsyncStream<SMTPEvent>
    /// Where the connection's task runs.
    let executor: LoopExecutor
    private let channel: any Channel
    private let handler: NIOLoopBound<SMTPChannelHandler>

    /// Puts the handlers into the pipeline of an accepted channel; call it on its event loop.
    init(_ channel: any Channel, _ door: SMTPDoor) throws {
        let (events, continuation) = AsyncStream.makeStream(of: SMTPEvent.self)
        let handler = SMTPChannelHandler(door: door, events: continuation)
        let pipeline = channel.pipeline.syncOperations
        if door.configuration.proxyPeers.contains(Self.address(channel)) {
            try pipeline.addHandler(ProxyHandler(logger: door.logger))
        }
        if let tls = door.tls, door.offers.beginsWithTLS { try pipeline.addHandler(tls.handler()) }
        try pipeline.addHandler(handler)
        self.events = events
        self.executor = LoopExecutor(channel.eventLoop)
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    /// The address of the other end without port, or "" for a Unix socket.
    static func address(_ channel: any Channel) -> String {
        let address = channel.remoteAddress?.ipAddress ?? ""
        // An IPv4 client of a socket that listens on all of IPv6.
        return address.hasPrefix("::ffff:") && address.contains(".") ? String(address.dropFirst(7)) : address
    }

    /// False once the client has gone.
    var isOpen: Bool { channel.isActive }

    /// Writes the answer to the message taken last.
    /// - Returns: true once the reply has been given to the socket.
    func answer(_ handled: HandledMessage, id: String) async -> Bool {
        let handler = handler
        let eventLoop = channel.eventLoop
        let refusal = handled.refusal
        let recipientRefusals = handled.recipientRefusals
        let heldRecipients = handled.heldRecipients
        let written = eventLoop.flatSubmit {
            handler.value.answer(
                refusal, recipientRefusals: recipientRefusals, heldRecipients: heldRecipients, id: id)
                ?? eventLoop.makeSucceededFuture(false)
        }
        return (try? await written.get()) ?? false
    }

    /// Goes on with the log-in.
    func answer(_ answer: ServerSession.LoginAnswer) {
        let handler = handler
        channel.eventLoop.execute { handler.value.loginAnswer(answer) }
    }

    /// The server stops: see ``SMTPChannelHandler/stop()``.
    func stop() {
        let handler = handler
        channel.eventLoop.execute { handler.value.stop() }
    }

    /// Drops the connection at once.
    func close() { channel.close(promise: nil) }
}
