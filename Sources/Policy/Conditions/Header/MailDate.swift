// Dates of header fields (RFC 5322 section 3.3, with the obsolete forms of section 4.3). Pure; total.

import Detection

/// A date-time as mail writes it.
enum MailDate {
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    /// Zones by name (RFC 5322 section 4.3), in hours; the military ones say nothing.
    private static let zones = [
        "ut": 0, "utc": 0, "gmt": 0, "z": 0, "edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7,
        "pdt": -7, "pst": -8,
    ]

    /// Seconds since 1970; nil where the text is no date with a time and a zone.
    static func seconds(_ text: String) -> Int64? {
        var words = withoutComments(text.prefix(200)).lowercased().split { " \t,".contains($0) }
        if let first = words.first, first.allSatisfy(\.isLetter) { words.removeFirst() }
        guard words.count == 5, let day = number(words[0], 1...2), let year = year(words[2]),
            let month = months.firstIndex(of: String(words[1].prefix(3))),
            let days = Civil.days(year: year, month: month + 1, day: day), let time = time(words[3]),
            let offset = offset(words[4])
        else { return nil }
        return days * 86_400 + Int64(time - offset)
    }

    private static func year(_ word: Substring) -> Int? {
        guard let year = number(word, 2...4) else { return nil }
        switch word.count {
        case 2: return year < 50 ? 2000 + year : 1900 + year
        case 3: return 1900 + year
        default: return year
        }
    }

    private static func time(_ word: Substring) -> Int? {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false).map { number($0, 1...2) }
        guard parts.count == 2 || parts.count == 3, let hour = parts[0], let minute = parts[1] else { return nil }
        var second = 0
        if parts.count == 3 {
            guard let value = parts[2] else { return nil }
            second = value
        }
        guard hour < 24, minute < 60, second <= 60 else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    private static func offset(_ word: Substring) -> Int? {
        if let hours = zones[String(word)] { return hours * 3600 }
        guard let sign = word.first, sign == "+" || sign == "-", let digits = number(word.dropFirst(), 4...4),
            digits % 100 < 60
        else { return nil }
        let seconds = digits / 100 * 3600 + digits % 100 * 60
        return sign == "-" ? -seconds : seconds
    }

    private static func number(_ word: Substring, _ lengths: ClosedRange<Int>) -> Int? {
        guard lengths.contains(word.utf8.count), word.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(word)
    }

    private static func withoutComments(_ text: Substring) -> String {
        var depth = 0
        var plain = ""
        for character in text {
            switch character {
            case "(": depth += 1
            case ")": depth = max(0, depth - 1)
            default: plain.append(depth == 0 ? character : " ")
            }
        }
        return plain
    }
}
