// Finds what senders are to be told of: looks at letters.db every few seconds and compares it with what the gateway's
// own database knows has been told. The portal sends nothing; what it says is believed no further than one mail of each
// kind.

import Links
import Logging
import Mail
import Sealing
import SettingValues
import Vault

extension LetterNoticeSettings {
    /// The notices of letters that are sent.
    var kinds: Set<LetterNotice> {
        var kinds: Set<LetterNotice> = []
        if opened { kinds.insert(.opened) }
        if resting { kinds.insert(.resting) }
        if expiring { kinds.insert(.expiring) }
        if expired { kinds.insert(.expired) }
        return kinds
    }
}

/// Compares in each round.
actor LetterWatch: Periodic {
    private let letters: any GatewayLetters
    private let ledger: any LetterOwners & LetterNews & Outbox
    private let current: CurrentPath
    let logger: Logger
    let pauseSeconds: Double
    let failure = "looking for news of letters failed"
    /// Events that the gateway's database has been asked about: what has not changed is not asked again.
    private var handled: [String: LockedLetter.Attempts] = [:]

    init(
        letters: any GatewayLetters, ledger: any LetterOwners & LetterNews & Outbox, current: CurrentPath,
        logger: Logger, pauseSeconds: Double = 5
    ) {
        self.letters = letters
        self.ledger = ledger
        self.current = current
        self.logger = logger
        self.pauseSeconds = pauseSeconds
    }

    /// One look. A database that fails ends it; the next one sees the same.
    func work(nowSeconds: Int64) async throws(Refusal) {
        // That it cannot be used is said once (StorageAlarm), not with each round.
        guard letters.problem == nil else { return }
        let terms = current.path.terms
        let wishes = NoticeWishes(kinds: terms.notices.kinds) { [unattended = terms.unattended] sender in
            Mailbox(sender).map { !unattended.contains($0) } ?? false
        }
        let events = try await letters.events()
        let new = events.filter { handled[$0.id] != $0 }
        // In one piece each: a great many come after a long stop only.
        for start in stride(from: 0, to: new.count, by: 500) {
            try await ledger.take(Array(new[start..<min(start + 500, new.count)]), wishes, nowSeconds: nowSeconds)
        }
        handled = Dictionary(events.map { ($0.id, $0) }) { first, _ in first }
        try await takeEnding(wishes, nowSeconds)
    }

    private func takeEnding(_ wishes: NoticeWishes, _ nowSeconds: Int64) async throws(Refusal) {
        let (ended, soon) = try await ledger.ending(nowSeconds: nowSeconds)
        var expired: [LetterOwner] = []
        var never: [LetterOwner] = []
        for letter in ended {
            // What was discarded before its link was out has no row there: nobody hears of it.
            let seen = try await seen(letter, nowSeconds)
            if let seen, seen.isThere { continue }
            if let seen, seen.openedAtSeconds == nil { expired.append(letter) } else { never.append(letter) }
        }
        try await ledger.take(expired: expired, wishes, nowSeconds: nowSeconds)
        try await ledger.take(expired: never, nil, nowSeconds: nowSeconds)
        var expiring: [LetterOwner] = []
        for letter in soon {
            let seen = try await seen(letter, nowSeconds)
            if let seen, seen.state == .waiting, seen.expiresAtSeconds == letter.expiresAtSeconds {
                expiring.append(letter)
            }
        }
        try await ledger.enqueue(expiring.map(wishes.warning(about:)), nowSeconds: nowSeconds)
    }

    /// The letter as it lies there. Later messages under its link lengthen its life: that is noted here.
    private func seen(_ letter: LetterOwner, _ nowSeconds: Int64) async throws(Refusal) -> LockedLetter.Status? {
        let seen = try await letters.status(of: letter.letterID, nowSeconds: nowSeconds)
        guard let seen, seen.isThere, seen.expiresAtSeconds > letter.expiresAtSeconds else { return seen }
        // The portal's user can write any time there: no later than any letter can last.
        let longest = current.path.links.offer?.settings.longestLifeSeconds ?? LetterNotice.warningSeconds
        let latest = nowSeconds.addingReportingOverflow(longest).partialValue
        try await ledger.extended(letter.letterID, toSeconds: min(seen.expiresAtSeconds, latest))
        return seen
    }
}
