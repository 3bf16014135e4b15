// The admin listener: /healthz, /readyz and /metrics, in which nothing tells of single messages, and the admin page
// (Page/), where there is one. Plain HTTP on loopback and on Unix sockets, TLS everywhere else.
// Fails (from `run`) with an AdminError where it cannot listen.

import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
package import Mail
package import NIOCore
import ServiceLifecycle
import Sockets

/// Why the admin listener cannot run.
package struct AdminError: Error, CustomStringConvertible {
    package let description: String
}

/// TLS for the admin listener.
package struct ConnectionSeal: Sendable {
    let handler: @Sendable () -> any ChannelHandler

    /// - Parameter handler: makes what speaks TLS on a new connection.
    package init(_ handler: @escaping @Sendable () -> any ChannelHandler) { self.handler = handler }
}

/// Serves health and metrics until it is told to stop.
package struct AdminServer: Service {
    private static let connections = 32
    private static let idleSeconds: Int64 = 15
    private static let headerBytes = 8192

    private let address: HostPort
    private let readiness: Readiness
    private let book: MetricsBook
    private let logger: Logger
    private let page: AdminPage?
    private let tls: ConnectionSeal?
    private let onListening: @Sendable (HostPort) async -> Void

    /// - Parameters:
    ///   - page: nil: only health and metrics.
    ///   - tls: nil: plain HTTP.
    ///   - onListening: called once, with the address really bound (the port where 0 was asked for).
    package init(
        address: HostPort, readiness: Readiness, book: MetricsBook, logger: Logger, page: AdminPage? = nil,
        tls: ConnectionSeal? = nil,
        onListening: @escaping @Sendable (HostPort) async -> Void = { _ in }
    ) {
        self.address = address
        self.readiness = readiness
        self.book = book
        self.page = page
        self.tls = tls
        self.onListening = onListening
        var quiet = logger
        quiet.logLevel = .warning
        self.logger = quiet
    }

    /// Runs until cancelled or gracefully shut down.
    /// - Throws: ``AdminError`` where the address cannot be bound.
    package func run() async throws {
        let application = Application(
            responder: AdminResponder(readiness: readiness, book: book, page: page),
            server: .init { [tls] responder in
                let plain = HTTP1Channel(responder: responder, configuration: Self.http)
                guard let tls else { return plain }
                return SealedChannel(base: plain, seal: tls)
            },
            configuration: ApplicationConfiguration(
                address: bindAddress, serverName: nil,
                availableConnectionsDelegate: MaximumAvailableConnections(Self.connections, logger: logger)),
            onServerRunning: { [address, onListening] channel in
                await onListening(Self.bound(channel.localAddress, asked: address))
            },
            logger: logger)
        do {
            try await application.run()
        } catch is CancellationError {
            return
        } catch {
            throw AdminError(description: "listening on \"\(address)\" (listen.admin): \(SocketWords.of(error))")
        }
    }

    private static var http: HTTP1Channel.Configuration {
        .init(
            idleTimeout: .seconds(idleSeconds),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: headerBytes, maxHeaderListSize: headerBytes, maxHeaderFieldCount: 100))
    }

    private var bindAddress: BindAddress {
        switch address {
        case .tcp(let host, let port): .hostname(host, port: port)
        case .unix(let path): .unixDomainSocket(path: path)
        }
    }

    private static func bound(_ address: SocketAddress?, asked: HostPort) -> HostPort {
        guard case .tcp(let host, _) = asked, let port = address?.port else { return asked }
        return .tcp(host: host, port: port)
    }
}

/// An HTTP channel behind TLS, whose certificate may be another one for each connection.
private struct SealedChannel: ServerChildChannel {
    let base: HTTP1Channel
    let seal: ConnectionSeal

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(seal.handler())
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

/// A request with the address of its sender.
struct AdminContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Without port; "" for a Unix socket.
    let peer: String

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress?.ipAddress ?? ""
    }
}

/// Answers the three paths, and has the page answer all others.
struct AdminResponder: HTTPResponder {
    typealias Context = AdminContext

    let readiness: Readiness
    let book: MetricsBook
    let page: AdminPage?

    private static let paths: Set<String> = ["/healthz", "/readyz", "/metrics"]

    func respond(to request: Request, context: Context) async throws -> Response {
        if let page, !Self.paths.contains(request.uri.path) {
            return await page.respond(to: request, from: context.peer, readiness: readiness)
        }
        // Whether we live is no secret, and load balancers ask by an address.
        if let page, request.uri.path != "/healthz", !page.isOurs(request) {
            return answer(
                request, .misdirectedRequest, "text/plain; charset=utf-8", "this is not the page of that name\n")
        }
        guard request.method == .get || request.method == .head else {
            return answer(request, .methodNotAllowed, "text/plain; charset=utf-8", "only GET and HEAD\n", allow: true)
        }
        switch request.uri.path {
        case "/healthz": return answer(request, .ok, "text/plain; charset=utf-8", "ok\n")
        case "/readyz": return await ready(request, mayWatch(request, context))
        case "/metrics":
            guard mayWatch(request, context) else {
                return answer(request, .forbidden, "text/plain; charset=utf-8", "not for you\n")
            }
            return answer(request, .ok, "text/plain; version=0.0.4; charset=utf-8", await book.exposition())
        default: return answer(request, .notFound, "text/plain; charset=utf-8", "not here\n")
        }
    }

    /// Everybody on loopback; elsewhere the networks that the settings name, and who has logged in.
    private func mayWatch(_ request: Request, _ context: Context) -> Bool {
        page?.mayWatch(request, from: context.peer) ?? true
    }

    /// - Parameter details: false: only whether.
    private func ready(_ request: Request, _ details: Bool) async -> Response {
        let report = await readiness.report()
        guard details else {
            let status: HTTPResponse.Status = report.ready ? .ok : .serviceUnavailable
            return answer(request, status, "application/json", "{\"ready\":\(report.ready)}\n")
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let body = (try? encoder.encode(report)).map { String(decoding: $0, as: UTF8.self) } ?? "{\"ready\":false}"
        return answer(request, report.ready ? .ok : .serviceUnavailable, "application/json", body + "\n")
    }

    private func answer(
        _ request: Request, _ status: HTTPResponse.Status, _ type: String, _ body: String, allow: Bool = false
    ) -> Response {
        var headers: HTTPFields = [
            .contentType: type, .cacheControl: "no-store", .contentLength: "\(body.utf8.count)",
            .xContentTypeOptions: "nosniff", .contentSecurityPolicy: "default-src 'none'",
        ]
        if allow { headers[.allow] = "GET, HEAD" }
        guard request.method != .head else { return Response(status: status, headers: headers, body: .init()) }
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: body)))
    }
}
