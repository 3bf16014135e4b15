// Which language a mail is written in, and how times stand in it.

import Foundation
package import Mail
package import Wording

/// Which language a mailbox is written to in.
package struct LanguageMap: Sendable, Equatable {
    private let fallback: Language
    /// Addresses and domains, folded.
    private let exactly: [String: Language]
    /// `.fr`, longest first.
    private let bySuffix: [(suffix: String, language: Language)]

    /// - Parameters:
    ///   - fallback: for every other domain.
    ///   - bySuffix: `.fr` for all domains under fr, `example.fr` for one, `marie@example.fr` for one address. The
    ///     address wins over its domain, that over suffixes, and the longest suffix over the others.
    package init(fallback: Language = .en, bySuffix: [String: Language] = [:]) {
        self.fallback = fallback
        let entries = bySuffix.map { (key: Self.folded($0.key), language: $0.value) }
            .sorted { ($0.key.count, $0.key) > ($1.key.count, $1.key) }
        exactly = Dictionary(
            entries.filter { !$0.key.hasPrefix(".") }.map { ($0.key, $0.language) },
            uniquingKeysWith: { first, _ in first })
        self.bySuffix = entries.filter { $0.key.hasPrefix(".") }.map { ($0.key, $0.language) }
    }

    /// The language of the closest entry.
    package func language(for mailbox: Mailbox) -> Language {
        let domain = DomainList.folded(mailbox.domain)
        return exactly[mailbox.folded] ?? exactly[domain]
            ?? bySuffix.first { domain.hasSuffix($0.suffix) }?.language ?? fallback
    }

    /// As addresses and domains are compared everywhere: by A-labels.
    private static func folded(_ key: String) -> String {
        if let mailbox = Mailbox(key) { return mailbox.folded }
        return key.hasPrefix(".") ? "." + DomainList.folded(String(key.dropFirst())) : DomainList.folded(key)
    }

    package static func == (left: LanguageMap, right: LanguageMap) -> Bool {
        left.fallback == right.fallback && left.exactly == right.exactly
            && left.bySuffix.map(\.suffix) == right.bySuffix.map(\.suffix)
            && left.bySuffix.map(\.language) == right.bySuffix.map(\.language)
    }
}

extension Language {
    /// A moment with its time and where that clock stands, for a reader may live elsewhere: `1 March 2026 at 11:05
    /// (UTC+1)`.
    /// - Parameter seconds: since 1970.
    func moment(_ seconds: Int64, in zone: TimeZone) -> String {
        let east = zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(seconds)))
        let local = seconds.addingReportingOverflow(Int64(east)).partialValue
        return "\(dayAndTime(Moment(local))) (\(Self.offset(east)))"
    }

    /// `UTC`, `UTC+1`, `UTC−5:30`.
    private static func offset(_ east: Int) -> String {
        let minutes = abs(east) / 60
        guard minutes > 0 else { return "UTC" }
        let half = minutes % 60
        let rest = half == 0 ? "" : ":\(half < 10 ? "0" : "")\(half)"
        return "UTC\(east < 0 ? "\u{2212}" : "+")\(minutes / 60)\(rest)"
    }
}

extension Moment {
    /// - Parameter seconds: since 1970, and as many more as the clock that is meant is ahead of UTC.
    init(_ seconds: Int64) {
        let (year, month, day, _) = MailDate.civil(seconds)
        let minutes = Int((seconds % 86_400 + 86_400) % 86_400) / 60
        self.init(year: Int(year), month: month, day: Int(day), hour: minutes / 60, minute: minutes % 60)
    }
}
