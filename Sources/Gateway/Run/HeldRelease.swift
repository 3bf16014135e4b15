// The way of a held message out of the quarantine: judged again without the rules that held it, sealed, delivered, and
// taken off the rows of recipients that have been served.

import Delivery
import Foundation
import MIME
package import Mail
import POSIX
package import Policy
import SettingValues
package import Vault

/// Releases held messages.
package struct HeldRelease: Sendable {
    /// What became of a release for one recipient.
    package struct Released: Sendable {
        package let recipient: Mailbox
        /// Why it is held still, or nil.
        package let refusal: Refusal?
        /// What the plan said.
        package let verdict: Verdict
        /// How it was sealed; nil where it was not.
        package let method: MethodName?
    }

    private let ledger: any QuarantineStore
    private let who: String

    /// - Parameter who: the name that records give to the officer.
    package init(ledger: any QuarantineStore, who: String) {
        self.ledger = ledger
        self.who = who
    }

    /// Hands a message to those of its held recipients who are named. Not beside another release of the same message.
    /// - Parameter message: as it came.
    /// - Returns: the fate of each.
    /// - Throws: a ``Refusal`` where nothing could be tried.
    package func run(
        _ entry: QuarantineEntry, _ held: [Mailbox], _ message: MessageBytes, _ path: MessagePath
    ) async throws(Refusal) -> [Released] {
        let now = Self.now()
        let circumstances = try HeldCircumstances(json: entry.circumstances)
        let errand = try circumstances.errand(released: HeldID(entry.id))
        let decided = try await path.decide(
            try circumstances.received(message, for: held, atSeconds: now), errand)
        let run = await path.walk(
            decided, errand, deadline: .now + .seconds(path.judge.limits.replySeconds))
        if let refusal = run.refusal { throw refusal }
        var served: [Mailbox] = []
        for decision in decided.decisions {
            let recipient = decision.recipient
            switch run.fates[recipient] {
            case .delivered?: served.append(recipient)
            case let result:
                let said = (result?.refusal ?? decision.outcome.refusal)?.detail ?? "nothing has become of it"
                try await ledger.noteQuarantine(
                    "release failed", entry.id, recipients: [recipient.description], who: who, said: said,
                    nowSeconds: now)
            }
        }
        // What the ledger says of this release goes only after the row says the same: a crash in between repeats the
        // row.
        try await ledger.settleQuarantine(
            entry.id, served.map(\.description), as: .released, who: who, said: Self.plan(decided, served),
            nowSeconds: now)
        Failpoint.reach("quarantine.released")
        await run.forgetting()
        return decided.decisions.map { decision in
            let missing = Refusal(.internalError, "internal error", detail: "nothing has become of it")
            return Released(
                recipient: decision.recipient,
                refusal: (run.fates[decision.recipient] ?? .deferred(missing)).refusal,
                verdict: decision.verdict, method: decision.method)
        }
    }

    /// `seal pgp, pass`: how it left.
    private static func plan(_ decided: DecidedMessage, _ served: [Mailbox]) -> String {
        var words: [String] = []
        for decision in decided.decisions where served.contains(decision.recipient) {
            if !words.contains(decision.way) { words.append(decision.way) }
        }
        return words.joined(separator: ", ")
    }

    private static func now() -> Int64 { Int64(Date().timeIntervalSince1970) }
}
