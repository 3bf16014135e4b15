// One delivery: asks the next hop about every recipient, sends every transaction, and says what became of each
// recipient. Touches the connection it is given, the ledger and the states of letters through its record. Throws
// Refusal.

import Logging
import Mail
import NIOCore
import POSIX
import SMTP
import Sealing
import Texting
import Vault

/// A delivery while it is under way.
struct DeliveryRun {
    /// What is still to be sent, and what became of the rest.
    var state: DeliveryState
    private let record: DeliveryRecord
    private let deadline: ContinuousClock.Instant
    private let texts: (any TextSender)?
    private let logger: Logger

    /// - Parameters:
    ///   - deadline: what is under way then is aborted.
    ///   - texts: sends passwords by text message; nil: none can be sent.
    init(
        _ state: DeliveryState, record: DeliveryRecord, deadline: ContinuousClock.Instant,
        texts: (any TextSender)?,
        logger: Logger
    ) {
        self.state = state
        self.record = record
        self.deadline = deadline
        self.texts = texts
        self.logger = logger
    }

    /// Sends every transaction, in order.
    /// - Parameter fingerprint: makes the one of the message as it came in; called at most once, and only where needed.
    mutating func send(
        over hop: NextHopLease, _ fingerprint: () throws(Refusal) -> MessageFingerprint
    ) async throws(Refusal) {
        // Nothing to send is not "all of it was accepted".
        guard !state.transactions.isEmpty else {
            throw Refusal(
                .internalError, "internal error", detail: "delivering a message without transmissions")
        }
        if state.isRecorded || !record.ledger.isEmpty { state.fingerprint = try fingerprint() }
        if !record.ledger.isEmpty, let known = state.fingerprint {
            state.leave(out: try await record.ledger.remembered(sender: state.sender, fingerprint: known))
            state.renewPasswordMail()
        }
        guard !state.transactions.isEmpty else { return }
        let capabilities = try await hop.capabilities()
        try check(capabilities)
        state.split(capabilities.recipientMax)
        if state.isRecorded, state.fingerprint == nil { state.fingerprint = try fingerprint() }
        let isAsked = state.transactions.count > 1 || !state.texts.isEmpty
        if isAsked { try await ask(over: hop) }
        Failpoint.reach("relay.asked")
        try await send(state.texts)
        state.renewPasswordMail()
        for number in state.transactions.map(\.number) {
            try await send(number, over: hop, askedBefore: isAsked)
        }
    }

    /// Sends passwords to telephones. A quarter of the time that is left is kept for what comes after.
    private mutating func send(_ passwords: [OutboundMessage.Text]) async throws(Refusal) {
        for password in passwords {
            do throws(Refusal) {
                guard let texts else {
                    throw Refusal(
                        .internalError, "temporary fault while sending a password",
                        detail: "a text message was planned without a hook being set up")
                }
                try await texts.send(
                    TextMessage(number: password.number, text: password.text),
                    deadline: deadline - (deadline - .now) / 4)
                Failpoint.reach("relay.texted")
                await record.passwordMailed([password.letterID], state)
            } catch {
                guard !state.coherence.isWhole else { throw error }
                state.settle(letter: password.letterID, as: Fate(error))
            }
        }
    }

    /// Nothing is sent where the hop lacks what a later transmission needs.
    private mutating func check(_ capabilities: ClientCapabilities) throws(Refusal) {
        for pending in state.transactions {
            guard let shortfall = capabilities.shortfall(for: pending.transaction(.ask)) else { continue }
            let refusal = NextHopRefusal.unsupported(shortfall, by: pending)
            guard !state.coherence.isWhole || pending.isOptional else { throw refusal }
            state.settle(pending.recipients, of: pending.number, as: Fate(refusal))
        }
    }

    /// Asks about every recipient of every transmission. Where the message can still be refused as a whole, a permanent
    /// refusal ends it; a temporary one waits for the others, because a permanent one among them is the better answer.
    private mutating func ask(over hop: NextHopLease) async throws(Refusal) {
        var first: Refusal?
        for number in state.transactions.map(\.number) {
            guard let pending = state.transaction(number) else { continue }
            let outcome = try await hop.run(pending.transaction(.ask), content: .empty)
            guard let refusal = NextHopRefusal.from(outcome, to: pending) else { continue }
            if !state.coherence.isWhole || pending.isOptional {
                try settle(pending, outcome, refusal)
            } else if case .refused = outcome, !refusal.isPermanent {
                first = first ?? refusal
            } else {
                throw refusal
            }
        }
        if let first { throw first }
    }

    /// Sends one pending; where some of its recipients are refused on the way, once more for the others.
    private mutating func send(
        _ number: Int, over hop: NextHopLease, askedBefore: Bool
    ) async throws(Refusal) {
        while let pending = state.transaction(number) {
            guard try await mark(pending) else { return }
            let transaction = pending.transaction(.send(askedBefore: askedBefore))
            let outcome = try await hop.run(transaction, content: pending.content)
            switch outcome {
            case .accepted: return await record.accepted(pending, &state)
            case .failed(let failure) where failure.stage == .finalDot:
                await record.perhapsAccepted(pending, &state)
            default: break
            }
            guard let refusal = NextHopRefusal.from(outcome, to: pending) else {
                return  // unreachable: not accepted
            }
            guard !state.coherence.isWhole || pending.isOptional else { throw refusal }
            try settle(pending, outcome, refusal)
            await record.commit(&state)
        }
    }

    /// A letter whose link may be out must be known as such.
    /// - Returns: false where it could not be marked and only its own recipient is put off.
    private mutating func mark(_ pending: PendingTransaction) async throws(Refusal) -> Bool {
        guard case .notification(let id) = pending.role else { return true }
        do throws(Refusal) {
            try await record.letters.markNotifying(id)
            Failpoint.reach("relay.notifying")
            return true
        } catch {
            guard !state.coherence.isWhole else { throw error }
            state.settle(pending.recipients, of: pending.number, as: Fate(error))
            return false
        }
    }

    /// What did not work concerns those it was said about, or the whole transaction; where nothing else can work
    /// either, it is thrown. A mail that nobody's letter waits for is left out.
    private mutating func settle(
        _ pending: PendingTransaction, _ outcome: ClientOutcome, _ refusal: Refusal
    ) throws(Refusal) {
        if pending.isOptional {
            logger.warning(
                "the mail that tells a sender of the links has not been taken",
                metadata: ["error": "\(refusal)"])
        }
        switch outcome {
        case .refused(let refusals):
            let named = refusals.compactMap(\.recipient).filter { !pending.originals(of: $0).isEmpty }
            guard !pending.isPasswordMail, pending.dependents == nil, !named.isEmpty,
                named.count == refusals.count
            else {
                break
            }
            for one in refusals {
                guard let address = one.recipient else { continue }
                let own = NextHopRefusal.from(.refused([one]), to: pending) ?? refusal
                state.settle(pending.originals(of: address), of: pending.number, as: Fate(own))
            }
            return
        case .failed(let failure):
            switch failure.reason {
            case .silent, .deadline, .cancelled, .unwelcome, .noTLS, .tlsFailed, .loginFailed:
                throw refusal
            case .closed, .malformed, .leaving, .unreadable: break
            }
        case .accepted, .unsupported: break
        }
        state.settle(pending.recipients, of: pending.number, as: Fate(refusal))
    }
}
