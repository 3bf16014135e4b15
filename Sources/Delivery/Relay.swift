// Hands an outbound message to the next hop, all of it or an honest account of each recipient's fate. The hop is
// asked about every recipient before any content is sent; what was delivered before a later failure goes into the
// ledger. Touches the sockets of its pool, the ledger and the states of letters. Throws Refusal.
// Source: RFC 5321 sections 3.3, 4.1.1.4 and 4.5.3.2; docs/architecture.md ("One answer, and it is true").

package import Logging
package import Mail
package import NIOCore
import POSIX
package import SettingValues
import SMTP
package import Sealing
import ServiceLifecycle
package import Texting
package import Vault

/// The way out: an SMTP client to one next hop, with its connections kept for the next message.
///
/// As a service it closes its connections on graceful shutdown; it must be stopped after the listeners.
package final class Relay: Service {
    private let ledger: any Deliveries
    private let letters: any LetterStates
    private let logger: Logger
    let pool: NextHopPool

    /// - Parameters:
    ///   - hostname: the name for EHLO.
    ///   - limits: the `nextHop…` limits are used.
    ///   - group: its event loops carry the connections; shut down by its owner, after this service.
    package init(
        nextHop: NextHopSettings, hostname: String, limits: Limits, ledger: any Deliveries,
        letters: any LetterStates, logger: Logger, group: any EventLoopGroup
    ) {
        self.ledger = ledger
        self.letters = letters
        self.logger = logger
        pool = NextHopPool(
            hop: nextHop, hostname: hostname, limits: limits, group: group, logger: logger)
    }

    /// A relay to a hop that is spoken to in clear.
    package convenience init(
        nextHop: HostPort, hostname: String, limits: Limits, ledger: any Deliveries,
        letters: any LetterStates,
        logger: Logger, group: any EventLoopGroup
    ) {
        self.init(
            nextHop: NextHopSettings(address: nextHop), hostname: hostname, limits: limits,
            ledger: ledger,
            letters: letters, logger: logger, group: group)
    }

    /// Runs until the graceful shutdown, then closes idle connections at once and the others when their message is
    /// done.
    package func run() async throws { await pool.run() }

    /// Sends every transmission, in order.
    ///
    /// The hop is asked about every recipient before the first content. As long as nothing of the message has been
    /// accepted, the first failure ends the delivery and is thrown. From the first acceptance on (and from the start
    /// where `coherence` says so) whatever fails concerns its own recipients only, and the others are still served.
    ///
    /// At the end, thrown or not, what the hop has accepted stands in the ledger (for SMTP also who is refused for
    /// good), letters whose notification is out are readable, and all other letters of the message are discarded.
    ///
    /// A recipient who is refused for good after another part was accepted is remembered, not tried again: a report
    /// about him may be under way when a reply is lost, and he must not get the message after the sender was told that
    /// he did not.
    /// - Parameters:
    ///   - fingerprint: makes the one of the message as it came in; called at most once, and only where it is needed.
    ///   - deadline: what is under way then is aborted.
    ///   - texts: sends the passwords that go by text message, before anything else of the message leaves; where one of
    ///     them cannot be sent, its recipient is put off, and with him the whole message while nothing of it is out.
    /// - Returns: the fate of every recipient of the outbound message; who is only put off is to be tried again.
    /// - Throws: `nextHopRefused`, `nextHopDeferred`, `nextHopUnavailable`, `conversionRequired`, `smtputf8Required`,
    ///   `requireTLSUnavailable`, `messageTooBig`, `deadline`, `storage`; `busy` where the task was cancelled.
    package func deliver(
        _ outbound: OutboundMessage, _ coherence: Coherence = .wholeMessage,
        fingerprint: @Sendable () throws(Refusal) -> MessageFingerprint,
        deadline: ContinuousClock.Instant,
        texts: (any TextSender)? = nil
    ) async throws(Refusal) -> [Mailbox: Fate] {
        let record = DeliveryRecord(ledger: ledger, letters: letters, logger: logger)
        var run = DeliveryRun(
            DeliveryState(outbound, coherence), record: record, deadline: deadline, texts: texts,
            logger: logger)
        do throws(Refusal) {
            try await pool.withConnection(by: .after(deadline)) { (hop) async throws(Refusal) in
                try await run.send(over: hop, fingerprint)
            }
            await record.tidy(&run.state)
        } catch {
            if !run.state.coherence.isWhole { run.state.settleRest(as: error) }
            await record.tidy(&run.state)
            if run.state.coherence.isWhole { throw error }
        }
        return run.state.fates
    }

    /// Sends a non-delivery report, and remembers that it has gone.
    /// - Parameters:
    ///   - recipients: whom it names.
    ///   - sender: of the message it is about, and fingerprint of that message.
    /// - Throws: as ``deliver(_:_:fingerprint:deadline:)``; then the report has to be sent again.
    package func deliver(
        report: OutboundMessage, about recipients: [Mailbox], sender: Mailbox?,
        fingerprint: MessageFingerprint,
        deadline: ContinuousClock.Instant
    ) async throws(Refusal) {
        try await deliver(notice: report, deadline: deadline)
        Failpoint.reach("report.accepted")
        do throws(Refusal) {
            try await ledger.reported(sender: sender, recipients: recipients, fingerprint: fingerprint)
        } catch {
            // Its only loss: where our reply is lost as well, the sender is told twice.
            logger.error("recording a report failed", metadata: ["error": "\(error)"])
        }
        Failpoint.reach("report.committed")
    }

    /// Sends one mail of our own to the sender; remembering it is the caller's part.
    /// - Throws: as ``deliver(_:_:fingerprint:deadline:)``; then it has not gone.
    package func deliver(notice: OutboundMessage, deadline: ContinuousClock.Instant)
        async throws(Refusal)
    {
        guard let transmission = notice.transmissions.first, notice.transmissions.count == 1 else {
            throw Refusal(
                .internalError, "internal error", detail: "a report that is not one transmission")
        }
        let pending = PendingTransaction(transmission, number: 0)
        let outcome = try await pool.withConnection(by: .after(deadline)) {
            (hop) async throws(Refusal) in
            try await hop.run(pending.transaction(.send(askedBefore: false)), content: pending.content)
        }
        if let refusal = NextHopRefusal.from(outcome, to: pending) { throw refusal }
    }
}
