// Hands an outbound message to the next hop, all of it or an honest refusal. The hop is asked about every recipient
// before any content is sent; what was delivered before a later failure goes into the ledger. Touches the sockets of its
// pool, the ledger and the states of letters. Throws Refusal.
// Source: RFC 5321 sections 3.3, 4.1.1.4 and 4.5.3.2; docs/architecture.md ("One answer, and it is true").

package import Logging
package import Mail
package import NIOCore
import SMTP
package import Sealing
import ServiceLifecycle
package import Vault

/// The way out: an SMTP client to one next hop, with its connections kept for the next message.
///
/// As a service it closes its connections on graceful shutdown; it must be stopped after the listeners.
package final class Relay: Service {
    private let ledger: any DeliveryLedger
    private let letters: any LetterStates
    private let logger: Logger
    private let pool: NextHopPool

    /// - Parameters:
    ///   - hostname: the name for EHLO.
    ///   - limits: the `nextHop…` limits are used.
    ///   - group: its event loops carry the connections; shut down by its owner, after this service.
    package init(
        nextHop: HostPort, hostname: String, limits: Limits, ledger: any DeliveryLedger, letters: any LetterStates,
        logger: Logger, group: any EventLoopGroup
    ) {
        self.ledger = ledger
        self.letters = letters
        self.logger = logger
        pool = NextHopPool(hop: nextHop, hostname: hostname, limits: limits, group: group)
    }

    /// Runs until the graceful shutdown, then closes idle connections at once and the others when their message is done.
    package func run() async throws { await pool.run() }

    /// Sends every transmission, in order. Returns only when the next hop has accepted them all.
    ///
    /// When it throws, what the hop had accepted before stands in the ledger, letters whose notification is out are
    /// readable, and all other letters of the message are discarded.
    /// - Parameters:
    ///   - fingerprint: of the message as it came in; may be nil only for a single transmission and an empty ledger.
    ///   - deadline: what is under way then is aborted.
    /// - Throws: `nextHopRefused`, `nextHopDeferred`, `nextHopUnavailable`, `conversionRequired`, `smtputf8Required`,
    ///   `messageTooBig`, `deadline`, `storage`; `busy` where the task was cancelled.
    package func deliver(
        _ outbound: OutboundMessage, fingerprint: MessageFingerprint?, deadline: ContinuousClock.Instant
    ) async throws(Refusal) {
        var course = Course(outbound, fingerprint: fingerprint, deadline: deadline)
        let hop = NextHopLease(pool: pool, deadline: course.deadline)
        let refusal: Refusal?
        do throws(Refusal) {
            try await send(&course, over: hop)
            refusal = nil
        } catch {
            refusal = error
        }
        hop.giveBack()
        await tidy(&course)
        if let refusal { throw refusal }
    }

    private func send(_ course: inout Course, over hop: NextHopLease) async throws(Refusal) {
        // Nothing to send is not "all of it was accepted".
        guard !course.legs.isEmpty else {
            throw Refusal(.internalError, "internal error", detail: "delivering a message without transmissions")
        }
        if course.isRecorded, course.fingerprint == nil {
            throw Refusal(
                .internalError, "internal error", detail: "delivering several transmissions without a fingerprint")
        }
        if !ledger.isEmpty, let fingerprint = course.fingerprint {
            course.leave(out: try await ledger.delivered(sender: course.sender, fingerprint: fingerprint))
        }
        guard !course.legs.isEmpty else { return }
        try await check(course.legs, on: hop)
        if course.legs.count > 1 { try await ask(course.legs, over: hop) }
        for leg in course.legs { try await send(leg, &course, over: hop) }
    }

    /// Nothing is sent where the hop lacks what a later transmission needs.
    private func check(_ legs: [Leg], on hop: NextHopLease) async throws(Refusal) {
        let capabilities = try await hop.capabilities()
        for leg in legs {
            if let shortfall = capabilities.shortfall(for: leg.transaction(.ask)) {
                throw NextHopRefusal.unsupported(shortfall, by: leg)
            }
        }
    }

    /// Asks about every recipient of every transmission. A permanent refusal ends it; a temporary one waits for the
    /// others, because a permanent one among them is the better answer.
    private func ask(_ legs: [Leg], over hop: NextHopLease) async throws(Refusal) {
        var first: Refusal?
        for leg in legs {
            let outcome = try await hop.run(leg.transaction(.ask), content: .empty)
            guard let refusal = NextHopRefusal.from(outcome, to: leg) else { continue }
            if case .refused = outcome, !refusal.isPermanent {
                first = first ?? refusal
            } else {
                throw refusal
            }
        }
        if let first { throw first }
    }

    private func send(_ leg: Leg, _ course: inout Course, over hop: NextHopLease) async throws(Refusal) {
        if case .notification(let id) = leg.role { try await letters.markNotifying(id) }
        let transaction = leg.transaction(.send(askedBefore: course.legs.count > 1))
        let outcome = try await hop.run(transaction, content: leg.content)
        switch outcome {
        case .accepted: await accepted(leg, &course)
        case .failed(let failure) where failure.stage == .finalDot: await perhapsAccepted(leg, &course)
        default: break
        }
        if let refusal = NextHopRefusal.from(outcome, to: leg) { throw refusal }
    }

    // MARK: - Remembering

    private func accepted(_ leg: Leg, _ course: inout Course) async {
        switch leg.role {
        case .passed, .sealed: course.unrecorded += leg.recipients
        case .report: break
        case .passwordMail(let ids): await passwordMailed(ids, course)
        case .notification(let id):
            course.unrecorded += leg.recipients
            await makeReadable(id, &course)
        }
        await commit(&course)
    }

    /// The reply to the final dot is lost: the letter must open if its link arrived, and a password mail that may have
    /// arrived is replaced by the next one. For the ledger it is not delivered: rather twice than never.
    private func perhapsAccepted(_ leg: Leg, _ course: inout Course) async {
        switch leg.role {
        case .passed, .sealed, .report: break
        case .passwordMail(let ids): await passwordMailed(ids, course)
        case .notification(let id): await makeReadable(id, &course)
        }
    }

    private func passwordMailed(_ ids: [String], _ course: Course) async {
        guard let fingerprint = course.fingerprint else { return }
        do throws(Refusal) {
            try await ledger.passwordMailed(
                sender: course.sender, recipients: course.recipients(ofLetters: ids), fingerprint: fingerprint)
        } catch {
            // Its only loss: a later password mail does not say that it replaces this one.
            logger.error("recording a password mail failed", metadata: ["error": "\(error)"])
        }
    }

    /// Readable now or at the end of the delivery; where the store fails both times, it settles a letter that stands at
    /// "notifying" by making it readable itself.
    private func makeReadable(_ id: String, _ course: inout Course) async {
        course.notified.insert(id)
        do throws(Refusal) {
            try await letters.makeReadable([id])
        } catch {
            course.unreadable.append(id)
            logger.error("making a letter readable failed", metadata: ["error": "\(error)"])
        }
    }

    /// Writes what the hop has accepted into the ledger. A failing disk does not stop the delivery: stopping here makes
    /// the retry send twice for certain, going on may end it well. The rows are tried again with the next ones.
    private func commit(_ course: inout Course) async {
        guard course.isRecorded, !course.unrecorded.isEmpty, let fingerprint = course.fingerprint else { return }
        do throws(Refusal) {
            try await ledger.record(sender: course.sender, recipients: course.unrecorded, fingerprint: fingerprint)
            course.unrecorded = []
        } catch {
            logger.error("recording a delivery failed", metadata: ["error": "\(error)"])
        }
    }

    /// Whatever came of the delivery: rows and states that failed are tried once more, unsent letters go.
    private func tidy(_ course: inout Course) async {
        await commit(&course)
        if !course.unreadable.isEmpty {
            do throws(Refusal) {
                try await letters.makeReadable(course.unreadable)
            } catch {
                logger.error("letters stay unreadable until the store settles them", metadata: ["error": "\(error)"])
            }
        }
        let unsent = course.unsentLetters
        guard !unsent.isEmpty else { return }
        do throws(Refusal) {
            try await letters.discard(unsent)
        } catch {
            logger.error("unsent letters stay until the store settles them", metadata: ["error": "\(error)"])
        }
    }
}
