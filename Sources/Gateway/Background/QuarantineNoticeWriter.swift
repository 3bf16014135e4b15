// Writes the mails that tell of held messages: to their sender, and to the officer.

import Delivery
import Mail
import OpenPGP
import Sealing
import SettingValues
import Vault

/// Notices of the quarantine.
struct QuarantineNoticeWriter: NoticeWriter {
    let ledger: any QuarantineStore & Deliveries
    let current: CurrentPath
    let name = "a notice"
    let field = "quarantine"
    let failure = "the outbox of notices failed"

    func send(_ notice: Notice<QuarantineNotice>, nowSeconds: Int64) async throws(Refusal) -> Bool {
        let path = current.path
        guard case .officer(let officer) = path.quarantine, let entry = try await ledger.quarantined(notice.about)
        else { return false }
        let sender = try HeldCircumstances(json: entry.circumstances).sender ?? ""
        guard let recipient = notice.kind == .heldSender ? Mailbox(sender) : officer.officer else { return false }
        let known = await path.keyring.lookup([recipient])
        let mail = try await path.sealer.notice(
            HoldNotice(notice.kind, entry, sender: sender), to: recipient, officer: officer.officer,
            known: known, nowSeconds: nowSeconds)
        let content = mail.transmissions.first?.content ?? .empty
        _ = try await path.relay.deliver(
            mail, .wholeMessage, fingerprint: { [ledger] () throws(Refusal) in try ledger.fingerprint(content) },
            deadline: .now + .seconds(Retries.noticeSeconds), texts: nil)
        return true
    }
}

extension HoldNotice {
    init(_ kind: QuarantineNotice, _ entry: QuarantineEntry, sender: String) {
        let own: Kind =
            switch kind {
            case .heldSender: .sender
            case .heldOfficer: .officer
            case .expiredOfficer: .expired
            }
        self.init(
            kind: own, id: entry.id, sender: sender,
            recipients: entry.recipients.map { .init(address: $0.address, reason: $0.reason, rules: $0.rules) },
            bytes: entry.bytes, receivedAtSeconds: entry.receivedAtSeconds, expiresAtSeconds: entry.expiresAtSeconds)
    }
}
