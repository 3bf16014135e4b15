// The SMTP and LMTP door: accepts connections and runs one task for each, until it is told to stop.
// Takes a configuration and the handler of messages; gives nothing. Touches: accepted sockets, its own socket's file, the
// files of its certificate. Fails (from `bind` and `run`) with a ListenError where it cannot listen; a connection's
// failure is its own.
//
// Stopping (graceful shutdown): no new connections; idle clients get 421; a message that is being handled is handled to
// its end and answered. Cancelling drops what is left.

import Glibc
package import Logging
package import Mail
package import NIOCore
import NIOPosix
import SettingValues
import SMTP
import ServiceLifecycle
import Synchronization

/// A server for SMTP or LMTP on one address.
package final class SMTPListener: Service {
    /// Up to here reading, judging and sealing take about a millisecond of the event loop.
    private static let smallBytes = 128 * 1024

    private struct Socket {
        var channel: any Channel
        var file: ListeningSocket.File?
        var connections: AsyncStream<SMTPConnection>
    }

    private let configuration: ListenerConfiguration
    private let handler: any MessageHandler
    private let logger: Logger
    private let group: any EventLoopGroup
    private let socket = Mutex<Socket?>(nil)

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
    }

    /// Where it listens, with the port the system chose; nil before ``bind()``.
    package var boundAddress: HostPort? {
        socket.withLock { $0 }.map { ListeningSocket.boundAddress($0.channel, asked: configuration.address) }
    }

    /// Starts listening; connections are greeted from here on, and their messages wait for ``run()``. Call it before
    /// `run` to know at once whether the address can be had; `run` calls it where nobody did.
    /// - Throws: where it cannot listen, or the certificate and key cannot be used.
    package func bind() async throws(ListenError) {
        guard socket.withLock({ $0 == nil }) else { return }
        let door = try SMTPDoor(configuration, logger: logger)
        let (connections, continuation) = AsyncStream.makeStream(of: SMTPConnection.self)
        let (channel, file) = try await ListeningSocket.open(bootstrap(door, continuation), configuration.address)
        channel.closeFuture.whenComplete { _ in continuation.finish() }
        socket.withLock { $0 = Socket(channel: channel, file: file, connections: connections) }
        logger.info("listening", metadata: ["address": "\(boundAddress ?? configuration.address)"])
    }

    /// Serves until graceful shutdown or cancellation.
    package func run() async throws {
        try await bind()
        guard let socket = socket.withLock({ $0 }) else { return }  // unreachable
        let channel = socket.channel
        await withTaskCancellationOrGracefulShutdownHandler {
            await withDiscardingTaskGroup { tasks in
                for await connection in socket.connections {
                    tasks.addTask(executorPreference: connection.executor) { await self.serve(connection) }
                }
            }
        } onCancelOrGracefulShutdown: {
            channel.close(promise: nil)
        }
        if let file = socket.file { ListeningSocket.remove(file) }
        logger.info("stopped listening", metadata: ["address": "\(configuration.address)"])
    }

    private func bootstrap(
        _ door: SMTPDoor, _ connections: AsyncStream<SMTPConnection>.Continuation
    ) -> ServerBootstrap {
        let bootstrap = ServerBootstrap(group: group).serverChannelOption(.backlog, value: 256)
        let base =
            configuration.address.isTCP
            ? bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            : bootstrap
        return base.childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try Self.take(channel, door, connections) }
        }
    }

    private static func take(
        _ channel: any Channel, _ door: SMTPDoor, _ connections: AsyncStream<SMTPConnection>.Continuation
    ) throws {
        guard door.count.enter() else {
            door.logger.info("too many connections", metadata: ["limit": "\(door.configuration.limits.connections)"])
            // Inside a handshake nobody would understand it.
            guard !door.offers.beginsWithTLS else { return channel.close(promise: nil) }
            door.metrics.replied(421)
            let handler = FullHouseHandler(hostname: door.configuration.hostname)
            return try channel.pipeline.syncOperations.addHandler(handler)
        }
        door.metrics.opened()
        channel.closeFuture.whenComplete { _ in
            door.count.leave()
            door.metrics.closed()
        }
        let connection = try SMTPConnection(channel, door)
        if case .terminated = connections.yield(connection) { connection.close() }
    }

    /// The whole life of one connection.
    private func serve(_ connection: SMTPConnection) async {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                var clerk = LoginClerk(configuration.loginDesk, logger: logger)
                for await event in connection.events {
                    // Whoever has gone before we began will send it again: handling it now would only deliver it twice.
                    guard connection.isOpen else { break }
                    switch event {
                    case .message(let transaction): await handle(transaction, of: connection)
                    case .login(let input): connection.answer(await clerk.check(input))
                    }
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
        var origin = ReceivedMessage.Origin(
            id: id, clientName: transaction.clientName, clientAddress: transaction.clientAddress,
            protocolName: transaction.protocolName, door: transaction.door, user: transaction.user,
            maySendAs: transaction.maySendAs)
        origin.listener = configuration.address.description
        let message = ReceivedMessage(
            envelope: transaction.envelope, bytes: transaction.bytes, origin: origin,
            receivedAtSeconds: Int64(time(nil)))
        let handled = await answer(to: message)
        transaction.loan?.giveBack()
        if await connection.answer(handled, id: id) {
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
