// How a condition is written, with the lists and detectors that it names spelt out: two conditions written alike answer
// alike for the same message, whatever ruleset they stand in. Pure.

import Mail
import Yams

/// A YAML node as plain values.
indirect enum WrittenNode: Sendable, Equatable {
    case text(String)
    case list([WrittenNode])
    case map([String: WrittenNode])

    /// The readers bound the depth, and aliases are refused.
    init(_ node: Node) {
        if let mapping = node.mapping {
            self = .map(
                Dictionary(
                    mapping.compactMap { key, value in key.scalar.map { ($0.string, WrittenNode(value)) } },
                    uniquingKeysWith: { first, _ in first }))
        } else if let sequence = node.sequence {
            self = .list(sequence.map(WrittenNode.init))
        } else {
            self = .text(node.scalar?.string ?? "")
        }
    }

    /// The same text for the same value.
    var canonical: String {
        switch self {
        case .text(let text): "\(text.debugDescription)"
        case .list(let nodes): "[\(nodes.map(\.canonical).joined(separator: ","))]"
        case .map(let nodes):
            "{\(nodes.sorted { $0.key < $1.key }.map { "\($0.key.debugDescription):\($0.value.canonical)" }.joined(separator: ","))}"
        }
    }

    /// Every text in it that is a value.
    var texts: [String] {
        switch self {
        case .text(let text): [text]
        case .list(let nodes): nodes.flatMap(\.texts)
        case .map(let nodes): nodes.sorted { $0.key < $1.key }.flatMap(\.value.texts)
        }
    }

    /// The values of a map, where it has no other keys than these.
    func fields(_ known: Set<String>) -> [String: WrittenNode]? {
        guard case .map(let nodes) = self, known.isSuperset(of: nodes.keys) else { return nil }
        return nodes
    }

    /// One text.
    var text: String? {
        if case .text(let text) = self { text } else { nil }
    }
}

/// One condition as it is written.
struct ConditionDefinition: Sendable, Equatable {
    /// `recipient`, `content`, …
    let key: String
    let value: WrittenNode
    /// Lists by the names under which it may use them.
    let lists: [String: DomainList]
    /// Equal for conditions that ask the same: how it is written, and what the names in it stand for.
    let canonical: String
}

extension RuleContext {
    /// Remembers how the condition at a place is written.
    func define(_ key: String, _ node: Node, at place: Place) {
        guard !["all", "any", "not", "condition"].contains(key) else { return }
        let value = WrittenNode(node)
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
