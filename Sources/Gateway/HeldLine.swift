// One held message as `letterlock quarantine` prints it.

import Foundation
import Logs
package import Mail
import Vault

/// A held message with what was done with it.
package struct HeldLine: Sendable, Encodable {
    package struct Recipient: Sendable, Encodable {
        package let address: String
        package let state: String
        package let rules: [String]
        package let reason: String
    }
    package struct Record: Sendable, Encodable {
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
    /// `held` while anybody is, else the state of the last.
    package let state: String
    package let bytes: Int
    package let sealedTo: String
    package let receivedAtSeconds: Int64
    package let expiresAtSeconds: Int64
    package let records: [Record]

    init(_ entry: QuarantineEntry, _ records: [QuarantineEntry.Record]) throws(Refusal) {
        id = entry.id
        sender = try HeldCircumstances(json: entry.circumstances).sender ?? ""
        recipients = entry.recipients.map {
            Recipient(address: $0.address, state: $0.state.rawValue, rules: $0.rules, reason: $0.reason)
        }
        state = entry.held.isEmpty ? entry.recipients.last?.state.rawValue ?? "" : "held"
        bytes = entry.bytes
        sealedTo = entry.sealedTo
        receivedAtSeconds = entry.receivedAtSeconds
        expiresAtSeconds = entry.expiresAtSeconds
        self.records = records.map {
            Record(atSeconds: $0.atSeconds, who: $0.who, action: $0.action, recipients: $0.recipients, said: $0.said)
        }
    }

    /// One line of a listing.
    package var text: String {
        let names = recipients.filter { $0.state == state }.map(\.address).joined(separator: ", ")
        var reasons: [String] = []
        for recipient in recipients where !reasons.contains(recipient.reason) { reasons.append(recipient.reason) }
        return ShownText.escaped(
            "\(id)  \(Self.moment(receivedAtSeconds))  \(sender.isEmpty ? "<>" : sender) -> \(names)  \(state), "
                + "\(bytes) bytes, until \(Self.moment(expiresAtSeconds).prefix(10)): \(reasons.joined(separator: "; "))"
        )
    }

    /// All that is known without opening it.
    package var details: String {
        var lines = [
            "id: \(id)", "from: \(sender.isEmpty ? "<>" : sender)", "received: \(Self.moment(receivedAtSeconds))",
            "size: \(bytes) bytes", "kept until: \(Self.moment(expiresAtSeconds))", "sealed to: \(sealedTo)",
        ]
        for recipient in recipients {
            lines.append("to: \(recipient.address) (\(recipient.state))")
            lines.append("  reason: \(recipient.reason)")
            lines.append("  rules: \(recipient.rules.joined(separator: ", "))")
        }
        for record in records {
            let names = record.recipients.isEmpty ? "" : " \(record.recipients.joined(separator: ", "))"
            let said = record.said.isEmpty ? "" : ": \(record.said)"
            lines.append("\(Self.moment(record.atSeconds)) \(record.who): \(record.action)\(names)\(said)")
        }
        return lines.map { ShownText.escaped($0) }.joined(separator: "\n")
    }

    /// `2026-11-25T10:00:00Z`.
    private static func moment(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
    }
}

extension QuarantineDesk {
    /// Held messages, oldest first.
    /// - Parameter settled: true for those too that lie there no longer.
    package func lines(settled: Bool) async throws(Refusal) -> [HeldLine] {
        var lines: [HeldLine] = []
        for entry in try await entries(settled: settled) {
            lines.append(try HeldLine(entry, try await records(entry.id)))
        }
        return lines
    }

    /// One message by the id that somebody typed; nil where there is none.
    package func line(_ typed: String) async throws(Refusal) -> HeldLine? {
        guard let id = QuarantineID.normalise(typed), let entry = try await entry(id) else { return nil }
        return try HeldLine(entry, try await records(id))
    }
}
