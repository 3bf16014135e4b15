// letterlock-portal as a child process: its own program, so that the web face links neither the keyring nor SMTP.

import Foundation
import Logging
import ServiceLifecycle

/// Starts the portal and ends it with us; if it ends by itself, so do we, and say why.
struct PortalProcess: Service {
    let arguments: [String]
    let logger: Logger

    /// The program beside this one.
    static var program: String {
        let own = Bundle.main.executablePath ?? CommandLine.arguments.first ?? "letterlock"
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("letterlock-portal").path
    }

    func run() async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = arguments
        let (ended, continuation) = AsyncStream<Int32>.makeStream()
        process.terminationHandler = { child in
            continuation.yield(child.terminationStatus)
            continuation.finish()
        }
        do {
            try process.run()
        } catch {
            throw Stop(.unavailable, "starting \"\(Self.program)\": \(error.localizedDescription)")
        }
        let pid = process.processIdentifier
        let status = await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                var last: Int32?
                for await status in ended { last = status }
                return last
            } onCancel: {
                kill(pid, SIGTERM)
            }
        } onGracefulShutdown: {
            kill(pid, SIGTERM)
        }
        guard Task.isShuttingDownGracefully || Task.isCancelled else {
            throw Stop(.unavailable, "letterlock-portal ended with status \(status ?? -1)")
        }
    }
}
