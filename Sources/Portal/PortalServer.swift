// The portal as a service: its HTTP server over one letter store. Plain http or TLS on the given address; graceful
// shutdown lets requests under way finish. `serve` is the whole program: store, signals, log on standard error.

import Certificates
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
package import Mail
import NIOCore
import ServiceLifecycle
import SettingValues
import Sockets
import UnixSignals
package import Vault

/// Serves the unlock page and its API until it is told to stop.
package struct PortalServer: Service {
    private let configuration: PortalConfiguration
    private let letters: any PortalLetters
    private let logger: Logger
    private let nowSeconds: @Sendable () -> Int64
    private let throttle: Throttle
    private let onListening: @Sendable (HostPort) async -> Void
    /// More routes: the preview's.
    var more: @Sendable (Router<BasicRequestContext>) -> Void = { _ in }

    /// - Parameters:
    ///   - letters: as the portal may use them.
    ///   - nowSeconds: seconds since 1970, asked at each request.
    ///   - onListening: called once, with the address really bound (the port where 0 was asked for).
    package init(
        configuration: PortalConfiguration, letters: any PortalLetters, logger: Logger,
        nowSeconds: @escaping @Sendable () -> Int64 = PortalServer.systemSeconds, throttle: Throttle? = nil,
        onListening: @escaping @Sendable (HostPort) async -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.letters = letters
        self.logger = logger
        self.nowSeconds = nowSeconds
        self.throttle = throttle ?? Throttle(configuration.throttle)
        self.onListening = onListening
    }

    /// The system's clock.
    package static let systemSeconds: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) }

    /// Runs until cancelled or gracefully shut down.
    /// - Throws: ``PortalError/listening(_:)`` where the address cannot be bound, ``PortalError/logo(_:)``.
    package func run() async throws {
        let brand = try Brand(configuration.organisation)
        let application = Application(
            responder: GuardedResponder(
                inner: ThrottledResponder(
                    inner: try router(brand).buildResponder(), throttle: throttle,
                    trustedPeers: configuration.trustedPeers, forwardedField: configuration.forwardedField,
                    logger: logger),
                configuration: configuration, logger: logger),
            server: try server(),
            configuration: ApplicationConfiguration(
                address: bindAddress, serverName: nil,
                availableConnectionsDelegate: MaximumAvailableConnections(configuration.connections, logger: quiet)),
            onServerRunning: { [configuration, onListening] channel in
                await onListening(Self.bound(channel.localAddress, asked: configuration.address))
            },
            logger: quiet)
        do {
            try await application.run()
        } catch is CancellationError {
            return
        } catch {
            throw PortalError.listening("listening on \"\(configuration.address)\": \(SocketWords.of(error))")
        }
    }

    /// Opens the letters and serves until SIGTERM or SIGINT.
    /// - Parameters:
    ///   - open: opens the letters of a folder; throws a ``Refusal`` of cause `storage`.
    ///   - onListening: called once, with the address really bound.
    /// - Throws: ``PortalError``.
    package static func serve(
        _ configuration: PortalConfiguration,
        opening open: (_ folder: String) throws(Refusal) -> any PortalLetters,
        onListening: @escaping @Sendable (HostPort) async -> Void
    ) async throws(PortalError) {
        let letters: any PortalLetters
        do {
            letters = try open(configuration.lettersFolder)
        } catch {
            throw .letters("opening the letters in \"\(configuration.lettersFolder)\": \(error.detail)")
        }
        try await serve(configuration, letters: letters, adding: { _ in }, onListening: onListening)
    }

    /// Serves a store that is open until SIGTERM or SIGINT, with more routes.
    static func serve(
        _ configuration: PortalConfiguration, letters: any PortalLetters,
        adding more: @escaping @Sendable (Router<BasicRequestContext>) -> Void,
        onListening: @escaping @Sendable (HostPort) async -> Void
    ) async throws(PortalError) {
        // Written as the program has set up its log.
        let logger = Logger(label: "letterlock-portal")
        var server = PortalServer(
            configuration: configuration, letters: letters, logger: logger, onListening: onListening)
        server.more = more
        var services = ServiceGroupConfiguration(
            services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        services.maximumGracefulShutdownDuration = .seconds(configuration.drainSeconds)
        do {
            try await ServiceGroup(configuration: services).run()
        } catch let error as PortalError {
            throw error
        } catch {
            throw .listening("serving on \"\(configuration.address)\": \(SocketWords.of(error))")
        }
    }

    private func router(_ brand: Brand) throws(PortalError) -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        let pages: Pages
        do { pages = try Pages(brand) } catch { throw .listening("making the pages: \(error)") }
        more(router)
        PageRoutes(pages: pages, language: configuration.language).add(to: router)
        let routes = LetterRoutes(
            letters: letters, configuration: configuration, nowSeconds: nowSeconds, logger: logger,
            book: RequestBook(throttle))
        routes.add(to: router)
        AnswerRoutes(base: routes).add(to: router)
        return router
    }

    /// HTTP/1.1 behind TLS, where there is a certificate, and a deadline for each request's head.
    private func server() throws(PortalError) -> HTTPServerBuilder {
        let http = HTTP1Channel.Configuration(
            idleTimeout: .seconds(Int64(configuration.idleSeconds)),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: configuration.headerBytes, maxHeaderListSize: configuration.headerBytes,
                maxHeaderFieldCount: 100))
        let waiting = WaitingConnections(most: configuration.waitingConnections)
        let headSeconds = configuration.headSeconds
        var identity: TLSIdentity?
        if let files = configuration.tls {
            do throws(TLSIdentity.Failure) {
                identity = try TLSIdentity(certificate: files.certificate, key: files.key, logger: logger)
            } catch {
                throw .listening("listening on \"\(configuration.address)\": \(error)")
            }
        }
        return HTTPServerBuilder { [identity] responder in
            GuardedChannel(
                base: HTTP1Channel(responder: responder, configuration: http), identity: identity,
                headSeconds: headSeconds, waiting: waiting)
        }
    }

    private var bindAddress: BindAddress {
        switch configuration.address {
        case .tcp(let host, let port): .hostname(host, port: port)
        case .unix(let path): .unixDomainSocket(path: path)
        }
    }

    /// The HTTP server's own notes name addresses and request lines; only its warnings are wanted.
    private var quiet: Logger {
        var logger = logger
        logger.logLevel = .warning
        return logger
    }

    private static func bound(_ address: SocketAddress?, asked: HostPort) -> HostPort {
        guard case .tcp(let host, _) = asked, let port = address?.port else { return asked }
        return .tcp(host: host, port: port)
    }
}
