// Counts messages for monitoring: numbers only.

import Mail
import Metrics
import Policy

/// Counts each record. Made once, so that every series is there from the start, at zero.
package struct MessageMeter: MessageLog {
    private static let verdicts: [(verdict: String, method: String)] = [
        ("pass", "none"), ("seal", "pgp"), ("seal", "link"), ("seal", "mixed"),
        ("quarantine", "none"), ("refuse", "none"), ("tempfail", "none"),
    ]

    private let messages: [String: Counter]
    private let recipients: [String: Counter]
    private let bytes = Counter(label: "letterlock_message_bytes_total")
    private let seconds: [ReceivedMessage.Door: Timer]

    package init() {
        var messages: [String: Counter] = [:]
        var recipients: [String: Counter] = [:]
        for (verdict, method) in Self.verdicts {
            let labels = [("verdict", verdict), ("method", method)]
            messages["\(verdict) \(method)"] = Counter(label: "letterlock_messages_total", dimensions: labels)
            guard method != "mixed" else { continue }
            recipients["\(verdict) \(method)"] = Counter(label: "letterlock_recipients_total", dimensions: labels)
        }
        self.messages = messages
        self.recipients = recipients
        let doors: [ReceivedMessage.Door] = [.smtp, .lmtp, .milter]
        seconds = Dictionary(
            uniqueKeysWithValues: doors.map {
                ($0, Timer(label: "letterlock_message_seconds", dimensions: [("door", $0.rawValue)]))
            })
    }

    package func record(_ record: MessageRecord) {
        messages["\(record.verdict.rawValue) \(record.method)"]?.increment()
        for recipient in record.recipients {
            let verdict = recipient.verdict ?? record.verdict
            recipients["\(verdict.rawValue) \(recipient.method?.rawValue ?? "none")"]?.increment()
        }
        // As many series as the policy has watching rules; each begins with its first match.
        for rule in Set(record.recipients.flatMap(\.watched)) {
            Counter(label: "letterlock_watched_total", dimensions: [("rule", rule)]).increment()
        }
        bytes.increment(by: record.bytes)
        seconds[record.origin.door]?.recordNanoseconds(record.times.total.nanoseconds)
    }
}

extension Duration {
    /// Whole nanoseconds; the largest number where it is longer than 292 years.
    var nanoseconds: Int64 {
        let (seconds, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = seconds.addingReportingOverflow(components.attoseconds / 1_000_000_000)
        return overflow || carry ? .max : sum
    }
}
