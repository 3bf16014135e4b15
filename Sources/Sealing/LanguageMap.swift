// Which language a mail is written in, and how days stand in it.

import Mail
package import Wording

/// Which language a mailbox is written to in.
package struct LanguageMap: Sendable, Equatable {
    private let fallback: Language
    private let bySuffix: [(suffix: String, language: Language)]

    /// - Parameters:
    ///   - fallback: for every other domain.
    ///   - bySuffix: `.fr` for all domains under fr, `example.fr` for one; the longest that fits wins.
    package init(fallback: Language = .en, bySuffix: [String: Language] = [:]) {
        self.fallback = fallback
        self.bySuffix = bySuffix.map { ($0.key.lowercased(), $0.value) }.sorted {
            ($0.0.count, $0.0) > ($1.0.count, $1.0)
        }
    }

    func language(for mailbox: Mailbox) -> Language {
        let domain = mailbox.domain.lowercased()
        return bySuffix.first { $0.suffix.hasPrefix(".") ? domain.hasSuffix($0.suffix) : domain == $0.suffix }?.language
            ?? fallback
    }

    package static func == (left: LanguageMap, right: LanguageMap) -> Bool {
        left.fallback == right.fallback && left.bySuffix.map(\.suffix) == right.bySuffix.map(\.suffix)
            && left.bySuffix.map(\.language) == right.bySuffix.map(\.language)
    }
}

extension Language {
    /// A moment as a day, in UTC.
    func date(_ seconds: Int64) -> String { day(Moment(seconds)) }

    /// A moment with its time, in UTC, which it says.
    func moment(_ seconds: Int64) -> String { "\(dayAndTime(Moment(seconds))) UTC" }
}

extension Moment {
    /// - Parameter seconds: since 1970.
    init(_ seconds: Int64) {
        let (year, month, day, _) = MailDate.civil(seconds)
        let minutes = Int((seconds % 86_400 + 86_400) % 86_400) / 60
        self.init(year: Int(year), month: month, day: Int(day), hour: minutes / 60, minute: minutes % 60)
    }
}
