// The quarantine as the message path and the housekeeping use it: holding, and sending the mails that tell of it.

import Delivery
import Foundation
import Logging
import MIME
package import Mail
import OpenPGP
import Policy
import Sealing
import Vault

/// What the settings say of the quarantine.
package struct QuarantineSettings: Sendable {
    /// File of the certificate that held messages are sealed to.
    package var keyFile: String
    /// Who is told, and answers questions.
    package var officer: Mailbox
    /// How long a message waits, in seconds.
    package var keepSeconds: Int64
    package var tellsSender: Bool
    package var tellsOfficer: Bool

    package init(
        keyFile: String, officer: Mailbox, keepSeconds: Int64, tellsSender: Bool = true, tellsOfficer: Bool = true
    ) {
        self.keyFile = keyFile
        self.officer = officer
        self.keepSeconds = keepSeconds
        self.tellsSender = tellsSender
        self.tellsOfficer = tellsOfficer
    }
}

/// The quarantine of one configuration.
struct Quarantine: Sendable {
    let settings: QuarantineSettings
    let key: FileKey
    let inside: DomainList

    /// The mails that a held message makes. A stranger is not told: who sent it may not be who it says.
    func notices(to sender: Mailbox?) -> [QuarantineNotice.Kind] {
        var kinds: [QuarantineNotice.Kind] = []
        if settings.tellsSender, let sender, inside.contains(sender) { kinds.append(.heldSender) }
        if settings.tellsOfficer { kinds.append(.heldOfficer) }
        return kinds
    }

    /// The mails that a message makes which nobody released in time.
    var expiryNotices: [QuarantineNotice.Kind] { settings.tellsOfficer ? [.expiredOfficer] : [] }
}

extension MessagePath {
    /// Commits the message for those recipients whom the plan holds back, before anything is sent: from then on the
    /// message is partly out. Who is held by an earlier try already is not held again.
    /// - Returns: true where somebody is held now.
    /// - Throws: where the message hangs together still: then nothing is held. Where everybody has a fate of his own, who
    ///   cannot be held is put off.
    func hold(
        _ decided: DecidedMessage, _ print: LazyFingerprint, _ coherence: Coherence,
        _ deadline: ContinuousClock.Instant, _ progress: inout Progress
    ) async throws(Refusal) -> Bool {
        let held = decided.decisions.filter { decision in
            guard case .quarantine = decision.outcome else { return false }
            return progress.results[decision.recipient] == nil
        }
        guard !held.isEmpty else { return false }
        do throws(Refusal) {
            // As it came, where a release, which plans anew, may need the password that its sender wrote into it.
            let received = decided.holdsWishes ? decided.original : decided.parsed.received
            try await within(deadline) { () async throws(Refusal) in try await commit(held, of: received, print) }
            Failpoint.reach("quarantine.committed")
            for decision in held { progress.results[decision.recipient] = .held }
            return true
        } catch {
            guard coherence != .wholeMessage else { throw error }
            for decision in held { progress.results[decision.recipient] = Fate(error) }
            return false
        }
    }

    private func commit(
        _ held: [Decision], of received: ReceivedMessage, _ print: LazyFingerprint
    ) async throws(Refusal) {
        guard let quarantine else {
            // unreachable: rules that hold messages do not load without it.
            throw Refusal(
                .internalError, "internal error", detail: "a message is to be held, and there is no quarantine")
        }
        let sealed = try await sealer.quarantine(received, to: try await quarantine.key.certificate())
        Failpoint.reach("quarantine.sealed")
        let now = Int64(Date().timeIntervalSince1970)
        let recipients = held.map(\.recipient)
        let entry = QuarantineEntry(
            id: try QuarantineID.make(), sender: received.envelope.sender?.folded ?? "",
            recipients: held.map { decision in
                var reason = ""
                if case .quarantine(let text) = decision.outcome { reason = text }
                return .init(address: decision.recipient.description, rules: decision.rules, reason: reason)
            },
            circumstances: try HeldCircumstances(received, recipients).json(), sealedTo: sealed.sealedTo,
            bytes: sealed.bytes, receivedAtSeconds: received.receivedAtSeconds, heldAtSeconds: now,
            expiresAtSeconds: now + quarantine.settings.keepSeconds)
        _ = try await ledger.hold(
            entry, sender: received.envelope.sender, recipients: recipients, fingerprint: try print.make(),
            content: sealed.sealed, notices: quarantine.notices(to: received.envelope.sender))
    }
}
