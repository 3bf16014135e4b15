// SIGHUP: settings and policy are read again, and come into force together or not at all.

import Foundation
import Gateway
import Logging
import Logs
import Mail
import ServiceLifecycle
import Settings
import SettingValues
import Synchronization
import UnixSignals

/// Waits for SIGHUP until shutdown.
struct Reloader: Service {
    let option: SettingsOption
    /// What the gateway was started with.
    let running: LetterlockSettings
    let gateway: AssembledGateway
    let sink: LogSink
    let status: ReloadStatus
    let manager: ServiceManager
    let logger: Logger
    /// Trapped from the start: one that comes before ``run()`` must neither end the process nor be lost.
    let signals: UnixSignalsSequence

    /// SIGHUP from now on.
    static func trap() async -> UnixSignalsSequence { await UnixSignalsSequence(trapping: .sighup) }

    func run() async throws {
        for await _ in signals.cancelOnGracefulShutdown() {
            manager.reloading()
            reload()
            manager.ready(status.problem == nil ? "taking mail" : "taking mail; the last reload failed")
        }
    }

    private func reload() {
        logger.info("reading settings and policy again")
        // However the reload ends: a log that was rotated is not written on.
        gateway.reopenLogs()
        let options: LogOptions
        let loaded: LetterlockSettings
        let warnings: [String]
        do {
            loaded = try option.read()
            options = try LogOptions(loaded)
            warnings = try gateway.reload(GatewayConfiguration(loaded))
        } catch let errors as SettingsErrors {
            return keepOld(errors.diagnostics.map(\.description))
        } catch let rejected as PolicyRejected {
            return keepOld(rejected.diagnostics.map(\.description))
        } catch {
            return keepOld(["\((error as? Refusal)?.detail ?? "\(error)")"])
        }
        sink.options = options
        status.succeeded()
        for warning in loaded.warnings.map(\.description) + warnings { logger.warning("\(warning)") }
        let late = loaded.keysThatNeedRestart(since: running)
        if !late.isEmpty {
            logger.warning(
                "some settings that have changed need a restart", metadata: ["keys": .array(late.map { "\($0)" })])
        }
        logger.info("settings and policy are in force")
    }

    private func keepOld(_ reasons: [String]) {
        for reason in reasons { logger.error("\(reason)") }
        logger.error(
            "reload failed: the old settings and the old policy stay in force",
            metadata: ["findings": .stringConvertible(reasons.count)])
        let first = reasons.first?.split(separator: "\n").first ?? "unknown"
        status.failed(String(first))
    }
}

/// Tells when the end begins. It is the last service, so it is the first to be shut down.
struct StopFlag: Service {
    let status: StopStatus
    let manager: ServiceManager

    func run() async throws {
        manager.ready("taking mail")
        try await gracefulShutdown()
        status.isStopping.store(true, ordering: .relaxed)
        manager.stopping()
    }
}
