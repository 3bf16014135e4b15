// Readers for the keys about time: time, date-range; and what others need of numbers: counts, durations.

import Detection
import Foundation
import Mail

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

    private func zone(_ fields: NodeReader.Fields, _ what: String) -> TimeZone? {
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

    func dateRange(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        let what = "'date-range'"
        guard let fields = asked(node, what, known: ["from", "until", "zone"]), let zone = zone(fields, what) else {
            return nil
        }
        var says: [String] = []
        var limits: [String: Int64] = [:]
        for key in ["from", "until"] {
            guard let node = fields[key] else { continue }
            guard let text = nodes.text(node, "\(key) of \(what)"),
                let seconds = dayStart(text, node, "\(key) of \(what)", zone, dayLater: key == "until")
            else { return nil }
            limits[key] = seconds
            says.append("\(key) \(text)")
        }
        guard !says.isEmpty else {
            nodes.problems.error(fields.place, "\(what) says neither 'from' nor 'until'")
            return nil
        }
        if let from = limits["from"], let until = limits["until"], from >= until {
            nodes.problems.error(
                fields.place, "\(what) can never be true: it ends before it begins", code: "never-true")
            return nil
        }
        let label = "date-range \(says.joined(separator: ", ")) \(zone.identifier)"
        return DateRangeCondition(
            place: place, leaf: context.leaf(label), fromSeconds: limits["from"], untilSeconds: limits["until"],
            label: label)
    }

    /// Where a day begins in a zone, or the day after it.
    private func dayStart(
        _ text: String, _ node: ConditionNode, _ what: String, _ zone: TimeZone, dayLater: Bool
    ) -> Int64? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int($0) }
        guard parts.map(\.utf8.count) == [4, 2, 2], numbers.count == 3,
            let days = Civil.days(year: numbers[0], month: numbers[1], day: numbers[2])
        else {
            nodes.problems.error(
                nodes.place(node), "\(what) must be a day, and is '\(text)'", hint: "write it as 2026-12-31")
            return nil
        }
        let local = (days + (dayLater ? 1 : 0)) * 86_400
        // The offset at that instant, found from the one near it: a zone may change in between.
        let near = zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(local)))
        let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(local - Int64(near))))
        return local - Int64(offset)
    }

    /// `over` and `under` of a number of things.
    func countTest(_ node: ConditionNode, _ what: String) -> CountTest? {
        if let scalar = node.scalar {
            nodes.problems.error(
                nodes.place(node), "\(what) must be a map of keys, and is '\(scalar.string)'",
                hint: "write '{ over: \(scalar.string) }' or '{ under: \(scalar.string) }'")
            return nil
        }
        guard let fields = asked(node, what, known: ["over", "under"]) else { return nil }
        var test = CountTest()
        if let node = fields["over"] {
            guard let number = nodes.integer(node, "over of \(what)", in: 0...1_000_000) else { return nil }
            test.over = number
        }
        if let node = fields["under"] {
            guard let number = nodes.integer(node, "under of \(what)", in: 1...1_000_000) else { return nil }
            test.under = number
        }
        if let over = test.over, let under = test.under, under - over < 2 {
            nodes.problems.error(
                fields.place, "\(what) can never be true: no number is over \(over) and under \(under)",
                code: "never-true")
            return nil
        }
        return test
    }

    private static let durations: [(name: String, seconds: Int64)] = [
        ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800),
    ]

    /// A length of time with its unit, in seconds.
    func duration(_ node: ConditionNode, _ what: String) -> Int64? {
        guard let text = nodes.text(node, what) else { return nil }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        guard let number = Int64(digits), number < 1_000_000_000,
            let factor = Self.durations.first(where: { $0.name == unit })?.seconds
        else {
            nodes.problems.error(
                nodes.place(node), "\(what) must be a length of time, and is '\(text)'",
                hint: "a whole number with a unit: 90s, 30m, 12h, 30d, 2w")
            return nil
        }
        return number * factor
    }

    /// The keys of a map that says something.
    func asked(_ node: ConditionNode, _ what: String, known: [String]) -> NodeReader.Fields? {
        guard let fields = nodes.fields(node, what, known: known) else { return nil }
        guard !fields.isEmpty else {
            nodes.problems.error(
                fields.place, "\(what) asks for nothing", hint: "known: \(known.joined(separator: ", "))")
            return nil
        }
        return fields
    }
}
