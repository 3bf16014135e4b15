// Sends the mails that tell of held messages: they lie as rows in the gateway's database, committed with the message, and
// are written when they are sent. What the next hop does not take now is tried again, with growing pauses, for seven days.

import Delivery
import Logging
import Mail
import OpenPGP
import Sealing
import ServiceLifecycle
import Vault

/// Runs until shutdown; looks often, because looking is cheap.
struct QuarantineNoticeWorker: Service {
    let ledger: Ledger
    let current: CurrentPath
    let logger: Logger
    /// Pause between looks, in seconds.
    var pauseSeconds = 2.0

    func run() async throws {
        var seen: Int64?
        await Periodic.run(pauseSeconds: pauseSeconds) { nowSeconds in
            await round(nowSeconds: nowSeconds)
            await logDeeds(&seen)
        }
    }

    /// Sends what is due. A database that fails ends the round; the next one tries again.
    func round(nowSeconds: Int64) async {
        while !Task.isCancelled {
            do throws(Refusal) {
                guard let notice = try await ledger.nextNotice(nowSeconds: nowSeconds) else { return }
                try await handle(notice, nowSeconds)
            } catch {
                logger.error("the outbox of notices failed", metadata: ["reason": "\(error.detail)"])
                return
            }
        }
    }

    /// What officers did by the command, which is another process, goes into this one's log.
    private func logDeeds(_ seen: inout Int64?) async {
        do throws(Refusal) {
            let (deeds, last) = try await ledger.quarantineDeeds(after: seen)
            seen = last
            for (id, record) in deeds {
                logger.notice(
                    "quarantine",
                    metadata: [
                        "quarantine": "\(id)", "who": "\(record.who)", "action": "\(record.action)",
                        "to": .array(record.recipients.map { "\($0)" }), "said": "\(record.said)",
                    ])
            }
        } catch {
            logger.error("reading what officers did failed", metadata: ["reason": "\(error.detail)"])
        }
    }

    private func handle(_ notice: QuarantineNotice, _ nowSeconds: Int64) async throws(Refusal) {
        let about: Logger.Metadata = ["quarantine": "\(notice.id)", "notice": "\(notice.kind.rawValue)"]
        let attempt = NoticeAttempt(
            name: "a notice", about: about, madeAtSeconds: notice.madeAtSeconds, tries: notice.tries,
            nowSeconds: nowSeconds, logger: logger)
        if let later = await attempt.run({ () throws(Refusal) in try await send(notice, nowSeconds) }) {
            return try await ledger.putOff(notice, untilSeconds: later)
        }
        try await ledger.finish(notice)
    }

    private func send(_ notice: QuarantineNotice, _ nowSeconds: Int64) async throws(Refusal) {
        let path = current.snapshot.path
        guard let quarantine = path.quarantine, let entry = try await ledger.quarantined(notice.id) else { return }
        let sender = try HeldCircumstances(json: entry.circumstances).sender ?? ""
        guard let recipient = notice.kind == .heldSender ? Mailbox(sender) : quarantine.settings.officer else { return }
        let known = await path.keyring.lookup([recipient])
        let mail = try await path.sealer.notice(
            HoldNotice(notice.kind, entry, sender: sender), to: recipient, officer: quarantine.settings.officer,
            known: known, nowSeconds: nowSeconds)
        let content = mail.transmissions.first?.content ?? .empty
        _ = try await path.relay.deliver(
            mail, fingerprint: { [ledger] () throws(Refusal) in try ledger.fingerprint(content) },
            deadline: .now + .seconds(Retries.noticeSeconds))
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
