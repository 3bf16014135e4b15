// What must be remembered of a delivery: what the hop has accepted, in the ledger; letters whose links are out, in the
// letter store. A failing disk does not stop a delivery: what fails is logged and tried again. Touches both stores;
// never throws.

import Logging
import Mail
import POSIX
import Sealing
import Vault

/// The memory of one delivery.
struct DeliveryRecord {
    let ledger: any Deliveries
    let letters: any LetterStates
    let logger: Logger

    /// The hop has accepted a transaction.
    func accepted(_ pending: PendingTransaction, _ state: inout DeliveryState) async {
        if let ids = pending.passwordLetters {
            Failpoint.reach("relay.password-mailed")
            await passwordMailed(ids, state)
            return state.accept(pending)
        }
        Failpoint.reach("relay.accepted")
        state.accept(pending)
        await commit(&state)
        Failpoint.reach("relay.committed")
        // After the commit: a letter that stands at "notifying" is made readable by the store itself.
        if case .notification(let id) = pending.role { await makeReadable(id, &state) }
    }

    /// The reply to the final dot is lost: the letter must open if its link arrived, and a password mail that may have
    /// arrived is replaced by the next one. For the ledger it is not delivered: rather twice than never.
    func perhapsAccepted(_ pending: PendingTransaction, _ state: inout DeliveryState) async {
        switch pending.role {
        case .passed, .sealed, .archive, .report: break
        case .passwordMail(let ids): await passwordMailed(ids, state)
        case .notification(let id): await makeReadable(id, &state)
        }
    }

    func passwordMailed(_ ids: [String], _ state: DeliveryState) async {
        guard let fingerprint = state.fingerprint else { return }
        do throws(Refusal) {
            try await ledger.passwordMailed(
                sender: state.sender, recipients: state.letters.recipients(of: ids),
                fingerprint: fingerprint)
        } catch {
            // Its only loss: a later password mail does not say that it replaces this one.
            logger.error("recording a password mail failed", metadata: ["error": "\(error)"])
        }
    }

    /// Readable now or at the end of the delivery; where the store fails both times, it settles a letter that stands at
    /// "notifying" by making it readable itself.
    private func makeReadable(_ id: String, _ state: inout DeliveryState) async {
        state.letters.notified.insert(id)
        do throws(Refusal) {
            try await letters.makeReadable([id])
            Failpoint.reach("relay.readable")
        } catch {
            state.letters.unreadable.append(id)
            logger.error("making a letter readable failed", metadata: ["error": "\(error)"])
        }
    }

    /// Writes what the hop has accepted, and whom it has refused, into the ledger. A failing disk does not stop the
    /// delivery: stopping here makes the retry send twice for certain, going on may end it well. The rows are tried
    /// again with the next ones.
    func commit(_ state: inout DeliveryState) async {
        guard state.isRecorded, !state.unrecorded.isEmpty,
            let fingerprint = state.fingerprint
        else { return }
        do throws(Refusal) {
            try await ledger.record(
                sender: state.sender, recipients: state.unrecorded.accepted,
                copied: state.unrecorded.copied, receipted: [], refused: state.unrecorded.refused,
                fingerprint: fingerprint)
            state.unrecorded = UnrecordedFates()
        } catch {
            logger.error("recording a delivery failed", metadata: ["error": "\(error)"])
        }
    }

    /// Whatever came of the delivery: rows and states that failed are tried once more, unsent letters go.
    func tidy(_ state: inout DeliveryState) async {
        await commit(&state)
        if !state.letters.unreadable.isEmpty {
            do throws(Refusal) {
                try await letters.makeReadable(state.letters.unreadable)
            } catch {
                logger.error(
                    "letters stay unreadable until the store settles them", metadata: ["error": "\(error)"])
            }
        }
        let unsent = state.letters.unsent
        guard !unsent.isEmpty else { return }
        do throws(Refusal) {
            try await letters.discard(unsent)
        } catch {
            logger.error(
                "unsent letters stay until the store settles them", metadata: ["error": "\(error)"])
        }
    }
}
