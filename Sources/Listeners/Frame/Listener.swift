// A listener: accepts connections and runs one task for each, until it is told to stop.
// Takes a conversation, which is what is spoken on the connections; gives nothing. Touches: accepted sockets, its own
// socket's file. Fails (from `bind` and `run`) with a ListenError where it cannot listen; a connection's failure is its
// own.
//
// Stopping (graceful shutdown): no new connections; idle ones end; a message that is being handled is handled to its
// end and answered. Cancelling drops what is left.

package import Logging
package import Mail
package import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// What is spoken at a listener.
package protocol Conversation: Sendable {
    /// The protocol of one connection.
    associatedtype Machine: ConnectionMachine
    /// What all connections share, made when the listener opens.
    associatedtype Door: Sendable

    /// Where to listen; port 0 lets the system choose.
    var address: HostPort { get }
    /// How the log calls that address: `address`, `milter`.
    var addressField: String { get }
    /// Connections at once.
    var connectionLimit: Int { get }

    /// Makes what all connections share.
    /// - Throws: where the settings or the files they name cannot be used.
    func open() throws(ListenError) -> Door
    /// Counts of the listener's kind.
    func metrics(_ door: Door) -> DoorMetrics
    /// Sends a connection away that is one too many; on its event loop.
    func refuse(_ channel: any Channel, _ door: Door) throws
    /// Puts the handlers of a connection into its pipeline; on its event loop.
    func connect(_ channel: any Channel, _ door: Door) throws -> Connection<Machine>
    /// Follows a connection until it ends.
    func converse(over connection: Connection<Machine>) async
}

/// A server on one address.
package final class Listener<Spoken: Conversation>: Service {
    private struct Socket {
        var channel: any Channel
        var file: ListeningSocket.File?
        var connections: AsyncStream<Connection<Spoken.Machine>>
    }

    private let conversation: Spoken
    private let logger: Logger
    private let group: any EventLoopGroup
    private let count: ConnectionCount
    private let socket = Mutex<Socket?>(nil)

    /// - Parameter group: event loops of the caller; it shuts them down after ``run()`` has returned.
    package init(_ conversation: Spoken, logger: Logger, group: any EventLoopGroup) {
        self.conversation = conversation
        self.logger = logger
        self.group = group
        self.count = ConnectionCount(limit: conversation.connectionLimit)
    }

    /// Where it listens, with the port the system chose; nil before ``bind()``.
    package var boundAddress: HostPort? {
        socket.withLock { $0 }.map { ListeningSocket.boundAddress($0.channel, asked: conversation.address) }
    }

    /// Starts listening; connections are taken from here on, and their messages wait for ``run()``. Call it before
    /// `run` to know at once whether the address can be had; `run` calls it where nobody did.
    /// - Throws: where it cannot listen, or what the connections share cannot be made.
    package func bind() async throws(ListenError) {
        guard socket.withLock({ $0 == nil }) else { return }
        let door = try conversation.open()
        let (connections, continuation) = AsyncStream.makeStream(of: Connection<Spoken.Machine>.self)
        let (channel, file) = try await ListeningSocket.open(bootstrap(door, continuation), conversation.address)
        channel.closeFuture.whenComplete { _ in continuation.finish() }
        socket.withLock { $0 = Socket(channel: channel, file: file, connections: connections) }
        log("listening", boundAddress)
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
        log("stopped listening", nil)
    }

    private func log(_ message: Logger.Message, _ address: HostPort?) {
        logger.info(message, metadata: [conversation.addressField: "\(address ?? conversation.address)"])
    }

    private func bootstrap(
        _ door: Spoken.Door, _ connections: AsyncStream<Connection<Spoken.Machine>>.Continuation
    ) -> ServerBootstrap {
        let (conversation, count) = (conversation, count)
        let bootstrap = ServerBootstrap(group: group).serverChannelOption(.backlog, value: 256)
        let base =
            conversation.address.isTCP
            ? bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            : bootstrap
        return base.childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                guard count.enter() else { return try conversation.refuse(channel, door) }
                let metrics = conversation.metrics(door)
                metrics.opened()
                channel.closeFuture.whenComplete { _ in
                    count.leave()
                    metrics.closed()
                }
                let connection = try conversation.connect(channel, door)
                if case .terminated = connections.yield(connection) { connection.close() }
            }
        }
    }

    /// The whole life of one connection.
    private func serve(_ connection: Connection<Spoken.Machine>) async {
        let conversation = conversation
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await conversation.converse(over: connection)
            } onGracefulShutdown: {
                connection.stop()
            }
        } onCancel: {
            connection.close()
        }
    }
}

/// Where the work on a message runs.
enum MessageWork {
    /// Up to here reading, judging and sealing take about a millisecond of the event loop.
    private static let smallBytes = 128 * 1024

    /// Small messages are handled on the event loop; the work on large ones would keep its other connections waiting.
    static func run<Answer: Sendable>(
        on message: ReceivedMessage, _ work: @Sendable () async -> Answer
    ) async -> Answer {
        guard message.bytes.count > smallBytes else { return await work() }
        return await withTaskExecutorPreference(globalConcurrentExecutor) { await work() }
    }
}
