// date-range: the day on which the message is judged.

import Detection
import Foundation
import Mail

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

extension ConditionReader {
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
}

extension ConditionKind {
    /// `date-range`.
    static let dateRange = ConditionKind(
        key: "date-range", value: .map("date-range"), about: "From a date to a date.",
        maps: [
            PolicyGrammar.Map(
                name: "date-range",
                keys: [
                    PolicyGrammar.key("from", .text, "From this date on."),
                    PolicyGrammar.key("until", .text, "Until this date."),
                    PolicyGrammar.key("zone", .text, "The time zone, such as Europe/Paris."),
                ], probe: PolicyGrammar.probe("{ date-range: { from: 2027-01-01, KEY: 1 } }"))
        ],
        read: { $0.dateRange($1, $2) })
}
