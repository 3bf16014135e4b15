// What `letterlock links` shows and does: the gateway's note of who wrote to whom, beside the state of each letter.

import Foundation
package import Gateway
import Links
package import Mail
import Vault
import VaultSQLite

/// Letters behind links, seen from the gateway's side.
package struct LetterOperations: Sendable {
    /// Which letters are meant; what is nil or false does not matter.
    package struct Filter: Sendable {
        /// Address as written, in any case.
        package var sender: String?
        package var recipient: String?
        package var messageID: String?
        package var isUnopened = false
        /// Expires within so many seconds.
        package var expiringSeconds: Int64?
        /// Those too that have expired.
        package var withExpired = false

        package init() {}

        func fits(_ line: LetterLine, nowSeconds: Int64) -> Bool {
            if let sender, line.sender.lowercased() != sender.lowercased() { return false }
            if let recipient, line.recipient.lowercased() != recipient.lowercased() { return false }
            if let messageID, line.messageID != messageID { return false }
            if isUnopened, line.openedAtSeconds != nil { return false }
            if let expiringSeconds {
                let end = nowSeconds.addingReportingOverflow(expiringSeconds)
                guard line.state.isReadable, end.overflow || line.expiresAtSeconds <= end.partialValue else {
                    return false
                }
            }
            return withExpired || line.expiresAtSeconds > nowSeconds
        }
    }

    /// Letters and mails in numbers.
    package struct Status: Sendable, Encodable {
        /// Not sent yet; nobody has opened it; opened; of both those that rest and those that expire in three days.
        package var sending = 0
        package var waiting = 0
        package var opened = 0
        package var resting = 0
        package var expiringUnopened = 0
        /// Remembered for thirty days.
        package var expiredUnopened = 0
        package var revoked = 0
        /// What senders have asked and what they are to be told: both should be 0 while the gateway runs.
        package var waitingRequests = 0
        package var waitingNotices = 0
    }

    private let ledger: any LetterOwners & Outbox
    let letters: any GatewayLetters

    /// Beside a gateway whose databases are open already.
    init(ledger: any LetterOwners & Outbox, letters: any GatewayLetters) {
        self.ledger = ledger
        self.letters = letters
    }

    /// - Throws: a ``Refusal`` of cause `storage` where the databases cannot be opened.
    package init(stateFolder: String) throws(Refusal) {
        ledger = try GatewayDatabase(folder: "\(stateFolder)/gateway")
        letters = try LetterDatabase(folder: "\(stateFolder)/letters")
    }

    private static var nowSeconds: Int64 { Int64(Date().timeIntervalSince1970) }

    /// Letters that the gateway remembers, oldest first.
    package func lines(_ filter: Filter = Filter()) async throws(Refusal) -> [LetterLine] {
        let now = Self.nowSeconds
        let statuses = Dictionary(try await letters.list(nowSeconds: now).map { ($0.id, $0) }) { first, _ in first }
        return try await ledger.owners().map { Self.line($0, statuses[$0.letterID], now) }
            .filter { filter.fits($0, nowSeconds: now) }
    }

    /// One letter, expired or not; nil where nothing is known of it.
    package func line(_ id: String) async throws(Refusal) -> LetterLine? {
        var filter = Filter()
        filter.withExpired = true
        return try await lines(filter).first { $0.id == id }
    }

    /// Deletes a letter for good.
    /// - Returns: false where there is none of that id, or not any more.
    package func revoke(_ id: String) async throws(Refusal) -> Bool {
        let keeping = LetterKeeping(ledger: ledger, letters: letters)
        if let owner = try await ledger.owner(of: id), owner.ended == .revoked {
            // Said before: but what a stop has left lying goes now.
            return try await letters.revoke(id)
        }
        return try await keeping.revoke(id, nowSeconds: Self.nowSeconds) == .revoked
    }

    /// Lets a letter live longer.
    /// - Parameters:
    ///   - bySeconds: how much.
    ///   - longestSeconds: from its making.
    package func extend(
        _ id: String, bySeconds: Int64, longestSeconds: Int64
    ) async throws(Refusal) -> KeepingResult {
        try await LetterKeeping(ledger: ledger, letters: letters).extend(
            id, seen: nil, bySeconds: bySeconds, longestSeconds: longestSeconds, nowSeconds: Self.nowSeconds)
    }

    /// Letters that are there or about to be: what a command that names letters by a filter is about.
    package func revocable(_ filter: Filter) async throws(Refusal) -> [String] {
        try await lines(filter).filter(\.state.isThere).map(\.id)
    }

    /// Letters and mails in numbers.
    package func status() async throws(Refusal) -> Status {
        var filter = Filter()
        filter.withExpired = true
        let soon = Self.nowSeconds + LetterNotice.warningSeconds
        var status = Status()
        for line in try await lines(filter) {
            let isUnopened = line.openedAtSeconds == nil
            switch line.state {
            case .sending: status.sending += 1
            case .waiting, .opened:
                if isUnopened { status.waiting += 1 } else { status.opened += 1 }
                if line.restsUntilSeconds != nil { status.resting += 1 }
                if isUnopened, line.expiresAtSeconds <= soon { status.expiringUnopened += 1 }
            case .expired: status.expiredUnopened += isUnopened ? 1 : 0
            case .revoked: status.revoked += 1
            case .gone: break
            }
        }
        status.waitingRequests = try await letters.waitingRequests().count
        status.waitingNotices = try await ledger.waiting(LetterNotice.allCases)
        return status
    }

    private static func line(_ owner: LetterOwner, _ status: LockedLetter.Status?, _ now: Int64) -> LetterLine {
        let isThere = status?.isThere == true
        let expires = isThere ? max(status?.expiresAtSeconds ?? 0, owner.expiresAtSeconds) : owner.expiresAtSeconds
        // A letter that is there says so itself; one that is not, by what ended it.
        let end = owner.ended ?? status?.state
        let openedAt = status?.openedAtSeconds ?? owner.openedAtSeconds
        var state: LetterState =
            if expires <= now, end != .revoked { .expired } else if isThere { status?.state ?? .gone } else {
                end ?? .gone
            }
        // The gateway's own note counts also where the portal's is lost.
        if state == .waiting, openedAt != nil { state = .opened }
        var line = LetterLine(
            id: owner.letterID, sender: owner.sender, recipient: owner.recipient, state: state,
            createdAtSeconds: owner.createdAtSeconds, expiresAtSeconds: expires)
        line.isNotifying = status?.isNotifying ?? false
        line.messageID = owner.messageID
        line.askedAtSeconds = status?.askedAtSeconds
        line.openedAtSeconds = openedAt
        line.fetchedAtSeconds = status?.fetchedAtSeconds
        line.wrongGuesses = status?.wrongGuesses ?? 0
        line.restsUntilSeconds = status?.restsUntilSeconds
        line.answers = status?.uses.answers ?? 0
        return line
    }
}
