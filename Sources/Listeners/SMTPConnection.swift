// What a connection's task sees of its connection. Touches its own socket, through the event loop; never throws.

import Mail
import NIOCore
import SMTP

/// One accepted SMTP connection: its messages, and where their answers go.
struct SMTPConnection: Sendable {
    /// Whole messages, one at a time: the next comes only after the answer. Ends when the connection has gone.
    let transactions: AsyncStream<ServerSession.Transaction>
    /// The client's address without port, or "" for a Unix socket.
    let clientAddress: String
    /// Where the connection's task runs.
    let executor: LoopExecutor
    private let channel: any Channel
    private let handler: NIOLoopBound<SMTPChannelHandler>

    /// Puts the handler into the pipeline of an accepted channel; call it on its event loop.
    init(_ channel: any Channel, _ configuration: ListenerConfiguration) throws {
        let (transactions, continuation) = AsyncStream.makeStream(of: ServerSession.Transaction.self)
        let handler = SMTPChannelHandler(configuration: configuration, transactions: continuation)
        try channel.pipeline.syncOperations.addHandler(handler)
        self.transactions = transactions
        self.executor = LoopExecutor(channel.eventLoop)
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        let address = channel.remoteAddress?.ipAddress ?? ""
        // An IPv4 client of a socket that listens on all of IPv6.
        self.clientAddress =
            address.hasPrefix("::ffff:") && address.contains(".") ? String(address.dropFirst(7)) : address
    }

    /// False once the client has gone.
    var isOpen: Bool { channel.isActive }

    /// Writes the answer to the message taken last.
    /// - Returns: true once the reply has been given to the socket.
    func answer(_ refusal: Refusal?, id: String) async -> Bool {
        let handler = handler
        let eventLoop = channel.eventLoop
        let written = eventLoop.flatSubmit {
            handler.value.answer(refusal, id: id) ?? eventLoop.makeSucceededFuture(false)
        }
        return (try? await written.get()) ?? false
    }

    /// The server stops: see ``SMTPChannelHandler/stop()``.
    func stop() {
        let handler = handler
        channel.eventLoop.execute { handler.value.stop() }
    }

    /// Drops the connection at once.
    func close() { channel.close(promise: nil) }
}
