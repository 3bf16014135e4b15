// A message that was not taken, as the admin page shows it: what was answered, for whom, by which rules, and why.

import Delivery
package import Gateway
package import Mail

/// A message that was not taken, or not for everybody.
package struct RefusedMessage: Sendable, Equatable {
    /// One recipient of it.
    package struct Recipient: Sendable, Equatable {
        package let address: String
        /// What the plan said; nil where nothing was judged.
        package let verdict: Verdict?
        package let rules: [String]
        /// How the verdict came about.
        package let notes: [String]
        /// What was answered for this recipient alone, or nil.
        package let said: String?

        /// - Parameter said: what was answered for this recipient alone, or nil.
        package init(address: String, verdict: Verdict?, rules: [String], notes: [String], said: String?) {
            self.address = address
            self.verdict = verdict
            self.rules = rules
            self.notes = notes
            self.said = said
        }
    }

    /// What the sender's server was answered.
    package struct Answered: Sendable, Equatable {
        /// True where the sender may try again.
        package let isTemporary: Bool
        /// `550 5.7.1`
        package let reply: String
        /// What the sender was told.
        package let said: String
        /// What the log says besides.
        package let detail: String

        /// - Parameter reply: `550 5.7.1`, or "" where nothing was refused.
        package init(isTemporary: Bool, reply: String, said: String, detail: String) {
            self.isTemporary = isTemporary
            self.reply = reply
            self.said = said
            self.detail = detail
        }
    }

    package let id: String
    package let atSeconds: Int64
    package let sender: String
    package let recipients: [Recipient]
    package let answered: Answered

    /// - Parameter atSeconds: since 1970.
    package init(id: String, atSeconds: Int64, sender: String, recipients: [Recipient], answered: Answered) {
        self.id = id
        self.atSeconds = atSeconds
        self.sender = sender
        self.recipients = recipients
        self.answered = answered
    }

    /// What the gateway's record tells.
    package init(_ record: MessageRecord) {
        let refusal = record.refusal ?? record.recipients.lazy.compactMap { $0.refusal }.first
        self.init(
            id: record.origin.id, atSeconds: record.receivedAtSeconds,
            sender: record.envelope.sender?.description ?? "",
            recipients: record.recipients.map { recipient in
                Recipient(
                    address: recipient.address.description, verdict: recipient.verdict,
                    rules: recipient.rules,
                    notes: recipient.notes,
                    said: recipient.refusal.map { "\($0.replyCode) \($0.enhancedCode) \($0.publicText)" })
            },
            answered: Answered(
                isTemporary: refusal.map { !$0.isPermanent } ?? false,
                reply: refusal.map { "\($0.replyCode) \($0.enhancedCode)" } ?? "", said: refusal?.publicText ?? "",
                detail: refusal?.detail ?? ""))
    }
}
