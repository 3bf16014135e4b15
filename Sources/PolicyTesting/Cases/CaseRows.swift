// Cases that stand for several: tables (`each`), and folders of messages (`messages`). Both become ordinary cases
// before they are read.

import Foundation
import MIME
import Mail
import Policy
import SettingValues

struct CaseRows {
    let nodes: NodeReader
    let folder: String

    /// The cases that one entry of `cases` stands for.
    func rows(_ node: ConditionNode) -> [ConditionNode] {
        if let each = node["each"] { return table(node, each).flatMap(rows) }
        if let messages = node["messages"] { return files(node, messages) }
        return [node]
    }

    // MARK: - Tables

    private func table(_ template: ConditionNode, _ each: ConditionNode) -> [ConditionNode] {
        guard let list = nodes.list(each, "each") else { return [] }
        return list.enumerated().compactMap { number, row in
            guard let columns = nodes.map(row, "a row of each") else { return nil }
            let values = Dictionary(columns.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
            var used: Set<String> = []
            var pairs = (template.mapping ?? []).filter { $0.key.scalar?.string != "each" }.map {
                (key: replaced($0.key, values, &used), value: replaced($0.value, values, &used))
            }
            for (key, place, _) in columns where !used.contains(key) {
                nodes.problems.error(
                    place, "nothing in the case says <\(key)>", hint: "write <\(key)> where its value belongs")
            }
            let isNamed = template["name"]?.scalar?.string.contains("<") ?? false
            if !isNamed { pairs = renamed(pairs, "row \(number + 1)") }
            return ConditionNode(.mapping(pairs), row.place)
        }
    }

    /// `<column>` alone is the row's value whatever it is; within a text it is the value's text.
    private func replaced(_ node: ConditionNode, _ values: [String: ConditionNode], _ used: inout Set<String>)
        -> ConditionNode
    {
        switch node.value {
        case .scalar(let scalar):
            var text = scalar.string
            for (name, value) in values where text.contains("<\(name)>") {
                used.insert(name)
                if text == "<\(name)>" { return value }
                guard let string = value.scalar?.string else { continue }
                text = text.replacing("<\(name)>", with: string)
            }
            return ConditionNode(.scalar(.init(text, isPlain: scalar.isPlain)), node.place, anchor: node.anchor)
        case .sequence(let sequence):
            return ConditionNode(
                .sequence(sequence.map { replaced($0, values, &used) }), node.place, anchor: node.anchor)
        case .mapping(let mapping):
            return ConditionNode(
                .mapping(
                    mapping.map { (key: replaced($0.key, values, &used), value: replaced($0.value, values, &used)) }),
                node.place, anchor: node.anchor)
        }
    }

    /// With something behind the case's name that tells it from the others of its kind.
    private func renamed(
        _ pairs: [(key: ConditionNode, value: ConditionNode)], _ suffix: String
    ) -> [(key: ConditionNode, value: ConditionNode)] {
        pairs.map { pair in
            guard pair.key.scalar?.string == "name", let name = pair.value.scalar else { return pair }
            let longer = ConditionNode.Scalar("\(name.string) (\(suffix))", isPlain: name.isPlain)
            return (pair.key, ConditionNode(.scalar(longer), pair.value.place, anchor: pair.value.anchor))
        }
    }

    // MARK: - Folders

    private func files(_ template: ConditionNode, _ messages: ConditionNode) -> [ConditionNode] {
        guard let name = nodes.text(messages, "messages") else { return [] }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(name)")) ?? []).sorted()
            .filter { $0.hasSuffix(".eml") && !$0.hasPrefix(".") }
        guard !names.isEmpty else {
            nodes.problems.error(
                messages.place, "messages \"\(name)\": no *.eml file in this folder",
                hint: "paths are relative to the case file")
            return []
        }
        return names.map { file in
            let path = "\(name)/\(file)"
            var pairs = renamed((template.mapping ?? []).filter { $0.key.scalar?.string != "messages" }, file)
            func text(_ text: String) -> ConditionNode { ConditionNode(text: text, messages.place) }
            pairs.append((text("message"), text(path)))
            let envelope = Self.envelope("\(folder)/\(path)")
            if template["from"] == nil { pairs.append((text("from"), text(envelope.from))) }
            if template["to"] == nil {
                let list = ConditionNode(.sequence(envelope.to.map(text)), messages.place)
                pairs.append((text("to"), list))
            }
            return ConditionNode(.mapping(pairs), template.place)
        }
    }

    /// The envelope that a message file lets one guess: From, and To and Cc.
    private static func envelope(_ path: String) -> (from: String, to: [String]) {
        guard let data = FileManager.default.contents(atPath: path),
            let root = try? readStructure(LineEnds.canonical(data), limits: Limits())
        else { return ("<>", []) }
        let from = root.header.all("From").flatMap(\.mailboxes).first?.description ?? "<>"
        let to = (root.header.all("To") + root.header.all("Cc")).flatMap(\.mailboxes).map(\.description)
        return (from, to)
    }
}
