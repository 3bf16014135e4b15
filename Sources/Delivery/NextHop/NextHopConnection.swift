// One connection to the next hop as the rest of the module sees it: async calls that give values.
// Touches its socket; fails by ClientFailure and ClientOutcome.

import Mail
import NIOCore
import SMTP
import Synchronization

/// Whether a connection may be used again, told from its event loop and read anywhere.
final class ConnectionLife: Sendable {
    private let usable = Atomic(true)
    private let whenEnded = Mutex<(@Sendable () -> Void)?>(nil)
    private let hasEnded = Atomic(false)

    /// True until the connection is closed or about to be.
    var isUsable: Bool { usable.load(ordering: .acquiring) }

    /// It must not be used again.
    func noLongerUsable() { usable.store(false, ordering: .releasing) }

    /// Calls `report` once when the connection has ended, at once where it has already.
    func onEnded(_ report: @escaping @Sendable () -> Void) {
        let late = whenEnded.withLock { waiting -> Bool in
            if hasEnded.load(ordering: .acquiring) { return true }
            waiting = report
            return false
        }
        if late { report() }
    }

    /// It has ended.
    func ended() {
        noLongerUsable()
        let report = whenEnded.withLock { waiting in
            hasEnded.store(true, ordering: .releasing)
            defer { waiting = nil }
            return waiting
        }
        report?()
    }
}

/// A connection whose dialogue is open.
final class NextHopConnection: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<NextHopHandler>
    private let life: ConnectionLife
    /// What the hop announced in EHLO.
    let capabilities: ClientCapabilities

    private init(_ opened: Opened, _ capabilities: ClientCapabilities) {
        channel = opened.channel
        handler = opened.handler
        life = opened.life
        self.capabilities = capabilities
    }

    /// False as soon as the hop or we have ended it.
    var isUsable: Bool { life.isUsable }

    /// Calls `report` once when it has ended.
    func onEnded(_ report: @escaping @Sendable () -> Void) { life.onEnded(report) }

    /// A channel before its dialogue.
    struct Opened: Sendable {
        var channel: any Channel
        var handler: NIOLoopBound<NextHopHandler>
        var life: ConnectionLife
    }

    /// Waits for the greeting, EHLO, TLS and log-in.
    /// - Throws: ``ClientFailure`` at stage `opening`.
    static func open(_ opened: Opened) async throws -> NextHopConnection {
        NextHopConnection(opened, try await dialogue(opened))
    }

    private static func dialogue(_ opened: Opened) async throws -> ClientCapabilities {
        let loop = opened.channel.eventLoop
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.execute {
                    let handler = opened.handler
                    handler.value.onOpened { failure in
                        if let failure {
                            continuation.resume(throwing: failure)
                        } else {
                            continuation.resume(returning: handler.value.capabilities)
                        }
                    }
                }
            }
        } onCancel: {
            loop.execute { opened.handler.value.abort(.cancelled) }
        }
    }

    /// Runs one transaction.
    /// - Parameters:
    ///   - content: what DATA sends; not looked at for an ask.
    ///   - deadline: when it is aborted and the connection closed.
    func run(_ transaction: ClientTransaction, content: MessageBytes, by deadline: NIODeadline) async
        -> ClientOutcome
    {
        let began = ContinuousClock.now
        defer { NextHopMetrics.ran(transaction.purpose, since: began) }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                channel.eventLoop.execute { [handler] in
                    handler.value.begin(
                        NextHopHandler.Job(transaction: transaction, content: content, deadline: deadline) {
                            continuation.resume(returning: $0)
                        })
                }
            }
        } onCancel: {
            channel.eventLoop.execute { [handler] in handler.value.abort(.cancelled) }
        }
    }

    /// Says QUIT and closes; returns at once.
    func quit() {
        life.noLongerUsable()
        channel.eventLoop.execute { [handler] in handler.value.quit() }
    }

    /// Closes without a word; what is under way fails.
    func abort() {
        life.noLongerUsable()
        channel.eventLoop.execute { [handler] in handler.value.abort(.cancelled) }
    }
}
