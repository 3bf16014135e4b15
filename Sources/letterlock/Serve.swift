// `letterlock serve`: the gateway, until SIGTERM or SIGINT.

import ArgumentParser
import Foundation
import Gateway
import Logging
import Mail
import NIOPosix
import ServiceLifecycle
import UnixSignals
import Settings

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the gateway.")

    @OptionGroup var settings: SettingsOption
    @Flag(name: .long, help: "Start letterlock-portal beside it and stop it with it (for one-user installations).")
    var withPortal = false

    func run() async throws {
        MemoryUse.settle()
        let loaded = try settings.load(required: true)
        let logger = Log.start()
        if withPortal, loaded.links.url == nil {
            throw Stop(.configuration, "--with-portal: links are not set up\n  hint: set `links.url` and `links.from`")
        }
        let gateway = try await assemble(GatewayConfiguration(loaded), logger: logger)
        for warning in gateway.warnings { logger.warning("\(warning)") }
        var services: [any Service] = []
        // Only now: the portal opens the letters database, and never makes one.
        if withPortal {
            services.append(PortalProcess(arguments: settings.config.map { ["--config", $0] } ?? [], logger: logger))
        }
        do {
            try await gateway.bind()
        } catch {
            throw Stop(.unavailable, "listening: \(error)")
        }
        var group = ServiceGroupConfiguration(
            services: services + gateway.services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(loaded.limits.replySeconds + 10)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch let refusal as Refusal {
            throw Stop(refusal, doing: "serving")
        } catch {
            throw Stop(.unavailable, "serving: \(error)")
        }
        await gateway.shutdown()
    }

    private func assemble(_ configuration: GatewayConfiguration, logger: Logger) async throws -> AssembledGateway {
        do {
            return try await AssembledGateway(
                configuration, group: .singletonMultiThreadedEventLoopGroup, logger: logger)
        } catch let rejected as PolicyRejected {
            throw Stop(.configuration, "the policy cannot be used\n\(rejected)")
        } catch let refusal as Refusal {
            throw Stop(refusal, doing: "starting")
        }
    }
}

/// The log: lines on stderr, for journald or a file.
enum Log {
    static func start() -> Logger {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "letterlock")
        logger.logLevel = .info
        return logger
    }
}
