// What a connection's task sees of its milter connection. Touches its own socket, through the event loop; never throws.

import Logging
import Mail
import Milter
import NIOCore

/// One accepted milter connection: its messages, and where their answers go.
struct MilterConnection: Sendable {
    /// Whole messages, one at a time: the next comes only after the answer. Ends when the connection has gone.
    let transactions: AsyncStream<MilterSession.Transaction>
    /// Where the connection's task runs.
    let executor: LoopExecutor
    private let channel: any Channel
    private let handler: NIOLoopBound<MilterChannelHandler>

    /// Puts the handler into the pipeline of an accepted channel; call it on its event loop.
    init(_ channel: any Channel, _ configuration: MilterListenerConfiguration, logger: Logger) throws {
        let (transactions, continuation) = AsyncStream.makeStream(of: MilterSession.Transaction.self)
        let handler = MilterChannelHandler(configuration: configuration, logger: logger, transactions: continuation)
        try channel.pipeline.syncOperations.addHandler(handler)
        self.transactions = transactions
        self.executor = LoopExecutor(channel.eventLoop)
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    /// False once the MTA has gone.
    var isOpen: Bool { channel.isActive }

    /// Writes the answer to the message taken last, as fast as the MTA takes it.
    /// - Returns: true once the last word has been given to the socket and was what `verdict` says.
    func answer(_ verdict: MilterVerdict, logger: Logger) async -> Bool {
        let handler = handler
        let eventLoop = channel.eventLoop
        let begun = try? await eventLoop.submit { handler.value.beginAnswer(verdict) }.get()
        guard var writer = begun ?? nil else { return false }
        var isWritten = true
        while isWritten, let batch = writer.next() {
            let written = eventLoop.flatSubmit {
                handler.value.write(batch) ?? eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
            }
            isWritten = (try? await written.get()) != nil
        }
        eventLoop.execute { handler.value.endAnswer() }
        if let failure = writer.failure {
            logger.error("the sealed body cannot be read back", metadata: ["reason": "\(failure.detail)"])
        }
        return isWritten && writer.failure == nil
    }

    /// The server stops: see ``MilterChannelHandler/stop()``.
    func stop() {
        let handler = handler
        channel.eventLoop.execute { handler.value.stop() }
    }

    /// Drops the connection at once.
    func close() { channel.close(promise: nil) }
}
