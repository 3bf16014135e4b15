// `letterlock serve`: the gateway, until SIGTERM or SIGINT.

import Admin
import ArgumentParser
import Foundation
import Gateway
import Logging
import Logs
import Mail
import NIOPosix
import ServiceLifecycle
import SettingValues
import UnixSignals
import Settings

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the gateway.")

    @OptionGroup var settings: SettingsOption
    @Flag(name: .long, help: "Start letterlock-portal beside it and stop it with it (for one-user installations).")
    var withPortal = false

    func run() async throws {
        MemoryUse.settle()
        let hangUps = await Reloader.trap()
        let book = MetricsBook.install()
        ProcessSamples.begin()
        let loaded = try settings.load(required: true)
        let (sink, logger) = Log.start(loaded)
        if withPortal, loaded.links.url == nil {
            throw Stop(.configuration, "--with-portal: links are not set up\n  hint: set `links.url` and `links.from`")
        }
        let gateway = try await assemble(GatewayConfiguration(loaded), logger: logger)
        do { sink.options = try LogOptions(loaded) } catch { throw Stop(error, doing: "starting the log") }
        for warning in gateway.warnings { logger.warning("\(warning)") }
        let addresses: [HostPort]
        do {
            addresses = try await gateway.bind()
        } catch {
            throw Stop(.unavailable, "\(error)")
        }
        announce(gateway, loaded, addresses, logger)
        let services = try services(around: gateway, loaded, book, sink, logger, hangUps)
        var group = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(loaded.limits.shutdownSeconds)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch let stop as Stop {
            throw stop
        } catch let refusal as Refusal {
            throw Stop(refusal, doing: "serving")
        } catch {
            throw Stop(.unavailable, "serving: \(error)")
        }
        await gateway.shutdown()
    }

    /// What runs, and with what: the first thing to look for where something is not as expected.
    private func announce(
        _ gateway: AssembledGateway, _ loaded: LetterlockSettings, _ addresses: [HostPort], _ logger: Logger
    ) {
        var metadata: Logger.Metadata = [
            "version": "\(Version.text)", "settings": "\(settings.file ?? "")", "policy": "\(loaded.policy)",
            "rules": .stringConvertible(gateway.rulesCount), "keys": "\(loaded.keys)",
            "keyFiles": .stringConvertible(gateway.keyFilesCount),
            "listening": .array(addresses.map { "\($0)" }), "nextHop": "\(loaded.nextHop.address)",
        ]
        metadata["admin"] = loaded.listen.admin.map { "\($0)" }
        metadata["links"] = loaded.links.url.map { "\($0)" }
        logger.info("started", metadata: metadata)
    }

    /// In the order of dependency: the last one is shut down first.
    private func services(
        around gateway: AssembledGateway, _ loaded: LetterlockSettings, _ book: MetricsBook, _ sink: LogSink,
        _ logger: Logger, _ hangUps: UnixSignalsSequence
    ) throws -> [any Service] {
        let reload = ReloadStatus()
        let stop = StopStatus()
        let manager = ServiceManager(environment: ProcessInfo.processInfo.environment)
        var services: [any Service] = []
        if let address = loaded.listen.admin {
            book.sample(gateway)
            services.append(
                try AdminServer(
                    loaded, at: address, gateway, reload, readiness: Readiness(of: gateway, reload: reload, stop: stop),
                    book: book, logger: logger))
        }
        // Only now: the portal opens the letters database, and never makes one.
        if withPortal {
            services.append(
                PortalProcess(
                    arguments: settings.config.map { ["--config", $0] } ?? [],
                    lettersProblem: { gateway.lettersProblem }, logger: logger))
        }
        services += gateway.services
        services.append(
            Reloader(
                option: settings, running: loaded, gateway: gateway, sink: sink, status: reload, manager: manager,
                logger: logger, signals: hangUps))
        services.append(StopFlag(status: stop, manager: manager))
        return services
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
    /// Starts the log of the whole process. Addresses are masked once ``LogOptions/init(_:)`` has been set: the key of
    /// the mask lies in the state folder, and no address is logged before that is open.
    static func start(_ settings: LetterlockSettings) -> (LogSink, Logger) {
        let sink = LogSink(LogOptions(settings.log))
        LoggingSystem.bootstrap { _ in sink.handler() }
        return (sink, Logger(label: "letterlock"))
    }
}

extension LogOptions {
    /// - Throws: a ``Refusal`` of cause `storage` where the key of the mask cannot be had.
    init(_ settings: LetterlockSettings) throws(Refusal) {
        self.init(settings.log)
        if settings.log.addresses == .hashed { mask = try AddressMask(folder: "\(settings.state)/gateway") }
    }
}
