// One small mistake at a time in a condition and in every condition it is made of. Pure.

import Mail

/// Changes conditions.
enum ConditionMutator {
    /// One changed condition.
    struct Edit {
        /// Where the change is.
        let place: Place
        /// What was done.
        let change: String
        /// The whole condition with the change in it.
        let result: any Condition
    }

    /// - Parameter newLeaf: number of a leaf that nobody uses: a changed leaf must not share another's answer.
    static func edits(of condition: any Condition, newLeaf: Int) -> [Edit] {
        let said = text(condition)
        var edits: [Edit] = []
        if let not = condition as? Not {
            // Its part negated is the part itself, so that is not made twice.
            edits.append(Edit(place: not.place, change: "drops the 'not' before '\(text(not.part))'", result: not.part))
            edits += Self.edits(of: not.part, newLeaf: newLeaf).filter { !($0.result is Not) }.map {
                Edit(place: $0.place, change: $0.change, result: Not(place: not.place, part: $0.result))
            }
            return edits
        }
        edits.append(
            Edit(
                place: condition.place, change: "negates '\(said)'",
                result: Not(place: condition.place, part: condition)
            ))
        if let all = condition as? AllOf {
            edits += combined(all.parts, newLeaf) { AllOf(place: all.place, parts: $0) }
        } else if let any = condition as? AnyOf {
            edits += combined(any.parts, newLeaf) { AnyOf(place: any.place, parts: $0) }
        } else if !(condition is NamedCondition) {
            // What is under a name is changed once, where it stands.
            edits += leaf(condition, newLeaf).map { Edit(place: condition.place, change: $0.0, result: $0.1) }
        }
        return edits
    }

    private static func combined(
        _ parts: [any Condition], _ newLeaf: Int, _ make: ([any Condition]) -> any Condition
    ) -> [Edit] {
        var edits: [Edit] = []
        for (index, part) in parts.enumerated() {
            if parts.count > 1 {
                var rest = parts
                rest.remove(at: index)
                edits.append(Edit(place: part.place, change: "drops '\(text(part))'", result: make(rest)))
            }
            for edit in Self.edits(of: part, newLeaf: newLeaf) {
                var changed = parts
                changed[index] = edit.result
                edits.append(Edit(place: edit.place, change: edit.change, result: make(changed)))
            }
        }
        return edits
    }

    // MARK: - Leaves

    private static func leaf(_ condition: any Condition, _ newLeaf: Int) -> [(String, any Condition)] {
        switch condition {
        case let sender as SenderCondition:
            addresses(sender.addresses).map {
                ("'\(sender.label)': \($0)", SenderCondition(place: sender.place, leaf: newLeaf, addresses: $1))
            }
        case let recipient as RecipientCondition:
            addresses(recipient.addresses).map {
                (
                    "'\(recipient.label)': \($0)",
                    RecipientCondition(place: recipient.place, leaf: newLeaf, addresses: $1)
                )
            }
        case let size as SizeCondition:
            bounds(size.size).map {
                ("'\(size.label)': \($0)", SizeCondition(place: size.place, leaf: newLeaf, size: $1))
            }
        case let content as ContentCondition:
            [1, -1].map { content.atLeast + $0 }.filter { $0 > 0 }.map {
                ("'\(content.label)': at least \($0)", content.withAtLeast($0, leaf: newLeaf))
            }
        default: []
        }
    }

    /// Each entry of a list taken away; of a list of one entry only where another list is left.
    private static func addresses(_ test: AddressTest) -> [(String, AddressTest)] {
        var all: [(String, AddressTest)] = []
        for (word, path) in [("in", \AddressTest.within), ("not-in", \AddressTest.outside)] {
            guard let set = test[keyPath: path] else { continue }
            for (index, list) in set.lists.enumerated() where set.names[index] != "inside" {
                for entry in list.entries where set.lists.count > 1 || list.entries.count > 1 {
                    var lists = set.lists
                    lists[index] = DomainList(list.entries.filter { $0 != entry })
                    var changed = test
                    changed[keyPath: path] = AddressSet(names: set.names, lists: lists)
                    all.append(("\(word) without \(entry)", changed))
                }
            }
        }
        return all
    }

    /// One byte more and one less.
    private static func bounds(_ size: SizeTest) -> [(String, SizeTest)] {
        var all: [(String, SizeTest)] = []
        for delta in [1, -1] {
            if let over = size.overBytes {
                var changed = size
                changed.overBytes = over &+ delta
                all.append(("over \((over &+ delta).counted("byte"))", changed))
            }
            if let under = size.underBytes {
                var changed = size
                changed.underBytes = under &+ delta
                all.append(("under \((under &+ delta).counted("byte"))", changed))
            }
        }
        return all
    }

    /// A condition in words, cut to a line.
    private static func text(_ condition: any Condition) -> String {
        if condition.parts.isEmpty || condition is NamedCondition { return condition.label }
        let parts = condition.parts.map(text).joined(separator: "; ")
        let whole = "\(condition.label) (\(parts))"
        return whole.count > 90 ? whole.prefix(90) + "…" : whole
    }
}

extension ContentCondition {
    /// The same with another count.
    func withAtLeast(_ number: Int, leaf: Int) -> ContentCondition {
        ContentCondition(
            place: place, leaf: leaf, search: search, atLeast: number, nears: nears, looksAtQuoted: looksAtQuoted,
            label: label.replacing("at least \(atLeast)", with: "at least \(number)"))
    }
}
