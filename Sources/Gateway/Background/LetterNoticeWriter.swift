// Writes the mails that tell senders of their letters: opened, resting, about to expire, expired.

import Delivery
import Links
import Mail
import OpenPGP
import Sealing
import SettingValues
import Vault

/// Notices of letters.
struct LetterNoticeWriter: NoticeWriter {
    let ledger: any LetterOwners
    let current: CurrentPath
    let name = "a letter notice"
    let field = "letter"
    let failure = "the outbox of letter notices failed"

    func send(_ notice: Notice<LetterNotice>, nowSeconds: Int64) async throws(Refusal) -> Bool {
        guard let letter = try await ledger.owner(of: notice.about), Self.isStillTrue(notice, letter, nowSeconds),
            let sender = Mailbox(letter.sender), let kind = LetterNoticeMail.Kind(rawValue: notice.kind.rawValue)
        else { return false }
        let path = current.path
        // Without links in the settings there is no address to come from: it waits until there are again.
        guard let links = path.links.offer?.settings else {
            throw Refusal(.storage, "not available", detail: "sending a letter notice: links are not set up")
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
        return true
    }

    /// A warning that comes late, after the letter was opened, extended or revoked, would only confuse.
    private static func isStillTrue(
        _ notice: Notice<LetterNotice>, _ letter: LetterOwner, _ nowSeconds: Int64
    ) -> Bool {
        guard notice.kind == .expiring else { return true }
        return letter.openedAtSeconds == nil && letter.ended == nil && letter.expiresAtSeconds == notice.mark
            && letter.expiresAtSeconds > nowSeconds
    }
}
