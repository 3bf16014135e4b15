// The words of one visitor's page: texts in the visitor's language, times and numbers as they are written there. Pure.

import Foundation
import Mail
import Wording

/// Texts, times and numbers in one language.
struct Words: Sendable {
    let language: Language
    let timeZone: TimeZone
    let nowSeconds: Int64

    /// A text of the area `admin`.
    func callAsFunction(_ key: String, _ values: [String: String] = [:]) -> String {
        language.text(.admin, key, values)
    }

    /// `26 Nov 2026, 14:05` as the language writes it.
    func moment(_ seconds: Int64) -> Markup {
        let date = Date(timeIntervalSince1970: TimeInterval(seconds))
        let machine = date.formatted(.iso8601)
        let text = date.formatted(
            Date.FormatStyle(
                date: .abbreviated, time: .shortened, locale: locale, calendar: calendar, timeZone: timeZone))
        return "<time datetime=\"\(machine)\">\(text)</time>"
    }

    /// `26 Nov 2026`
    func day(_ seconds: Int64) -> Markup {
        let date = Date(timeIntervalSince1970: TimeInterval(seconds))
        let text = date.formatted(
            Date.FormatStyle(
                date: .abbreviated, time: .omitted, locale: locale, calendar: calendar, timeZone: timeZone))
        return "<time datetime=\"\(date.formatted(.iso8601))\">\(text)</time>"
    }

    /// `14:05`, always of 24 hours: columns of a table.
    func hour(_ seconds: Int64) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let parts = calendar.dateComponents([.hour, .minute], from: Date(timeIntervalSince1970: TimeInterval(seconds)))
        func two(_ number: Int?) -> String { (number ?? 0) < 10 ? "0\(number ?? 0)" : "\(number ?? 0)" }
        return "\(two(parts.hour)):\(two(parts.minute))"
    }

    func number(_ value: Int) -> String { value.formatted(.number.locale(locale)) }

    /// `3.2 MB`
    func size(_ bytes: Int64) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var value = Double(max(0, bytes))
        var unit = 0
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        let digits = unit == 0 || value >= 100 ? 0 : 1
        return value.formatted(.number.precision(.fractionLength(digits)).locale(locale)) + "\u{A0}" + units[unit]
    }

    private var locale: Locale {
        Locale(identifier: language == .en ? "en_GB" : language.rawValue)
    }

    private var calendar: Calendar { Calendar(identifier: .gregorian) }

    /// The language that a browser asks for: the first of the highest weight that we have, else English.
    static func language(accepted header: String?) -> Language {
        var best: (language: Language, weight: Double)?
        for part in (header ?? "").prefix(1000).split(separator: ",").prefix(50) {
            let pieces = part.split(separator: ";").map { $0.filter { $0 != " " } }
            guard let tag = pieces.first?.split(separator: "-").first,
                let language = Language(rawValue: tag.lowercased())
            else { continue }
            let weight = pieces.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            guard weight > best?.weight ?? 0 else { continue }
            best = (language, weight)
        }
        return best?.language ?? .en
    }
}
