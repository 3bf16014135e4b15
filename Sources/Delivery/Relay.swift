// Hands an outbound message to the next hop, all of it or an honest account of what has become of whom. The hop is asked
// about every recipient before any content is sent; what was delivered before a later failure goes into the ledger. Touches the sockets of its
// pool, the ledger and the states of letters. Throws Refusal.
// Source: RFC 5321 sections 3.3, 4.1.1.4 and 4.5.3.2; docs/architecture.md ("One answer, and it is true").

package import Logging
package import Mail
package import NIOCore
import SMTP
package import Sealing
import ServiceLifecycle
package import Texting
package import Vault

/// The way out: an SMTP client to one next hop, with its connections kept for the next message.
///
/// As a service it closes its connections on graceful shutdown; it must be stopped after the listeners.
package final class Relay: Service {
    private let ledger: any DeliveryLedger
    private let letters: any LetterStates
    private let logger: Logger
    let pool: NextHopPool

    /// - Parameters:
    ///   - hostname: the name for EHLO.
    ///   - limits: the `nextHop…` limits are used.
    ///   - group: its event loops carry the connections; shut down by its owner, after this service.
    package init(
        nextHop: NextHopSettings, hostname: String, limits: Limits, ledger: any DeliveryLedger,
        letters: any LetterStates, logger: Logger, group: any EventLoopGroup
    ) {
        self.ledger = ledger
        self.letters = letters
        self.logger = logger
        pool = NextHopPool(hop: nextHop, hostname: hostname, limits: limits, group: group, logger: logger)
    }

    /// A relay to a hop that is spoken to in clear.
    package convenience init(
        nextHop: HostPort, hostname: String, limits: Limits, ledger: any DeliveryLedger, letters: any LetterStates,
        logger: Logger, group: any EventLoopGroup
    ) {
        self.init(
            nextHop: NextHopSettings(address: nextHop), hostname: hostname, limits: limits, ledger: ledger,
            letters: letters, logger: logger, group: group)
    }

    /// Runs until the graceful shutdown, then closes idle connections at once and the others when their message is done.
    package func run() async throws { await pool.run() }

    /// Sends every transmission, in order.
    ///
    /// The hop is asked about every recipient before the first content. As long as nothing of the message has been
    /// accepted, the first failure ends the delivery and is thrown. From the first acceptance on (and from the start where
    /// `coherence` says so) whatever fails concerns its own recipients only, and the others are still served.
    ///
    /// At the end, thrown or not, what the hop has accepted stands in the ledger (for SMTP also who is refused for good),
    /// letters whose notification is out are readable, and all other letters of the message are discarded.
    ///
    /// A recipient who is refused for good after another part was accepted is remembered, not tried again: a report about
    /// him may be under way when a reply is lost, and he must not get the message after the sender was told that he did not.
    /// - Parameters:
    ///   - fingerprint: makes the one of the message as it came in; called at most once, and only where it is needed.
    ///   - deadline: what is under way then is aborted.
    ///   - texts: sends the passwords that go by text message, before anything else of the message leaves; where one of them
    ///     cannot be sent, its recipient is put off, and with him the whole message while nothing of it is out.
    /// - Returns: the fate of every recipient of the outbound message; who is only put off is to be tried again.
    /// - Throws: `nextHopRefused`, `nextHopDeferred`, `nextHopUnavailable`, `conversionRequired`, `smtputf8Required`,
    ///   `requireTLSUnavailable`, `messageTooBig`, `deadline`, `storage`; `busy` where the task was cancelled.
    package func deliver(
        _ outbound: OutboundMessage, _ coherence: Coherence = .wholeMessage,
        fingerprint: @Sendable () throws(Refusal) -> MessageFingerprint, deadline: ContinuousClock.Instant,
        texts: (any TextSender)? = nil
    ) async throws(Refusal) -> [Mailbox: RecipientResult] {
        var course = Course(outbound, coherence, deadline: deadline)
        let hop = NextHopLease(pool: pool, deadline: course.deadline)
        do throws(Refusal) {
            try await send(&course, over: hop, fingerprint, texts, deadline)
            hop.giveBack()
            await tidy(&course)
        } catch {
            hop.giveBack()
            if !course.coherence.isWhole { course.settleRest(as: error) }
            await tidy(&course)
            if course.coherence.isWhole { throw error }
        }
        return course.results
    }

    /// Sends a non-delivery report, and remembers that it has gone.
    /// - Parameters:
    ///   - recipients: whom it names.
    ///   - sender: of the message it is about, and fingerprint of that message.
    /// - Throws: as ``deliver(_:_:fingerprint:deadline:)``; then the report has to be sent again.
    package func deliver(
        report: OutboundMessage, about recipients: [Mailbox], sender: Mailbox?, fingerprint: MessageFingerprint,
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
    package func deliver(notice: OutboundMessage, deadline: ContinuousClock.Instant) async throws(Refusal) {
        guard let transmission = notice.transmissions.first, notice.transmissions.count == 1 else {
            throw Refusal(.internalError, "internal error", detail: "a report that is not one transmission")
        }
        let leg = Leg(transmission, number: 0)
        let hop = NextHopLease(pool: pool, deadline: .after(deadline))
        defer { hop.giveBack() }
        let outcome = try await hop.run(leg.transaction(.send(askedBefore: false)), content: leg.content)
        if let refusal = NextHopRefusal.from(outcome, to: leg) { throw refusal }
    }

    private func send(
        _ course: inout Course, over hop: NextHopLease, _ fingerprint: () throws(Refusal) -> MessageFingerprint,
        _ texts: (any TextSender)?, _ deadline: ContinuousClock.Instant
    ) async throws(Refusal) {
        // Nothing to send is not "all of it was accepted".
        guard !course.legs.isEmpty else {
            throw Refusal(.internalError, "internal error", detail: "delivering a message without transmissions")
        }
        if course.isRecorded || !ledger.isEmpty { course.fingerprint = try fingerprint() }
        if !ledger.isEmpty, let known = course.fingerprint {
            course.leave(out: try await ledger.remembered(sender: course.sender, fingerprint: known))
            course.renewPasswordMail()
        }
        guard !course.legs.isEmpty else { return }
        let capabilities = try await hop.capabilities()
        try check(&course, capabilities)
        course.split(capabilities.recipientMax)
        if course.isRecorded, course.fingerprint == nil { course.fingerprint = try fingerprint() }
        let isAsked = course.legs.count > 1 || !course.texts.isEmpty
        if isAsked { try await ask(&course, over: hop) }
        Failpoint.reach("relay.asked")
        try await send(course.texts, &course, texts, deadline)
        course.renewPasswordMail()
        for number in course.legs.map(\.number) {
            try await send(number, &course, over: hop, askedBefore: isAsked)
        }
    }

    /// Sends passwords to telephones. A quarter of the time that is left is kept for what comes after.
    private func send(
        _ passwords: [OutboundMessage.Text], _ course: inout Course, _ sender: (any TextSender)?,
        _ deadline: ContinuousClock.Instant
    ) async throws(Refusal) {
        for password in passwords {
            do throws(Refusal) {
                guard let sender else {
                    throw Refusal(
                        .internalError, "temporary fault while sending a password",
                        detail: "a text message was planned without a hook being set up")
                }
                try await sender.send(
                    TextMessage(number: password.number, text: password.text),
                    deadline: deadline - (deadline - .now) / 4)
                Failpoint.reach("relay.texted")
                await passwordMailed([password.letterID], course)
            } catch {
                guard !course.coherence.isWhole else { throw error }
                course.settle(letter: password.letterID, as: RecipientResult(error))
            }
        }
    }

    /// Nothing is sent where the hop lacks what a later transmission needs.
    private func check(_ course: inout Course, _ capabilities: ClientCapabilities) throws(Refusal) {
        for leg in course.legs {
            guard let shortfall = capabilities.shortfall(for: leg.transaction(.ask)) else { continue }
            let refusal = NextHopRefusal.unsupported(shortfall, by: leg)
            guard !course.coherence.isWhole || leg.isOptional else { throw refusal }
            course.settle(leg.recipients, of: leg.number, as: RecipientResult(refusal))
        }
    }

    /// Asks about every recipient of every transmission. Where the message can still be refused as a whole, a permanent
    /// refusal ends it; a temporary one waits for the others, because a permanent one among them is the better answer.
    private func ask(_ course: inout Course, over hop: NextHopLease) async throws(Refusal) {
        var first: Refusal?
        for number in course.legs.map(\.number) {
            guard let leg = course.leg(number) else { continue }
            let outcome = try await hop.run(leg.transaction(.ask), content: .empty)
            guard let refusal = NextHopRefusal.from(outcome, to: leg) else { continue }
            if !course.coherence.isWhole || leg.isOptional {
                try settle(leg, outcome, refusal, &course)
            } else if case .refused = outcome, !refusal.isPermanent {
                first = first ?? refusal
            } else {
                throw refusal
            }
        }
        if let first { throw first }
    }

    /// Sends one leg; where some of its recipients are refused on the way, once more for the others.
    private func send(
        _ number: Int, _ course: inout Course, over hop: NextHopLease, askedBefore: Bool
    ) async throws(Refusal) {
        while let leg = course.leg(number) {
            guard try await mark(leg, &course) else { return }
            let transaction = leg.transaction(.send(askedBefore: askedBefore))
            let outcome = try await hop.run(transaction, content: leg.content)
            switch outcome {
            case .accepted: return await accepted(leg, &course)
            case .failed(let failure) where failure.stage == .finalDot: await perhapsAccepted(leg, &course)
            default: break
            }
            guard let refusal = NextHopRefusal.from(outcome, to: leg) else { return }  // unreachable: not accepted
            guard !course.coherence.isWhole || leg.isOptional else { throw refusal }
            try settle(leg, outcome, refusal, &course)
            await commit(&course)
        }
    }

    /// A letter whose link may be out must be known as such.
    /// - Returns: false where it could not be marked and only its own recipient is put off.
    private func mark(_ leg: Leg, _ course: inout Course) async throws(Refusal) -> Bool {
        guard case .notification(let id) = leg.role else { return true }
        do throws(Refusal) {
            try await letters.markNotifying(id)
            Failpoint.reach("relay.notifying")
            return true
        } catch {
            guard !course.coherence.isWhole else { throw error }
            course.settle(leg.recipients, of: leg.number, as: RecipientResult(error))
            return false
        }
    }

    /// What did not work concerns those it was said about, or the whole leg; where nothing else can work either, it is
    /// thrown. A mail that nobody's letter waits for is left out.
    private func settle(
        _ leg: Leg, _ outcome: ClientOutcome, _ refusal: Refusal, _ course: inout Course
    ) throws(Refusal) {
        if leg.isOptional {
            logger.warning(
                "the mail that tells a sender of his links has not been taken",
                metadata: ["error": "\(refusal)"])
        }
        switch outcome {
        case .refused(let refusals):
            let named = refusals.compactMap(\.recipient).filter { !leg.originals(of: $0).isEmpty }
            guard !leg.isPasswordMail, leg.dependents == nil, !named.isEmpty, named.count == refusals.count else {
                break
            }
            for one in refusals {
                guard let address = one.recipient else { continue }
                let own = NextHopRefusal.from(.refused([one]), to: leg) ?? refusal
                course.settle(leg.originals(of: address), of: leg.number, as: RecipientResult(own))
            }
            return
        case .failed(let failure):
            switch failure.reason {
            case .silent, .deadline, .cancelled, .unwelcome, .noTLS, .tlsFailed, .loginFailed: throw refusal
            case .closed, .malformed, .leaving, .unreadable: break
            }
        case .accepted, .unsupported: break
        }
        course.settle(leg.recipients, of: leg.number, as: RecipientResult(refusal))
    }

    // MARK: - Remembering

    private func accepted(_ leg: Leg, _ course: inout Course) async {
        if let ids = leg.passwordLetters {
            Failpoint.reach("relay.password-mailed")
            await passwordMailed(ids, course)
            return course.accept(leg)
        }
        Failpoint.reach("relay.accepted")
        course.accept(leg)
        await commit(&course)
        Failpoint.reach("relay.committed")
        // After the commit: a letter that stands at "notifying" is made readable by the store itself.
        if case .notification(let id) = leg.role { await makeReadable(id, &course) }
    }

    /// The reply to the final dot is lost: the letter must open if its link arrived, and a password mail that may have
    /// arrived is replaced by the next one. For the ledger it is not delivered: rather twice than never.
    private func perhapsAccepted(_ leg: Leg, _ course: inout Course) async {
        switch leg.role {
        case .passed, .sealed, .archive, .report: break
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
            Failpoint.reach("relay.readable")
        } catch {
            course.unreadable.append(id)
            logger.error("making a letter readable failed", metadata: ["error": "\(error)"])
        }
    }

    /// Writes what the hop has accepted, and whom it has refused, into the ledger. A failing disk does not stop the
    /// delivery: stopping here makes the retry send twice for certain, going on may end it well. The rows are tried again
    /// with the next ones.
    private func commit(_ course: inout Course) async {
        guard course.isRecorded, !course.unrecorded.isEmpty || !course.unrecordedRefusals.isEmpty,
            let fingerprint = course.fingerprint
        else { return }
        do throws(Refusal) {
            try await ledger.record(
                sender: course.sender, recipients: course.unrecorded, refused: course.unrecordedRefusals,
                fingerprint: fingerprint)
            course.unrecorded = []
            course.unrecordedRefusals = [:]
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
