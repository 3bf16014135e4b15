// The connection that one delivery works with: an idle one where there is one, and one new one where that proves stale.

import Mail
import NIOCore
import SMTP

/// One delivery's connection. Used by one task at a time.
final class NextHopLease {
    private let pool: NextHopPool
    private let deadline: NIODeadline
    private var current: NextHopConnection?
    /// True where the connection has served before: only then may "closed" mean "gone stale".
    private var isUsed = false

    init(pool: NextHopPool, deadline: NIODeadline) {
        self.pool = pool
        self.deadline = deadline
    }

    /// What the hop announced on the connection that will be used next.
    func capabilities() async throws(Refusal) -> ClientCapabilities {
        try await connection().capabilities
    }

    /// Runs a transaction. A connection that served before and turns out to be gone is replaced by a new one, once, and
    /// only while no byte of the content was written: then the hop cannot have anything of it.
    func run(_ transaction: ClientTransaction, content: MessageBytes) async throws(Refusal)
        -> ClientOutcome
    {
        let outcome = try await connection().run(transaction, content: content, by: deadline)
        defer { isUsed = true }
        guard isUsed, Self.looksStale(outcome) else { return outcome }
        giveBack()
        return try await connection(mustBeNew: true).run(transaction, content: content, by: deadline)
    }

    /// Gives the connection back to the pool.
    func giveBack() {
        if let current { pool.giveBack(current) }
        current = nil
    }

    private func connection(mustBeNew: Bool = false) async throws(Refusal) -> NextHopConnection {
        if let current, current.isUsable { return current }
        giveBack()
        guard deadline > .now() else { throw NextHopRefusal.late }
        if !mustBeNew, let idle = pool.takeIdle() {
            isUsed = true
            current = idle
            return idle
        }
        isUsed = false
        do {
            let new = try await pool.open(by: deadline)
            current = new
            return new
        } catch {
            throw NextHopRefusal.notOpened(error, late: deadline <= .now())
        }
    }

    private static func looksStale(_ outcome: ClientOutcome) -> Bool {
        guard case .failed(let failure) = outcome, failure.stage == .commands else { return false }
        switch failure.reason {
        case .closed, .leaving: return true
        case .malformed, .unwelcome, .noTLS, .tlsFailed, .loginFailed, .silent, .deadline, .cancelled,
            .unreadable:
            return false
        }
    }
}
