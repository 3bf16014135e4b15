// Sends the mails that tell senders of their letters: rows of the gateway's database, written when they are sent. What the
// next hop does not take now is tried again, with growing pauses, for seven days.

import Delivery
import Links
import Logging
import Mail
import OpenPGP
import Sealing
import ServiceLifecycle
import Vault

/// Runs until shutdown; looks often, because looking is cheap.
struct LetterNoticeWorker: Service {
    let ledger: Ledger
    let current: CurrentPath
    let logger: Logger
    /// Pause between looks, in seconds.
    var pauseSeconds = 2.0

    func run() async throws {
        await Periodic.run(pauseSeconds: pauseSeconds) { await round(nowSeconds: $0) }
    }

    /// Sends what is due. A database that fails ends the round; the next one tries again.
    func round(nowSeconds: Int64) async {
        while !Task.isCancelled {
            do throws(Refusal) {
                guard let notice = try await ledger.nextLetterNotice(nowSeconds: nowSeconds) else { return }
                try await handle(notice, nowSeconds)
            } catch {
                logger.error("the outbox of letter notices failed", metadata: ["reason": "\(error.detail)"])
                return
            }
        }
    }

    private func handle(_ notice: LetterNotice, _ nowSeconds: Int64) async throws(Refusal) {
        let about: Logger.Metadata = ["letter": "\(notice.letter.letterID)", "notice": "\(notice.kind.rawValue)"]
        guard Self.isStillTrue(notice, nowSeconds) else {
            logger.info("a letter notice is no longer needed", metadata: about)
            return try await ledger.finish(notice)
        }
        let attempt = NoticeAttempt(
            name: "a letter notice", about: about, madeAtSeconds: notice.madeAtSeconds, tries: notice.tries,
            nowSeconds: nowSeconds, logger: logger)
        if let later = await attempt.run({ () throws(Refusal) in try await send(notice, nowSeconds) }) {
            return try await ledger.putOff(notice, untilSeconds: later)
        }
        try await ledger.finish(notice)
    }

    /// A warning that comes late, after somebody has opened, extended or revoked the letter, would only confuse.
    private static func isStillTrue(_ notice: LetterNotice, _ nowSeconds: Int64) -> Bool {
        guard notice.kind == .expiring else { return true }
        let letter = notice.letter
        return letter.openedAtSeconds == nil && letter.ended == nil && letter.expiresAtSeconds == notice.mark
            && letter.expiresAtSeconds > nowSeconds
    }

    private func send(_ notice: LetterNotice, _ nowSeconds: Int64) async throws(Refusal) {
        let path = current.snapshot.path
        let letter = notice.letter
        // Without links in the settings there is no address to come from: it waits until there are again.
        guard let links = path.links else {
            throw Refusal(.storage, "not available", detail: "sending a letter notice: links are not set up")
        }
        guard let sender = Mailbox(letter.sender), let kind = LetterNoticeMail.Kind(rawValue: notice.kind.rawValue)
        else {
            return
        }
        let token = try ledger.controlKey.token(for: letter.controlID)
        let known = await path.keyring.lookup([sender])
        let mail = try await path.sealer.notice(
            LetterNoticeMail(
                kind: kind, recipient: letter.recipient, sentAtSeconds: letter.createdAtSeconds,
                atSeconds: notice.atSeconds, expiresAtSeconds: letter.expiresAtSeconds,
                control: ControlLink(token, baseURL: links.baseURL), messageID: letter.messageID,
                name: "\(letter.letterID).\(notice.kind.rawValue).\(notice.mark)"),
            to: sender, known: known, nowSeconds: nowSeconds)
        try await path.relay.deliver(notice: mail, deadline: .now + .seconds(Retries.noticeSeconds))
    }
}
