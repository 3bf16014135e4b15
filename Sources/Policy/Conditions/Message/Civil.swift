// The calendar, for conditions on dates.

import Foundation

/// The calendar (proleptic Gregorian), in whole numbers.
enum Civil {
    /// Days since 1970-01-01, and seconds of that day.
    static func days(ofSeconds seconds: Int64) -> (days: Int64, rest: Int64) {
        let rest = (seconds % 86_400 + 86_400) % 86_400
        return ((seconds - rest) / 86_400, rest)
    }

    /// Days since 1970-01-01; nil where there is no such day.
    static func days(year: Int, month: Int, day: Int) -> Int64? {
        guard (1...9999).contains(year), (1...12).contains(month), (1...length(year, month)).contains(day) else {
            return nil
        }
        // Years that begin in March: the leap day is their last.
        let shifted = month > 2 ? year : year - 1
        let fromMarch = (month + 9) % 12
        let dayOfYear = (153 * fromMarch + 2) / 5 + day - 1
        return Int64(shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468)
    }

    private static func length(_ year: Int, _ month: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
