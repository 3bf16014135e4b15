// Ends the gpg of operations that take too long or that nobody wants any more, and gives up those that cannot be ended.
// One timer for all operations, armed only while there are any: a timer of its own would cost each message more.

import Dispatch
import Mail
import Synchronization

/// Watches running operations.
final class Watchdog: Sendable {
    private struct Watched {
        let operation: Operation
        let target: ProcessTable.Target
        let deadline: ContinuousClock.Instant
        let giveUp: @Sendable () -> Void
        let started = ContinuousClock.now
        var isPursued = false
        /// Looks in a row at which its gpg was not there.
        var missed = 0
    }

    private struct State {
        var watched: [ObjectIdentifier: Watched] = [:]
        var isArmed = false
    }

    /// Between two looks at a process that was told to end, in milliseconds.
    private static let retryMilliseconds = 50
    /// After the first kill, until the operation is given up with its worker.
    private static let graceSeconds = 2

    /// Looks (one a second) without a gpg before an operation counts as dead. A worker may be slow to start it.
    private static let missedLimit = 3

    private let timeoutSeconds: Int
    private let queue = DispatchQueue(label: "letterlock.gpg.watchdog")
    private let state = Mutex(State())

    init(timeoutSeconds: Int) { self.timeoutSeconds = max(1, timeoutSeconds) }

    /// From now on the operation has `timeoutSeconds`.
    /// - Parameter giveUp: called where its gpg cannot be killed.
    func watch(_ operation: Operation, target: ProcessTable.Target, giveUp: @escaping @Sendable () -> Void) {
        let deadline = ContinuousClock.now + .seconds(timeoutSeconds)
        let watched = Watched(operation: operation, target: target, deadline: deadline, giveUp: giveUp)
        let mustArm = state.withLock { state in
            state.watched[ObjectIdentifier(operation)] = watched
            defer { state.isArmed = true }
            return !state.isArmed
        }
        if mustArm { arm() }
    }

    /// The operation has ended.
    func forget(_ operation: Operation) {
        state.withLock { _ = $0.watched.removeValue(forKey: ObjectIdentifier(operation)) }
    }

    /// Kills the gpg of a stopped operation at once, if it runs.
    func pursue(_ operation: Operation) {
        let key = ObjectIdentifier(operation)
        let found = state.withLock { state -> Watched? in
            guard let watched = state.watched[key], !watched.isPursued else { return nil }
            state.watched[key]?.isPursued = true
            return watched
        }
        guard let found else { return }
        let end = ContinuousClock.now + .seconds(Self.graceSeconds)
        queue.async { self.kill(found, until: end) }
    }

    private func arm() {
        queue.asyncAfter(deadline: .now() + .milliseconds(min(1000, timeoutSeconds * 250))) { [weak self] in
            self?.tick()
        }
    }

    private func tick() {
        let now = ContinuousClock.now
        let (watched, isIdle) = state.withLock { state in
            state.isArmed = !state.watched.isEmpty
            return (state.watched.values.filter { !$0.isPursued }, state.watched.isEmpty)
        }
        for watched in watched {
            if watched.deadline <= now {
                watched.operation.stop(.timedOut(seconds: timeoutSeconds))
                pursue(watched.operation)
            } else {
                lookForLife(watched, now)
            }
        }
        if !isIdle { arm() }
    }

    /// An operation whose gpg is not there look after look has lost it, and GPGME has not noticed.
    private func lookForLife(_ watched: Watched, _ now: ContinuousClock.Instant) {
        // Almost all operations end before they are looked at for the first time: /proc costs more than they do.
        guard watched.started + .seconds(1) <= now else { return }
        let isRunning = ProcessTable.isRunning(watched.target)
        let missed = state.withLock { state in
            let key = ObjectIdentifier(watched.operation)
            state.watched[key]?.missed = isRunning ? 0 : watched.missed + 1
            return state.watched[key]?.missed ?? 0
        }
        guard missed >= Self.missedLimit else { return }
        watched.operation.stop(.died)
        pursue(watched.operation)
    }

    /// Again and again: gpg may not have been started yet when the stop came, and a killed script leaves children.
    private func kill(_ watched: Watched, until end: ContinuousClock.Instant) {
        guard state.withLock({ $0.watched[ObjectIdentifier(watched.operation)] != nil }) else { return }
        ProcessTable.kill(watched.target)
        ProcessTable.drainAbandonedPipes()
        if ContinuousClock.now >= end {
            forget(watched.operation)
            watched.giveUp()
        } else {
            queue.asyncAfter(deadline: .now() + .milliseconds(Self.retryMilliseconds)) {
                self.kill(watched, until: end)
            }
        }
    }
}
