// The connections to the next hop: those that lie idle for the next message, and a count of all, so that none is left
// behind at the end. Owns the sockets; fails with ClientFailure or the system's error when one cannot be opened.

import Logging
import Mail
import NIOCore
import ServiceLifecycle
import Synchronization

/// Lends connections and takes them back.
final class NextHopPool: Sendable {
    private struct Books {
        /// Most recently used last.
        var idle: [NextHopConnection] = []
        var all: [ObjectIdentifier: NextHopConnection] = [:]
        var isStopping = false
        var whenEmpty: CheckedContinuation<Void, Never>?
    }

    private let hop: NextHopSettings
    private let hostname: String
    private let limits: Limits
    private let group: any EventLoopGroup
    private let tls: NextHopTLS?
    private let logger: Logger
    private let books = Mutex(Books())

    init(
        hop: NextHopSettings, hostname: String, limits: Limits, group: any EventLoopGroup,
        logger: Logger = Logger(label: "letterlock")
    ) {
        self.hop = hop
        self.hostname = hostname
        self.limits = limits
        self.group = group
        self.logger = logger
        tls = hop.tls == .none ? nil : NextHopTLS(hop)
    }

    /// Runs `body` with a connection: an idle one where there is one, opened when it is first needed, given back at the
    /// end.
    /// - Parameter deadline: what is under way then is aborted.
    func withConnection<Result>(
        by deadline: NIODeadline, _ body: (NextHopLease) async throws(Refusal) -> Result
    ) async throws(Refusal) -> Result {
        let lease = NextHopLease(pool: self, deadline: deadline)
        defer { lease.giveBack() }
        return try await body(lease)
    }

    /// The most recently used idle connection, or nil. It may have gone stale: the hop decides when it closes.
    func takeIdle() -> NextHopConnection? {
        books.withLock { books in
            while let connection = books.idle.popLast() {
                if connection.isUsable { return connection }
            }
            return nil
        }
    }

    /// A new connection whose dialogue is open.
    func open(by deadline: NIODeadline) async throws -> NextHopConnection {
        let began = ContinuousClock.now
        let connection = try await NextHopDoor(
            hop: hop, tls: tls, hostname: hostname, limits: limits, group: group, logger: logger
        ).open(by: deadline)
        NextHopMetrics.opened(since: began)
        let id = ObjectIdentifier(connection)
        books.withLock { $0.all[id] = connection }
        connection.onEnded { [weak self] in self?.forget(id) }
        return connection
    }

    /// Keeps a connection for the next message, or says goodbye where enough are kept or the end has come.
    func giveBack(_ connection: NextHopConnection) {
        let isKept = books.withLock { books in
            guard connection.isUsable, !books.isStopping, books.idle.count < limits.nextHopIdleConnections
            else {
                return false
            }
            books.idle.append(connection)
            return true
        }
        if !isKept { connection.quit() }
    }

    /// Waits for the graceful shutdown, then says goodbye to idle connections, and returns when the last one in use has
    /// been given back and closed. A cancelled task closes all at once.
    func run() async {
        try? await gracefulShutdown()
        let idle = books.withLock { books in
            books.isStopping = true
            defer { books.idle = [] }
            return books.idle
        }
        for connection in idle { connection.quit() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isEmpty = books.withLock { books in
                    if !books.all.isEmpty { books.whenEmpty = continuation }
                    return books.all.isEmpty
                }
                if isEmpty { continuation.resume() }
            }
        } onCancel: {
            for connection in books.withLock({ Array($0.all.values) }) { connection.abort() }
        }
    }

    private func forget(_ id: ObjectIdentifier) {
        let waiting = books.withLock { books -> CheckedContinuation<Void, Never>? in
            books.all[id] = nil
            books.idle.removeAll { ObjectIdentifier($0) == id }
            guard books.all.isEmpty else { return nil }
            defer { books.whenEmpty = nil }
            return books.whenEmpty
        }
        waiting?.resume()
    }
}
