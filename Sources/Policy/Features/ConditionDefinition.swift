// How a condition is written, with the lists and detectors that it names spelt out: two conditions written alike answer
// alike for the same message, whatever ruleset they stand in. Pure.

import Detection
import Mail

/// One condition as it is written.
struct ConditionDefinition: Sendable {
    /// `recipient`, `content`, …
    let key: String
    let value: ConditionNode
    /// Lists by the names under which it may use them.
    let lists: [String: DomainList]
    /// Equal for conditions that ask the same: how it is written, and what the names in it stand for.
    let canonical: String
}

extension RuleContext {
    /// Remembers how the condition at a place is written.
    func define(_ key: String, _ node: ConditionNode, at place: Place) {
        let value = node
        var parts = ["\(key):\(value.canonical)"]
        var lists: [String: DomainList] = ["inside": surroundings.inside]
        for text in Set(value.texts).sorted() {
            if let list = writtenNames["list \(text)"] { parts.append("list \(text):\(list.canonical)") }
            if let detector = writtenNames["detector \(text)"] {
                parts.append("detector \(text):\(detector.canonical)")
            }
            lists[text] = self.lists[text] ?? lists[text]
        }
        // `recipients` counts who is outside without naming the list.
        if value.texts.contains("inside") || key == "recipients" {
            parts.append("inside:\(surroundings.inside.entries)")
        }
        definitions[place] = ConditionDefinition(
            key: key, value: value, lists: lists, canonical: parts.joined(separator: "\n"))
    }
}
