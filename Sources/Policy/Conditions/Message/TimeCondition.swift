// time: the time of day at which the message is judged. The clock is a fact like others: `now` comes from who judges.

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
    /// Minutes of the day from start (inclusive) to end (exclusive); the end before the start is a window over
    /// midnight, which belongs to the day on which it began. nil: the whole day.
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

extension ConditionReader {
    func time(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        let what = "'time'"
        guard let fields = asked(node, what, known: ["between", "days", "zone"]), let zone = zone(fields, what) else {
            return nil
        }
        var says: [String] = []
        var window: (start: Int, end: Int)?
        if let node = fields["between"] {
            guard let (pair, text) = self.window(node, "between of \(what)") else { return nil }
            window = pair
            says.append("between \(text)")
        }
        var days: [Weekday]?
        if let node = fields["days"] {
            guard let list = self.days(node, what) else { return nil }
            days = list
            says.append("days \(list.map(\.rawValue).joined(separator: ", "))")
        }
        guard !says.isEmpty else {
            nodes.problems.error(fields.place, "\(what) says neither 'between' nor 'days'")
            return nil
        }
        let label = "time \(says.joined(separator: "; ")) \(zone.identifier)"
        return TimeCondition(
            place: place, leaf: context.leaf(label), window: window, days: days, zone: zone, label: label)
    }

    func zone(_ fields: NodeReader.Fields, _ what: String) -> TimeZone? {
        guard let node = fields["zone"] else { return .gmt }
        guard let name = nodes.text(node, "zone of \(what)") else { return nil }
        guard let zone = ZoneName.zone(name) else {
            nodes.problems.error(
                nodes.place(node), "unknown time zone '\(name)' in \(what)", hint: ZoneName.hint(for: name))
            return nil
        }
        return zone
    }

    private func window(_ node: ConditionNode, _ what: String) -> (window: (start: Int, end: Int), text: String)? {
        guard let text = nodes.text(node, what) else { return nil }
        let halves = text.split(separator: "-", omittingEmptySubsequences: false).map { Self.minute($0) }
        guard halves.count == 2, let start = halves[0], let end = halves[1], start < TimeCondition.minutesOfDay,
            start != end
        else {
            nodes.problems.error(
                nodes.place(node), "\(what) must be a window of the day, and is '\(text)'",
                hint: "from and to, in quotes: \"08:00-18:00\"; \"22:00-06:00\" is over midnight")
            return nil
        }
        return ((start, end), text)
    }

    private static func minute(_ text: Substring) -> Int? {
        let parts = text.drop { $0 == " " }.split(separator: ":", omittingEmptySubsequences: false)
            .map { part in part.last == " " ? part.dropLast() : part }
        guard parts.count == 2, (1...2).contains(parts[0].utf8.count), parts[1].utf8.count == 2,
            parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }), let hour = Int(parts[0]),
            let minute = Int(parts[1]), minute < 60, hour < 24 || (hour == 24 && minute == 0)
        else { return nil }
        return hour * 60 + minute
    }

    private func days(_ node: ConditionNode, _ what: String) -> [Weekday]? {
        guard let entries = nodes.texts(node, "days of \(what)") else { return nil }
        let known = Weekday.allCases.map(\.rawValue)
        for (text, place) in entries where Weekday(rawValue: text) == nil {
            nodes.unknown(text, place, "day", in: what, known: known)
        }
        let days = entries.compactMap { Weekday(rawValue: $0.text) }
        return days.count == entries.count ? days : nil
    }
}

extension ConditionKind {
    /// `time`.
    static let time = ConditionKind(
        key: "time", value: .map("time"), about: "Time of day and day of the week.",
        maps: [
            PolicyGrammar.Map(
                name: "time",
                keys: [
                    PolicyGrammar.key("between", .text, "08:00-18:00; may go over midnight."),
                    PolicyGrammar.key("days", .texts, "Days of the week: mon, tue, …"),
                    PolicyGrammar.key("zone", .text, "The time zone, such as Europe/Paris."),
                ], probe: PolicyGrammar.probe("{ time: { days: mon, KEY: 1 } }"))
        ],
        read: { $0.time($1, $2) })
}
