// The admin listener: /healthz, /readyz, /metrics over plain HTTP, meant for loopback. Nothing can be changed here, and
// nothing tells of single messages: no content, no addresses of mail.
// Fails (from `run`) with an AdminError where it cannot listen.

import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
package import Mail
import NIOCore
import ServiceLifecycle

/// Why the admin listener cannot run.
package struct AdminError: Error, CustomStringConvertible {
    package let description: String
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
    private let onListening: @Sendable (HostPort) async -> Void

    /// - Parameter onListening: called once, with the address really bound (the port where 0 was asked for).
    package init(
        address: HostPort, readiness: Readiness, book: MetricsBook, logger: Logger,
        onListening: @escaping @Sendable (HostPort) async -> Void = { _ in }
    ) {
        self.address = address
        self.readiness = readiness
        self.book = book
        self.onListening = onListening
        var quiet = logger
        quiet.logLevel = .warning
        self.logger = quiet
    }

    /// Runs until cancelled or gracefully shut down.
    /// - Throws: ``AdminError`` where the address cannot be bound.
    package func run() async throws {
        let application = Application(
            responder: AdminResponder(readiness: readiness, book: book),
            server: .http1(
                configuration: .init(
                    idleTimeout: .seconds(Self.idleSeconds),
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: Self.headerBytes, maxHeaderListSize: Self.headerBytes,
                        maxHeaderFieldCount: 100))),
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
            throw AdminError(description: "listening on \"\(address)\" (listen.admin): \(error)")
        }
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

/// Answers the three paths.
struct AdminResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let readiness: Readiness
    let book: MetricsBook

    func respond(to request: Request, context: Context) async throws -> Response {
        guard request.method == .get || request.method == .head else {
            return answer(request, .methodNotAllowed, "text/plain; charset=utf-8", "only GET and HEAD\n", allow: true)
        }
        switch request.uri.path {
        case "/healthz": return answer(request, .ok, "text/plain; charset=utf-8", "ok\n")
        case "/readyz": return await ready(request)
        case "/metrics":
            return answer(request, .ok, "text/plain; version=0.0.4; charset=utf-8", await book.exposition())
        default: return answer(request, .notFound, "text/plain; charset=utf-8", "not here\n")
        }
    }

    private func ready(_ request: Request) async -> Response {
        let report = await readiness.report()
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
