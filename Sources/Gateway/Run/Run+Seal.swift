// Sealing, while the message hangs together and where each recipient has a fate of its own.

import Delivery
import Foundation
import Links
import Mail
import POSIX
import Policy
import Sealing
import Vault

extension Run {
    /// Seals what the plan says. Sealing may wait for gpg, so it is cut off at the deadline (delivery watches the
    /// deadline itself); what passes as it is waits for nothing, and is spared the timer.
    mutating func seal() async throws(Refusal) {
        try await sealAll()
        Failpoint.reach("path.sealed")
    }

    private mutating func sealAll() async throws(Refusal) {
        defer { times.sealed() }
        // Before the work of sealing; keeping counts again, and exactly.
        if coherence.isWhole, plan.decisions.contains(where: { $0.outcome == .seal(.link) }) {
            try await path.letters.requireRoom(bytes: received.bytes.count, quota: path.terms.storage)
        }
        let earlier = EarlierTries(
            delivered: known.settled, copied: known.copied, passwordMailed: known.passwordMailed,
            conversations: try await path.conversations(for: plan, errand, without: known.settled),
            takesNoNewLetters: errand.isAnswer)
        let standing: [String: StandingPassword]
        do throws(Refusal) { standing = try await path.standing(for: plan) } catch {
            guard !coherence.isWhole else { throw error }
            return fates.failRest(of: plan, error)
        }
        guard coherence.isWhole else { return await sealApart(earlier, standing) }
        let sealer = path.sealer
        let plan = plan
        let usesGPG = plan.decisions.contains {
            $0.outcome.isSeal || $0.effects.signs || !$0.effects.archives.isEmpty
        }
        guard usesGPG else {
            outbound = try await sealer.seal(plan, earlier: earlier, standing: standing)
            return
        }
        guard errand.sendsWhatIsFinished else {
            try requireTime(earlier, tries: 1)
            outbound = try await within(deadline) { () async throws(Refusal) in
                try await sealer.seal(plan, earlier: earlier, standing: standing)
            }
            return
        }
        try requireTime(earlier, tries: Self.mostTries)
        let until = lettersUntil
        let finished = try await within(deadline) { () async throws(Refusal) in
            try await sealer.seal(plan, lettersUntil: until, earlier: earlier, standing: standing)
        }
        // Nothing is out yet, and by now it is known how fast this machine is.
        if !finished.failures.isEmpty { try requireTime(earlier, tries: Self.mostTries) }
        fates.fail(finished.failures)
        outbound = finished.outbound
    }

    /// So many tries a message may take to serve all who get a link: an MTA tries again after minutes, then ever more
    /// rarely.
    private static let mostTries = 4

    /// From then on no letter is begun: a third of the time is kept for what comes after.
    private var lettersUntil: ContinuousClock.Instant { times.start + lettersTime }

    /// How long letters may be made in one try.
    private var lettersTime: Duration { max(times.start.duration(to: deadline), .zero) * 2 / 3 }

    private func requireTime(_ earlier: EarlierTries, tries: Int) throws(Refusal) {
        try path.sealer.requireTime(for: plan, earlier: earlier, tries: tries, of: lettersTime)
    }

    /// As above where a group that cannot be sealed keeps nobody else back.
    private mutating func sealApart(_ earlier: EarlierTries, _ standing: [String: StandingPassword]) async {
        do throws(Refusal) {
            let sealer = path.sealer
            let plan = plan
            let until = lettersUntil
            let apart = try await within(deadline) { () async throws(Refusal) in
                await sealer.sealApart(plan, lettersUntil: until, earlier: earlier, standing: standing)
            }
            fates.fail(apart.failures)
            outbound = apart.outbound
        } catch {
            fates.failRest(of: plan, error)
        }
    }
}

extension MessagePath {
    /// The standing passwords that a plan asks for, by folded address of the reader.
    /// - Throws: a ``Refusal`` of cause `storage`.
    func standing(for plan: DecidedMessage) async throws(Refusal) -> [String: StandingPassword] {
        var passwords: [String: StandingPassword] = [:]
        var readers: [Mailbox] = []
        for decision in plan.decisions where decision.password == .standing {
            let reader = decision.effects.redirect ?? decision.recipient
            guard passwords[reader.folded] == nil else { continue }
            // One that has been forgotten since is missed by the sealer, which puts the message off.
            passwords[reader.folded] = try await ledger.standingPassword(of: reader)
            readers.append(reader)
        }
        // That it was used is no reason to hold anything up.
        try? await ledger.usedStandingPasswords(readers, nowSeconds: Int64(Date().timeIntervalSince1970))
        return passwords
    }
}
