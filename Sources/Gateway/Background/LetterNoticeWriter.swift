// Writes the mails that tell senders of their letters: opened, resting, about to expire, expired.

import Delivery
import Links
import Logging
import Mail
import OpenPGP
import Sealing
import SettingValues
import Vault

/// Notices of letters.
struct LetterNoticeWriter: NoticeWriter {
    let ledger: any GatewayVault
    let current: CurrentPath
    let failure = "the outbox of letter notices failed"

    func next(nowSeconds: Int64) async throws(Refusal) -> LeasedNotice? {
        guard let notice = try await ledger.nextLetterNotice(nowSeconds: nowSeconds) else { return nil }
        return LeasedNotice(
            name: "a letter notice",
            about: ["letter": "\(notice.letter.letterID)", "notice": "\(notice.kind.rawValue)"],
            madeAtSeconds: notice.madeAtSeconds, tries: notice.tries, isNeeded: Self.isStillTrue(notice, nowSeconds),
            send: { () async throws(Refusal) in try await send(notice, nowSeconds) },
            finish: { [ledger] () async throws(Refusal) in try await ledger.finish(notice) },
            putOff: { [ledger] (until: Int64) async throws(Refusal) in
                try await ledger.putOff(notice, untilSeconds: until)
            })
    }

    /// A warning that comes late, after the letter was opened, extended or revoked, would only confuse.
    private static func isStillTrue(_ notice: LetterNotice, _ nowSeconds: Int64) -> Bool {
        guard notice.kind == .expiring else { return true }
        let letter = notice.letter
        return letter.openedAtSeconds == nil && letter.ended == nil && letter.expiresAtSeconds == notice.mark
            && letter.expiresAtSeconds > nowSeconds
    }

    private func send(_ notice: LetterNotice, _ nowSeconds: Int64) async throws(Refusal) {
        let path = current.path
        let letter = notice.letter
        // Without links in the settings there is no address to come from: it waits until there are again.
        guard let links = path.links.offer?.settings else {
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
