// time, date-range: when the message is judged. The clock is a fact like others: `now` comes from who judges.

import Detection
import Foundation
import Mail

/// A day of the week, from Sunday.
enum Weekday: String, CaseIterable, Sendable {
    case sun, mon, tue, wed, thu, fri, sat
}

/// `time`: a window of the day, on some days of the week, in a time zone.
struct TimeCondition: MessageCondition {
    static let minutesOfDay = 24 * 60

    let place: Place
    let leaf: Int
    /// Minutes of the day from start (inclusive) to end (exclusive); the end before the start is a window over midnight,
    /// which belongs to the day on which it began. nil: the whole day.
    let window: (start: Int, end: Int)?
    /// nil: every day.
    let days: [Weekday]?
    let zone: TimeZone
    let label: String

    var cost: Cost { .envelope }

    func test(_ facts: MessageFacts) -> Truth {
        let (minute, day) = local(facts.nowSeconds)
        return Truth(contains(minute: minute, day: day))
    }

    func saw(_ facts: MessageFacts) -> [String] {
        let (minute, day) = local(facts.nowSeconds)
        let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        return ["\(Weekday.allCases[day].rawValue) \(two(minute / 60)):\(two(minute % 60)) \(zone.identifier)"]
    }

    var topic: Topic {
        .minutes(
            zone.identifier,
            (0..<7).flatMap { day in (0..<Self.minutesOfDay).map { contains(minute: $0, day: day) } })
    }

    /// - Parameter day: 0 is Sunday.
    func contains(minute: Int, day: Int) -> Bool {
        guard let window else { return isDay(day) }
        if window.start < window.end { return (window.start..<window.end).contains(minute) && isDay(day) }
        if minute >= window.start { return isDay(day) }
        return minute < window.end && isDay((day + 6) % 7)
    }

    private func isDay(_ day: Int) -> Bool { days.map { $0.contains(Weekday.allCases[day]) } ?? true }

    private func local(_ seconds: Int64) -> (minute: Int, day: Int) {
        let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(seconds)))
        let (days, rest) = Civil.days(ofSeconds: seconds.addingReportingOverflow(Int64(offset)).partialValue)
        // 1970-01-01 was a Thursday.
        let day = Int(((days + 4) % 7 + 7) % 7)
        return (Int(rest / 60), day)
    }
}

/// `date-range`: between two instants, the first inclusive, the second exclusive.
struct DateRangeCondition: MessageCondition {
    let place: Place
    let leaf: Int
    let fromSeconds: Int64?
    let untilSeconds: Int64?
    let label: String

    var cost: Cost { .envelope }

    func test(_ facts: MessageFacts) -> Truth {
        if let fromSeconds, facts.nowSeconds < fromSeconds { return .no }
        if let untilSeconds, facts.nowSeconds >= untilSeconds { return .no }
        return .yes
    }

    var topic: Topic { .number("date", over: fromSeconds.map { $0 - 1 }, under: untilSeconds) }

    func saw(_ facts: MessageFacts) -> [String] {
        [ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: TimeInterval(facts.nowSeconds)))]
    }
}

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
