// calendar: what an invitation asks its reader to do (RFC 5546): the METHOD of a text/calendar part. It stands twice,
// as a parameter of Content-Type and as a property of the calendar, and the two must be the same (RFC 6047 section
// 2.4). Mail programs go by either, so where they are not, nobody can say which one counts.

import Detection
import MIME
import Mail

/// `calendar: request`, or a list of methods of which one must be that of a part.
struct CalendarCondition: MessageCondition {
    /// Methods that rules can name.
    enum Method: String, Sendable, CaseIterable {
        /// An invitation, or a change of one.
        case request
        /// The answer of somebody who is invited.
        case reply
        /// The meeting does not take place.
        case cancel
    }
    let place: Place
    let leaf: Int
    /// Of which one must fit.
    let methods: [Method]

    var label: String { "calendar \(methods.map(\.rawValue).joined(separator: ", "))" }
    var cost: Cost { .structure }

    func test(_ facts: MessageFacts) -> Truth {
        var some = Truth.no
        var all = Truth.yes
        for part in facts.parts {
            let answer = answer(part, facts.hiding.content)
            some = some.or(answer)
            guard Self.isCalendar(part), answer != .yes else { continue }
            all = answer == .no ? Self.unknown(part, "it is a second calendar and asks for something else") : answer
        }
        // One good calendar must not carry another one out with it.
        guard some == .yes else { return facts.hiddenAttachments(sizesMatter: false).or(some) }
        return all
    }

    private static func isCalendar(_ part: Part) -> Bool { part.type.essence == "text/calendar" }

    /// - Parameter hidden: unknown where some text of the message cannot be read, or not as every program reads it: it
    ///   may be that of the calendar.
    private func answer(_ part: Part, _ hidden: Truth) -> Truth {
        guard Self.isCalendar(part) else {
            guard part.doubts.contains(.type) else { return .no }
            return Self.unknown(part, "it does not say for certain what it is")
        }
        if hidden != .no { return hidden }
        guard let found = CalendarMethod(part) else { return Self.unknown(part, "its method cannot be read") }
        let wanted = Set(methods.map(\.rawValue))
        guard !found.words.isDisjoint(with: wanted) || part.doubts.contains(.type) else { return .no }
        guard found.isCertain, !part.doubts.contains(.type) else {
            return Self.unknown(part, "its header and its text do not name the same method")
        }
        guard !found.mayHoldFiles else { return Self.unknown(part, "it may hold files") }
        return .yes
    }

    private static func unknown(_ part: Part, _ reason: String) -> Truth {
        .unknown(.permanent(.init(.init(part), reason)))
    }

    func saw(_ facts: MessageFacts) -> [String] {
        let calendars = facts.parts.filter(Self.isCalendar)
        guard !calendars.isEmpty else { return ["no calendar"] }
        return calendars.prefix(20).map { part in
            let words = CalendarMethod(part).map { $0.words.sorted().joined(separator: " or ") } ?? "not readable"
            return "part \(part.path): method \(words.isEmpty ? "none" : Masking.shown(words))"
        }
    }

    /// Each method left out, where there are several.
    func mutants(newLeaf: Int) -> [(change: String, condition: any Condition)] {
        let others = methods.count > 1 ? methods.map { method in methods.filter { $0 != method } } : []
        return others.enumerated().map { index, rest in
            (
                "without \(methods[index].rawValue)",
                CalendarCondition(place: place, leaf: newLeaf, methods: rest)
            )
        }
    }
}

/// The method of one calendar.
struct CalendarMethod {
    /// All that are named, in the header or in a reading of the text, in lower case.
    let words: Set<String>
    /// True where there is one, every reading of both names it, and the text begins as a calendar.
    let isCertain: Bool
    /// True where a value of the calendar may be a file.
    let mayHoldFiles: Bool

    /// - Returns: nil where the text of the part cannot be read.
    init?(_ part: Part) {
        guard case .text(let written, _) = part.text else { return nil }
        let header = part.type.parameters["method"].map { Set([$0.lowercased()]) } ?? []
        let texts = [written] + part.otherForms.readings
        let readings = [header] + texts.map(Self.properties)
        let all = readings.reduce(into: Set<String>()) { $0.formUnion($1) }
        words = all
        isCertain =
            all.count == 1 && readings.allSatisfy { $0 == all } && texts.allSatisfy { ContentLines.begins($0.utf8) }
        mayHoldFiles = texts.contains(where: ContentLines.mayHoldFiles)
    }

    /// Values of the METHOD properties of a calendar (RFC 5545 section 3.7.2), in lower case.
    private static func properties(_ text: String) -> Set<String> {
        var words: Set<String> = []
        for line in unfolded(text) {
            // `METHOD:REQUEST`; no parameter of it is registered, but there may be one, with a colon in quotes.
            guard line.count >= 6, line.prefix(6).lowercased() == "method" else { continue }
            var isQuoted = false
            let colon = line.firstIndex { character in
                if character == "\"" { isQuoted.toggle() }
                return character == ":" && !isQuoted
            }
            let name = line.prefix { $0 != ":" && $0 != ";" }
            guard let colon, name.count == 6 else { continue }
            let value = line[line.index(after: colon)...]
            words.insert(value.filter { !$0.isWhitespace }.lowercased())
        }
        return words
    }

    /// Lines, with those joined that were folded (RFC 5545 section 3.1).
    private static func unfolded(_ text: String) -> [String] {
        var lines: [String] = []
        // Other characters that Unicode calls newlines end no line of a calendar.
        let ends: Set<Character> = ["\n", "\r", "\r\n"]
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: ends.contains) {
            if let first = line.first, first == " " || first == "\t", !lines.isEmpty {
                lines[lines.count - 1] += line.dropFirst()
            } else {
                lines.append(String(line))
            }
        }
        return lines
    }
}

extension ConditionReader {
    func calendar(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        guard let entries = nodes.texts(node, "'calendar'") else { return nil }
        let known = CalendarCondition.Method.allCases.map(\.rawValue)
        for (text, place) in entries where CalendarCondition.Method(rawValue: text) == nil {
            nodes.unknown(text, place, "method", in: "'calendar'", known: known)
        }
        let methods = entries.compactMap { CalendarCondition.Method(rawValue: $0.text) }
        guard methods.count == entries.count else { return nil }
        return CalendarCondition(place: place, leaf: context.leaf("calendar \(methods)"), methods: methods)
    }
}

extension ConditionKind {
    /// `calendar`.
    static let calendar = ConditionKind(
        key: "calendar",
        value: .either([
            .words(CalendarCondition.Method.allCases.map(\.rawValue)),
            .list(.words(CalendarCondition.Method.allCases.map(\.rawValue))),
        ]),
        about: "What an invitation asks for: the method of a text/calendar part.",
        read: { $0.calendar($1, $2) },
        replayed: { message, _, _ in
            // The log keeps no methods: it can tell only where there is no calendar.
            let features = message.features
            guard features.hidden.content == nil, !features.parts.contains(where: { $0.type == "text/calendar" })
            else { return nil }
            return features.hidden.attachments.map { .unknown(.permanent(UnknownReason($0))) } ?? .no
        })
}
