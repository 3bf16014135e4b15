// The one Received field we add (RFC 5321 section 4.4), without FOR: it would name recipients to each other.

import Mail

enum ReceivedField {
    /// The field with its CRLF, folded.
    static func make(for message: ReceivedMessage, hostname: String) -> MessageBytes {
        let origin = message.origin
        let name = safe(origin.clientName)
        var from = ""
        if !origin.clientAddress.isEmpty {
            let literal = origin.clientAddress.contains(":") ? "IPv6:\(origin.clientAddress)" : origin.clientAddress
            from = "from \(name.isEmpty ? "unknown" : name) ([\(safe(literal))])\r\n\t"
        } else if !name.isEmpty {
            from = "from \(name)\r\n\t"
        }
        let date = MailDate.text(message.receivedAtSeconds)
        return MessageBytes(
            "Received: \(from)by \(hostname) (Letterlock) with \(origin.protocolName) id \(safe(origin.id));\r\n"
                + "\t\(date)\r\n"
        )
    }

    /// Only what cannot break a field or end a comment: the name comes from the other side.
    private static func safe(_ text: String) -> String {
        String(
            text.unicodeScalars.filter { $0.value > 32 && $0.value < 127 && !"()<>;\\\"".unicodeScalars.contains($0) }
                .prefix(255))
    }
}

/// Dates as RFC 5322 section 3.3 writes them, in UTC.
enum MailDate {
    /// `Sun, 22 Nov 2026 04:36:10 +0000`.
    static func text(_ seconds: Int64) -> String {
        let (year, month, day, weekday) = civil(seconds)
        let inDay = ((seconds % 86_400) + 86_400) % 86_400
        let clock = [inDay / 3600, inDay / 60 % 60, inDay % 60].map(two).joined(separator: ":")
        return "\(weekdays[weekday]), \(day) \(months[month - 1]) \(year) \(clock) +0000"
    }

    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }

    /// Year, month 1-12, day 1-31 and weekday (0 is Thursday) of a moment, in UTC, by the proleptic Gregorian calendar.
    static func civil(_ seconds: Int64) -> (year: Int64, month: Int, day: Int64, weekday: Int) {
        let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, Int(month), dayOfYear - (153 * march + 2) / 5 + 1, Int(((days % 7) + 7) % 7))
    }
}
