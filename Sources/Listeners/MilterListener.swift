// The milter door: accepts connections of MTAs and runs one task for each, until it is told to stop.
// Takes a configuration and the handler of messages; gives nothing. Touches: accepted sockets, its own socket's file.
// Fails (from `bind` and `run`) with a ListenError where it cannot listen; a connection's failure is its own.
//
// Stopping (graceful shutdown): no new connections; connections without a message are closed; a message that is being
// handled is handled to its end and answered. Cancelling drops what is left.

import Glibc
package import Logging
package import Mail
import Milter
package import NIOCore
import NIOPosix
import ServiceLifecycle
import SettingValues
import Synchronization

/// A server for the milter protocol on one address.
package final class MilterListener: Service {
    /// Up to here reading, judging and sealing take about a millisecond of the event loop.
    private static let smallBytes = 128 * 1024

    private struct Door {
        var channel: any Channel
        var file: ListeningSocket.File?
        var connections: AsyncStream<MilterConnection>
    }

    private let configuration: MilterListenerConfiguration
    private let handler: any MilterHandler
    private let logger: Logger
    private let group: any EventLoopGroup
    private let count: ConnectionCount
    private let door = Mutex<Door?>(nil)

    /// - Parameters:
    ///   - handler: gets every whole message.
    ///   - group: event loops of the caller; it shuts them down after ``run()`` has returned.
    package init(
        configuration: MilterListenerConfiguration, handler: any MilterHandler, logger: Logger,
        group: any EventLoopGroup
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

    /// Starts listening; messages wait for ``run()``. Call it before `run` to know at once whether the address can be had;
    /// `run` calls it where nobody did.
    package func bind() async throws(ListenError) {
        guard door.withLock({ $0 == nil }) else { return }
        let (connections, continuation) = AsyncStream.makeStream(of: MilterConnection.self)
        let (channel, file) = try await ListeningSocket.open(bootstrap(continuation), configuration.address)
        channel.closeFuture.whenComplete { _ in continuation.finish() }
        door.withLock { $0 = Door(channel: channel, file: file, connections: connections) }
        logger.info("listening", metadata: ["milter": "\(boundAddress ?? configuration.address)"])
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
        logger.info("stopped listening", metadata: ["milter": "\(configuration.address)"])
    }

    private func bootstrap(_ connections: AsyncStream<MilterConnection>.Continuation) -> ServerBootstrap {
        let configuration = configuration
        let count = count
        let logger = logger
        let bootstrap = ServerBootstrap(group: group).serverChannelOption(.backlog, value: 256)
        let base =
            configuration.address.isTCP
            ? bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            : bootstrap
        return base.childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                guard count.enter() else {
                    // The protocol has no words for it; what the MTA does now is its `milter_default_action`.
                    logger.warning("too many connections", metadata: ["limit": "\(configuration.limits.connections)"])
                    channel.close(promise: nil)
                    return
                }
                DoorMetrics.milter.opened()
                channel.closeFuture.whenComplete { _ in
                    count.leave()
                    DoorMetrics.milter.closed()
                }
                let connection = try MilterConnection(channel, configuration, logger: logger)
                if case .terminated = connections.yield(connection) { connection.close() }
            }
        }
    }

    /// The whole life of one connection.
    private func serve(_ connection: MilterConnection) async {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                for await transaction in connection.transactions {
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

    /// A message is handled to its end even where the MTA goes away meanwhile: half of it may have been delivered.
    private func handle(_ transaction: MilterSession.Transaction, of connection: MilterConnection) async {
        // The MTA's own id, so that its log and ours speak of the same message.
        let id = transaction.queueID ?? MessageID.make()
        var origin = ReceivedMessage.Origin(
            id: id, clientName: transaction.clientName, clientAddress: transaction.clientAddress,
            protocolName: transaction.protocolName, door: .milter, user: transaction.user)
        origin.listener = configuration.address.description
        let message = ReceivedMessage(
            envelope: transaction.envelope, bytes: transaction.bytes, origin: origin,
            receivedAtSeconds: Int64(time(nil)))
        let answer = await find(message)
        if await connection.answer(answer.verdict, logger: logger) {
            await answer.answerWritten()
        } else {
            logger.notice("the MTA went away before the answer", metadata: ["id": "\(id)"])
        }
    }

    /// Small messages are handled on the event loop; the work on large ones would keep its other connections waiting.
    private func find(_ message: ReceivedMessage) async -> MilterAnswer {
        guard message.bytes.count > Self.smallBytes else { return await handler.handle(message) }
        return await withTaskExecutorPreference(globalConcurrentExecutor) { await handler.handle(message) }
    }
}
