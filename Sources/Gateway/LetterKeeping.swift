// Revoking and extending letters, for whoever may: the sender by his page, the administrator by the command. Both databases
// are told, the gateway's own first, so that a stop between the two is made good by asking again.

import Mail
import Vault

/// What became of a wish about a letter.
package enum KeepingResult: Sendable, Equatable {
    case revoked
    /// Until when it can be opened now, in seconds since 1970.
    case extended(untilSeconds: Int64)
    /// It has been as long as it may be already.
    case longest
    /// A rule has set how long it lives.
    case fixed
    /// There is no such letter, or not any more.
    case gone
}

/// Changes the life of letters.
struct LetterKeeping: Sendable {
    let ledger: Ledger
    let letters: LetterStore

    /// Deletes a letter for good. Saying it twice is no error.
    func revoke(_ id: String, nowSeconds: Int64) async throws(Refusal) -> KeepingResult {
        let owner = try await ledger.owner(of: id)
        if let owner, owner.ended == .revoked {
            // Asked again after a stop: the letter may still lie there.
            _ = try await letters.revoke(id)
            return .revoked
        }
        let isPast = (owner?.expiresAtSeconds).map { $0 <= nowSeconds } ?? false
        guard owner?.ended == nil, !isPast else { return .gone }
        try await ledger.ended(id, .revoked)
        let wasThere = try await letters.revoke(id)
        return wasThere || owner != nil ? .revoked : .gone
    }

    /// Lets a letter live longer.
    /// - Parameters:
    ///   - seen: when it expires as far as whoever asks knows; where it is another time by now, somebody was faster, and
    ///     the letter stays as it is. nil: whatever it is.
    ///   - bySeconds: how much longer.
    ///   - longestSeconds: from its making.
    func extend(
        _ id: String, seen: Int64?, bySeconds: Int64, longestSeconds: Int64, nowSeconds: Int64
    ) async throws(Refusal) -> KeepingResult {
        guard let owner = try await ledger.owner(of: id), owner.ended == nil, owner.expiresAtSeconds > nowSeconds else {
            return .gone
        }
        guard !owner.isFixed else { return .fixed }
        var until = owner.expiresAtSeconds
        if seen == nil || seen == until {
            // Saturating: both come from settings and from our own clock, but a trap would end the gateway.
            let (longer, isLate) = until.addingReportingOverflow(bySeconds)
            let (longest, isFar) = owner.createdAtSeconds.addingReportingOverflow(longestSeconds)
            let wanted = min(isLate ? .max : longer, isFar ? .max : longest)
            guard wanted > until else { return .longest }
            until = wanted
            try await ledger.extended(id, toSeconds: until)
        }
        let isThere = try await letters.extend(id, toSeconds: until, nowSeconds: nowSeconds)
        return isThere ? .extended(untilSeconds: until) : .gone
    }
}
