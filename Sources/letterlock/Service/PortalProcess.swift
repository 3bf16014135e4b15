// letterlock-portal as a child process: its own program, so that the web face links neither the keyring nor SMTP.

import Foundation
import Glibc
import Logging
import ServiceLifecycle

/// Starts the portal and ends it with us, whatever ends us; if it ends by itself, so do we, and say why. Where
/// letters.db cannot be used it cannot run: then mail goes on, and the portal is started again.
struct PortalProcess: Service {
    let arguments: [String]
    /// Why letters.db cannot be used now.
    let lettersProblem: @Sendable () -> String?
    let logger: Logger

    /// Pause before it is started again, in seconds.
    private static let pauseSeconds = 2.0

    /// The program beside this one.
    static var program: String {
        let own = Bundle.main.executablePath ?? CommandLine.arguments.first ?? "letterlock"
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("letterlock-portal").path
    }

    func run() async throws {
        while true {
            let status = try await runOnce()
            if Task.isShuttingDownGracefully || Task.isCancelled { return }
            guard lettersProblem() != nil else {
                throw Stop(.unavailable, "letterlock-portal ended with status \(status)")
            }
            logger.warning(
                "letterlock-portal has ended, as letters.db cannot be used; it is started again",
                metadata: ["status": "\(status)"])
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(Self.pauseSeconds)) }
            if Task.isShuttingDownGracefully || Task.isCancelled { return }
        }
    }

    /// - Returns: its exit code.
    private func runOnce() async throws -> Int32 {
        // It reads this until we are gone: nothing is ever written, and no other child inherits our end.
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
            throw Stop(.unavailable, "making a pipe: \(String(cString: strerror(errno)).lowercased())")
        }
        let (input, held) = (FileHandle(fileDescriptor: ends[0], closeOnDealloc: true), ends[1])
        defer { close(held) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = arguments + ["--end-with-input"]
        process.standardInput = input
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
        try? input.close()
        let pid = process.processIdentifier
        return await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                var last: Int32 = -1
                for await status in ended { last = status }
                return last
            } onCancel: {
                kill(pid, SIGTERM)
            }
        } onGracefulShutdown: {
            kill(pid, SIGTERM)
        }
    }
}
