// Revoking and extending letters, for those who may: the sender by his page, the administrator by the command. Both
// databases are told, the gateway's own first, so that a stop between the two is made good by asking again.

package import Mail
package import Vault

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
package struct LetterKeeping: Sendable {
    let ledger: any LetterOwners
    let letters: any GatewayLetters

    /// - Parameters:
    ///   - ledger: the gateway's own database.
    ///   - letters: opened in the gateway's role.
    package init(ledger: any LetterOwners, letters: any GatewayLetters) {
        self.ledger = ledger
        self.letters = letters
    }

    /// Deletes a letter for good. Saying it twice is no error.
    package func revoke(_ id: String, nowSeconds: Int64) async throws(Refusal) -> KeepingResult {
        if try await ledger.owner(of: id)?.ended == .revoked {
            // Asked again after a stop: the letter may still lie there.
            _ = try await letters.revoke(id)
            return .revoked
        }
        guard let seen = try await letters.status(of: id, nowSeconds: nowSeconds), seen.isThere else { return .gone }
        try await ledger.ended(id, .revoked)
        _ = try await letters.revoke(id)
        return .revoked
    }

    /// Lets a letter live longer.
    /// - Parameters:
    ///   - seen: when it expires as far as the caller knows; where it is another time by now, somebody was faster,
    ///     and the letter stays as it is. nil: whatever it is.
    ///   - bySeconds: how much longer.
    ///   - longestSeconds: from its making.
    package func extend(
        _ id: String, seen: Int64?, bySeconds: Int64, longestSeconds: Int64, nowSeconds: Int64
    ) async throws(Refusal) -> KeepingResult {
        guard let owner = try await ledger.owner(of: id), owner.ended == nil,
            let shown = try await letters.status(of: id, nowSeconds: nowSeconds), shown.isThere
        else { return .gone }
        guard !owner.isFixed else { return .fixed }
        // Later messages lengthen its life in letters.db; a stop after our own note leaves it short there.
        var until = max(owner.expiresAtSeconds, shown.expiresAtSeconds)
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
