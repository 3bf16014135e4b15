// Sealing and keeping, where the message hangs together and where everybody's fate is his own.

import Delivery
import Extraction
import Links
import MIME
import Mail
import Policy
import Sealing
import Vault

extension MessagePath {
    /// What attachments hold, where any rule asks for it.
    func extract(_ parsed: ParsedMessage) async -> ExtractedParts {
        guard let extraction, rules.looksInside else { return ExtractedParts() }
        return await extraction.extract(parsed)
    }

    /// Sealing may wait for gpg, so it is cut off at the deadline (delivery watches the deadline itself); what passes as it
    /// is waits for nothing, and is spared the timer.
    func seal(
        _ decided: DecidedMessage, _ known: RememberedMessage, _ coherence: Coherence,
        _ deadline: ContinuousClock.Instant, _ progress: inout Progress
    ) async throws(Refusal) -> OutboundMessage {
        defer { progress.sealed() }
        // Before the work of sealing; keeping counts again, and exactly.
        if coherence == .wholeMessage, decided.decisions.contains(where: { $0.outcome == .seal(.link) }) {
            try await letters.requireRoom(bytes: decided.parsed.received.bytes.count, quota: storage)
        }
        let earlier = EarlierTries(
            delivered: known.settled, passwordMailed: known.passwordMailed,
            conversations: try await conversations(for: decided, without: known.settled),
            takesNoNewLetters: decided.parsed.received.origin.isAnswer)
        let standing: [String: StandingPassword]
        do throws(Refusal) { standing = try await self.standing(for: decided) } catch {
            guard coherence != .wholeMessage else { throw error }
            progress.failRest(of: decided, error)
            return .nothing
        }
        guard coherence == .wholeMessage else {
            return await sealApart(decided, earlier, standing, deadline, &progress)
        }
        let usesGPG = decided.decisions.contains {
            $0.outcome.isSeal || $0.effects.signs || !$0.effects.archives.isEmpty
        }
        guard usesGPG else {
            return try await sealer.seal(decided, earlier: earlier, standing: standing)
        }
        return try await within(deadline) { [sealer] () async throws(Refusal) in
            try await sealer.seal(decided, earlier: earlier, standing: standing)
        }
    }

    /// As above where a group that cannot be sealed keeps nobody else back.
    private func sealApart(
        _ decided: DecidedMessage, _ earlier: EarlierTries, _ standing: [String: StandingPassword],
        _ deadline: ContinuousClock.Instant, _ progress: inout Progress
    ) async -> OutboundMessage {
        do throws(Refusal) {
            let apart = try await within(deadline) { [sealer] () async throws(Refusal) in
                await sealer.sealApart(decided, earlier: earlier, standing: standing)
            }
            progress.fail(apart.failures)
            return apart.outbound
        } catch {
            progress.failRest(of: decided, error)
            return .nothing
        }
    }

    /// Who is to have how much of the room for letters.
    private func shares(of outbound: OutboundMessage) throws(Refusal) -> StorageShares {
        var owners: [StorageShares.Share] = []
        for letter in outbound.letters {
            owners.append(
                .init(contentID: letter.record.contentID, owner: try ledger.storageOwner(letter.recipient)))
        }
        for message in outbound.following {
            owners.append(
                .init(contentID: message.record.contentID, owner: try ledger.storageOwner(message.recipient)))
        }
        return StorageShares(quota: storage, owners: owners)
    }

    /// Letters are on disk before their links leave. Where they cannot be kept, whoever has an answer of his own is put off.
    func keep(
        _ outbound: OutboundMessage, _ coherence: Coherence, _ progress: inout Progress
    ) async throws(Refusal) -> OutboundMessage {
        guard !outbound.letters.isEmpty || !outbound.following.isEmpty else { return outbound }
        do throws(Refusal) {
            try await letters.keep(
                outbound.contents, outbound.letters.map(\.record), following: outbound.following.map(\.record),
                controls: outbound.letters.compactMap(LetterControl.init), shares: try shares(of: outbound))
            try await ledger.issued(
                outbound.letters.map(IssuedLetter.init), conversations: outbound.letters.map(Conversation.init))
            try await note(outbound.following)
            Failpoint.reach("vault.kept")
            return outbound
        } catch {
            guard coherence != .wholeMessage else { throw error }
            for recipient in outbound.letters.map(\.recipient) + outbound.following.map(\.recipient) {
                progress.results[recipient] = Fate(error)
            }
            return outbound.only {
                switch $0.role {
                case .passed, .sealed, .archive: true
                case .passwordMail, .notification, .report: false
                }
            }
        }
    }
}
