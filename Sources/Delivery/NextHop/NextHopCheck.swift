// Is the next hop there? For /readyz and `doctor`: connects, EHLO, TLS and AUTH as they are set, QUIT. Sends no mail.

package import Mail
package import NIOCore
package import SMTP

extension Relay {
    /// Opens a connection as a delivery would, and closes it again.
    /// - Returns: nil where a message could go now, or why not; its `detail` is for our eyes.
    package func probe(by deadline: ContinuousClock.Instant) async -> Refusal? {
        let left = (deadline - ContinuousClock.now).components
        let deadline =
            NIODeadline.now() + .bounded(seconds: left.seconds)
            + .nanoseconds(left.attoseconds / 1_000_000_000)
        do {
            try await pool.open(by: deadline).quit()
            return nil
        } catch {
            return NextHopRefusal.notOpened(error, late: deadline <= .now())
        }
    }
}

/// A look at a next hop without a relay around it, for `doctor`.
package struct NextHopCheck: Sendable {
    private let pool: NextHopPool

    /// - Parameter group: carries the connection.
    package init(hop: NextHopSettings, hostname: String, limits: Limits, group: any EventLoopGroup) {
        pool = NextHopPool(hop: hop, hostname: hostname, limits: limits, group: group)
    }

    /// Opens a connection as a delivery would, and closes it again.
    /// - Returns: what the hop offers once it is secured as the settings want it, or why nothing could go there.
    package func look(by deadline: ContinuousClock.Instant) async -> Result<
        ClientCapabilities, Refusal
    > {
        let deadline = Self.moment(deadline)
        do {
            let connection = try await pool.open(by: deadline)
            connection.quit()
            return .success(connection.capabilities)
        } catch {
            return .failure(NextHopRefusal.notOpened(error, late: deadline <= .now()))
        }
    }

    /// Asks whether it would take mail of ours for a recipient: MAIL, RCPT, RSET, and no DATA.
    /// - Parameter sender: nil is the null sender.
    /// - Returns: nil where it would, else why not.
    package func refusal(
        of recipient: Mailbox, from sender: Mailbox?, by deadline: ContinuousClock.Instant
    ) async -> Refusal? {
        let deadline = Self.moment(deadline)
        let transaction = ClientTransaction(
            .ask, sender: sender, recipients: [recipient], contentBytes: 0)
        do {
            let connection = try await pool.open(by: deadline)
            let outcome = await connection.run(transaction, content: MessageBytes(""), by: deadline)
            connection.quit()
            switch outcome {
            case .accepted: return nil
            case .refused(let refusals):
                let said = refusals.first.map { "\($0.reply)" } ?? "no"
                return Refusal(.nextHopUnavailable, "the next hop does not take it", detail: said)
            case .unsupported(let shortfall):
                return Refusal(.nextHopUnavailable, "the next hop does not take it", detail: "\(shortfall)")
            case .failed(let failure): return NextHopRefusal.notOpened(failure, late: deadline <= .now())
            }
        } catch {
            return NextHopRefusal.notOpened(error, late: deadline <= .now())
        }
    }

    private static func moment(_ deadline: ContinuousClock.Instant) -> NIODeadline {
        .now() + .bounded(seconds: (deadline - ContinuousClock.now).components.seconds)
    }
}
