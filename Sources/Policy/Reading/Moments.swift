// Dates and durations as policies write them. Text in, seconds or nil out; pure.

import Detection

/// Moments in UTC.
package enum Moments {
    /// `30s`, `5m`, `2h`, `7d` in seconds: the units of the settings.
    package static func duration(_ text: String) -> Int64? {
        guard let unit = text.last, let factor = ["s": Int64(1), "m": 60, "h": 3600, "d": 86_400][String(unit)] else {
            return nil
        }
        let digits = text.dropLast()
        guard (1...9).contains(digits.utf8.count), let number = whole(digits) else { return nil }
        return Int64(number) * factor
    }

    /// `2027-01-31` (the start of that day in UTC) or a time of RFC 3339 (`2027-01-31T18:00:00+01:00`), in seconds
    /// since 1970.
    package static func moment(_ text: String) -> Int64? {
        let octets = Array(text.utf8)
        guard octets.count >= 10, let day = day(octets[0..<10]) else { return nil }
        if octets.count == 10 { return day }
        guard octets.count >= 20, octets[10] | 0x20 == UInt8(ascii: "t"), let clock = clock(octets[11..<19]) else {
            return nil
        }
        var rest = octets[19...]
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard let first = rest.first, isDigit(first) else { return nil }
            rest = rest.drop(while: isDigit)
        }
        return zone(Array(rest)).map { day + clock - $0 }
    }

    /// `2027-01-31`.
    package static func text(_ seconds: Int64) -> String {
        var days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        var year = Int64(1970)
        // A policy's dates are within a few centuries of now.
        while days < 0 || days >= length(ofYear: year) {
            if days < 0 {
                year -= 1
                days += length(ofYear: year)
            } else {
                days -= length(ofYear: year)
                year += 1
            }
        }
        var month = 1
        while days >= length(ofMonth: month, year) {
            days -= length(ofMonth: month, year)
            month += 1
        }
        return "\(year)-\(two(Int64(month)))-\(two(days + 1))"
    }

    private static func day(_ octets: ArraySlice<UInt8>) -> Int64? {
        let parts = String(decoding: octets, as: UTF8.self).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], let year = whole(parts[0]), let month = whole(parts[1]),
            let day = whole(parts[2]), (1970...9999).contains(year), (1...12).contains(month),
            day >= 1, Int64(day) <= length(ofMonth: month, Int64(year))
        else { return nil }
        var days = Int64(day - 1)
        for earlier in 1..<month { days += length(ofMonth: earlier, Int64(year)) }
        let before = Int64(year) - 1
        days += (Int64(year) - 1970) * 365 + (before / 4 - before / 100 + before / 400) - 477
        return days * 86_400
    }

    private static func clock(_ octets: ArraySlice<UInt8>) -> Int64? {
        let parts = String(decoding: octets, as: UTF8.self).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [2, 2, 2], let hour = whole(parts[0]), let minute = whole(parts[1]),
            let second = whole(parts[2]), hour < 24, minute < 60, second <= 60
        else { return nil }
        return Int64(hour * 3600 + minute * 60 + second)
    }

    /// `Z`, `+01:00`: seconds east of UTC.
    private static func zone(_ octets: [UInt8]) -> Int64? {
        if octets.count == 1, octets[0] | 0x20 == UInt8(ascii: "z") { return 0 }
        guard octets.count == 6, octets[3] == UInt8(ascii: ":"), octets[0] == 43 || octets[0] == 45,
            let hour = whole(Substring(String(decoding: octets[1...2], as: UTF8.self))),
            let minute = whole(Substring(String(decoding: octets[4...5], as: UTF8.self))), hour < 24, minute < 60
        else { return nil }
        let east = Int64(hour * 3600 + minute * 60)
        return octets[0] == 43 ? east : -east
    }

    private static func length(ofYear year: Int64) -> Int64 { isLeap(year) ? 366 : 365 }

    private static func length(ofMonth month: Int, _ year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func isDigit(_ octet: UInt8) -> Bool { (48...57).contains(octet) }

    private static func whole(_ text: Substring) -> Int? { text.utf8.allSatisfy(isDigit) ? Int(text) : nil }

    private static func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
