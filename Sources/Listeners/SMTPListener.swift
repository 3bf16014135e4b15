// The SMTP door: accepts connections and runs one task for each, until it is told to stop.
// Takes a configuration and the handler of messages; gives nothing. Touches: accepted sockets, its own socket's file.
// Fails (from `bind` and `run`) with a ListenError where it cannot listen; a connection's failure is its own.
//
// Stopping (graceful shutdown): no new connections; idle clients get 421; a message that is being handled is handled to
// its end and answered. Cancelling drops what is left.

import Glibc
package import Logging
package import Mail
package import NIOCore
import NIOPosix
import SMTP
import ServiceLifecycle
import Synchronization

/// A server for SMTP on one address.
package final class SMTPListener: Service {
    /// Up to here reading, judging and sealing take about a millisecond of the event loop.
    private static let smallBytes = 128 * 1024

    private struct Door {
        var channel: any Channel
        var file: ListeningSocket.File?
        var connections: AsyncStream<SMTPConnection>
    }

    private let configuration: ListenerConfiguration
    private let handler: any MessageHandler
    private let logger: Logger
    private let group: any EventLoopGroup
    private let count: ConnectionCount
    private let door = Mutex<Door?>(nil)

    /// - Parameters:
    ///   - handler: gets every whole message.
    ///   - group: event loops of the caller; it shuts them down after ``run()`` has returned.
    package init(
        configuration: ListenerConfiguration, handler: any MessageHandler, logger: Logger, group: any EventLoopGroup
    ) {
        self.configuration = configuration
        self.handler = handler
        self.logger = logger
        self.group = group
        self.count = ConnectionCount(limit: configuration.limits.connections)
    }

    /// Where it listens, with the port the system chose; nil before ``bind()``.
    package var boundAddress: HostPort? {
        door.withLock { $0 }.map { ListeningSocket.boundAddress($0.channel, asked: configuration.address) }
    }

    /// Starts listening; connections are greeted from here on, and their messages wait for ``run()``. Call it before
    /// `run` to know at once whether the address can be had; `run` calls it where nobody did.
    package func bind() async throws(ListenError) {
        guard door.withLock({ $0 == nil }) else { return }
        let (connections, continuation) = AsyncStream.makeStream(of: SMTPConnection.self)
        let (channel, file) = try await ListeningSocket.open(bootstrap(continuation), configuration.address)
        channel.closeFuture.whenComplete { _ in continuation.finish() }
        door.withLock { $0 = Door(channel: channel, file: file, connections: connections) }
        logger.info("listening", metadata: ["address": "\(boundAddress ?? configuration.address)"])
    }

    /// Serves until graceful shutdown or cancellation.
    package func run() async throws {
        try await bind()
        guard let door = door.withLock({ $0 }) else { return }  // unreachable
        let channel = door.channel
        await withTaskCancellationOrGracefulShutdownHandler {
            await withDiscardingTaskGroup { tasks in
                for await connection in door.connections {
                    tasks.addTask(executorPreference: connection.executor) { await self.serve(connection) }
                }
            }
        } onCancelOrGracefulShutdown: {
            channel.close(promise: nil)
        }
        if let file = door.file { ListeningSocket.remove(file) }
        logger.info("stopped listening", metadata: ["address": "\(configuration.address)"])
    }

    private func bootstrap(_ connections: AsyncStream<SMTPConnection>.Continuation) -> ServerBootstrap {
        let configuration = configuration
        let count = count
        let logger = logger
        let bootstrap = ServerBootstrap(group: group).serverChannelOption(.backlog, value: 256)
        let base =
            configuration.address.isTCP
            ? bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            : bootstrap
        return
            base.childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard count.enter() else {
                        logger.info("too many connections", metadata: ["limit": "\(configuration.limits.connections)"])
                        let handler = FullHouseHandler(hostname: configuration.hostname)
                        try channel.pipeline.syncOperations.addHandler(handler)
                        return
                    }
                    channel.closeFuture.whenComplete { _ in count.leave() }
                    let connection = try SMTPConnection(channel, configuration)
                    if case .terminated = connections.yield(connection) { connection.close() }
                }
            }
    }

    /// The whole life of one connection.
    private func serve(_ connection: SMTPConnection) async {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                for await transaction in connection.transactions {
                    // Whoever has gone before we began will send it again: handling it now would only deliver it twice.
                    guard connection.isOpen else { break }
                    await handle(transaction, of: connection)
                }
            } onGracefulShutdown: {
                connection.stop()
            }
        } onCancel: {
            connection.close()
        }
    }

    /// A message is handled to its end even where the client goes away meanwhile: half of it may have been delivered.
    private func handle(_ transaction: ServerSession.Transaction, of connection: SMTPConnection) async {
        let id = MessageID.make()
        let origin = ReceivedMessage.Origin(
            id: id, clientName: transaction.clientName, clientAddress: connection.clientAddress,
            protocolName: transaction.protocolName)
        let message = ReceivedMessage(
            envelope: transaction.envelope, bytes: transaction.bytes, origin: origin,
            receivedAtSeconds: Int64(time(nil)))
        let handled = await answer(to: message)
        if await connection.answer(handled.refusal, id: id) {
            await handled.replyWritten()
        } else {
            logger.notice("the client went away before the reply", metadata: ["id": "\(id)"])
        }
    }

    /// Small messages are handled on the event loop; the work on large ones would keep its other connections waiting.
    private func answer(to message: ReceivedMessage) async -> HandledMessage {
        guard message.bytes.count > Self.smallBytes else { return await handler.handle(message) }
        return await withTaskExecutorPreference(globalConcurrentExecutor) { await handler.handle(message) }
    }
}
