// What a connection's task sees of its connection. Touches its own socket, through the event loop; never throws.

import Logging
import NIOCore

/// One accepted connection: what has to be decided of it, and where the decisions go.
package struct Connection<Machine: ConnectionMachine>: Sendable {
    /// One at a time: the next comes only after the answer. Ends when the connection has gone.
    let events: AsyncStream<Machine.Event>
    /// Where the connection's task runs.
    let executor: LoopExecutor
    let channel: any Channel
    let handler: NIOLoopBound<ConnectionHandler<Machine>>

    /// Puts the handler into the pipeline of an accepted channel; call it on its event loop.
    init(_ channel: any Channel, _ machine: Machine, logger: Logger) throws {
        let (events, continuation) = AsyncStream.makeStream(of: Machine.Event.self)
        let handler = ConnectionHandler(machine, logger: logger, events: continuation)
        try channel.pipeline.syncOperations.addHandler(handler)
        self.events = events
        self.executor = LoopExecutor(channel.eventLoop)
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    /// False once the other side has gone.
    var isOpen: Bool { channel.isActive }

    /// The server stops: see ``ConnectionMachine/stop(_:)``.
    func stop() {
        let handler = handler
        channel.eventLoop.execute { handler.value.stop() }
    }

    /// Drops the connection at once.
    func close() { channel.close(promise: nil) }
}
