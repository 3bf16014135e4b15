// One held message as `letterlock quarantine` and the admin page show it.

import Gateway
import Logs
import Mail
package import Vault

/// A held message with what was done with it.
package struct HeldLine: Sendable, Encodable, Equatable {
    /// One recipient, and what became of the message for this recipient.
    package struct Recipient: Sendable, Encodable, Equatable {
        package let address: String
        package let state: QuarantineEntry.State
        package let rules: [String]
        package let reason: String

        /// - Parameter reason: as the rule says.
        package init(address: String, state: QuarantineEntry.State = .held, rules: [String], reason: String) {
            self.address = address
            self.state = state
            self.rules = rules
            self.reason = reason
        }
    }
    /// What an officer, or the gateway, did with it.
    package struct Record: Sendable, Encodable, Equatable {
        package let atSeconds: Int64
        package let who: String
        package let action: String
        package let recipients: [String]
        package let said: String
    }

    package let id: String
    /// As written; "" is the null sender.
    package let sender: String
    package let recipients: [Recipient]
    /// Held while anybody is, else the state of the last recipient.
    package let state: QuarantineEntry.State
    package let bytes: Int
    package let sealedTo: String
    package let receivedAtSeconds: Int64
    package let expiresAtSeconds: Int64
    package let records: [Record]

    /// A message that all recipients still wait for.
    package init(
        id: String, sender: String, recipients: [Recipient], bytes: Int, receivedAtSeconds: Int64,
        expiresAtSeconds: Int64
    ) {
        self.id = id
        self.sender = sender
        self.recipients = recipients
        self.bytes = bytes
        self.receivedAtSeconds = receivedAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
        (state, sealedTo, records) = (.held, "", [])
    }

    init(_ entry: QuarantineEntry, _ records: [QuarantineEntry.Record]) throws(Refusal) {
        id = entry.id
        sender = try HeldCircumstances(json: entry.circumstances).sender ?? ""
        recipients = entry.recipients.map {
            Recipient(address: $0.address, state: $0.state, rules: $0.rules, reason: $0.reason)
        }
        state = entry.held.isEmpty ? entry.recipients.last?.state ?? .expired : .held
        bytes = entry.bytes
        sealedTo = entry.sealedTo
        receivedAtSeconds = entry.receivedAtSeconds
        expiresAtSeconds = entry.expiresAtSeconds
        self.records = records.map {
            Record(atSeconds: $0.atSeconds, who: $0.who, action: $0.action, recipients: $0.recipients, said: $0.said)
        }
    }

    /// Recipients who still wait for it.
    package var held: [Recipient] { recipients.filter { $0.state == .held } }
    /// ``state`` as listings show it: `held`, `released`, `dropped`, `expired`.
    package var stateWord: String { state.rawValue }
    /// True while anybody waits for it.
    package var isHeld: Bool { state == .held }

    /// One line of a listing.
    package var text: String {
        let names = recipients.filter { $0.state == state }.map(\.address).joined(separator: ", ")
        var reasons: [String] = []
        for recipient in recipients where !reasons.contains(recipient.reason) { reasons.append(recipient.reason) }
        return ShownText.escaped(
            "\(id)  \(ShownTime.moment(receivedAtSeconds))  \(sender.isEmpty ? "<>" : sender) -> \(names)  "
                + "\(state.rawValue), \(bytes) bytes, until \(ShownTime.moment(expiresAtSeconds).prefix(10)): "
                + "\(reasons.joined(separator: "; "))"
        )
    }

    /// All that is known without opening it.
    package var details: String {
        var lines = [
            "id: \(id)", "from: \(sender.isEmpty ? "<>" : sender)", "received: \(ShownTime.moment(receivedAtSeconds))",
            "size: \(bytes) bytes", "kept until: \(ShownTime.moment(expiresAtSeconds))", "sealed to: \(sealedTo)",
        ]
        for recipient in recipients {
            lines.append("to: \(recipient.address) (\(recipient.state.rawValue))")
            lines.append("  reason: \(recipient.reason)")
            lines.append("  rules: \(recipient.rules.joined(separator: ", "))")
        }
        for record in records {
            let names = record.recipients.isEmpty ? "" : " \(record.recipients.joined(separator: ", "))"
            let said = record.said.isEmpty ? "" : ": \(record.said)"
            lines.append("\(ShownTime.moment(record.atSeconds)) \(record.who): \(record.action)\(names)\(said)")
        }
        return lines.map { ShownText.escaped($0) }.joined(separator: "\n")
    }
}
