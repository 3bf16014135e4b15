// Writes the mails that tell of held messages: to their sender, and to the officer.

import Delivery
import Logging
import Mail
import OpenPGP
import Sealing
import SettingValues
import Vault

/// Notices of the quarantine.
struct QuarantineNoticeWriter: NoticeWriter {
    let ledger: any GatewayVault
    let current: CurrentPath
    let failure = "the outbox of notices failed"

    func next(nowSeconds: Int64) async throws(Refusal) -> LeasedNotice? {
        guard let notice = try await ledger.nextNotice(nowSeconds: nowSeconds) else { return nil }
        return LeasedNotice(
            name: "a notice", about: ["quarantine": "\(notice.id)", "notice": "\(notice.kind.rawValue)"],
            madeAtSeconds: notice.madeAtSeconds, tries: notice.tries,
            send: { () async throws(Refusal) in try await send(notice, nowSeconds) },
            finish: { [ledger] () async throws(Refusal) in try await ledger.finish(notice) },
            putOff: { [ledger] (until: Int64) async throws(Refusal) in
                try await ledger.putOff(notice, untilSeconds: until)
            })
    }

    private func send(_ notice: QuarantineNotice, _ nowSeconds: Int64) async throws(Refusal) {
        let path = current.path
        guard case .officer(let officer) = path.quarantine, let entry = try await ledger.quarantined(notice.id) else {
            return
        }
        let sender = try HeldCircumstances(json: entry.circumstances).sender ?? ""
        guard let recipient = notice.kind == .heldSender ? Mailbox(sender) : officer.officer else { return }
        let known = await path.keyring.lookup([recipient])
        let mail = try await path.sealer.notice(
            HoldNotice(notice.kind, entry, sender: sender), to: recipient, officer: officer.officer,
            known: known, nowSeconds: nowSeconds)
        let content = mail.transmissions.first?.content ?? .empty
        _ = try await path.relay.deliver(
            mail, .wholeMessage, fingerprint: { [ledger] () throws(Refusal) in try ledger.fingerprint(content) },
            deadline: .now + .seconds(Retries.noticeSeconds), texts: nil)
    }
}

extension HoldNotice {
    init(_ kind: QuarantineNotice.Kind, _ entry: QuarantineEntry, sender: String) {
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
