// Cases that stand for several: tables (`each`), and folders of messages (`messages`). Both become ordinary cases before
// they are read.

import Foundation
import MIME
import Mail
import Policy
import SettingValues
import Yams

struct CaseRows {
    let nodes: NodeReader
    let folder: String

    /// The cases that one entry of `cases` stands for.
    func rows(_ node: Node) -> [Node] {
        guard let mapping = node.mapping else { return [node] }
        if let each = mapping["each"] { return table(mapping, each).flatMap(rows) }
        if let place = mapping["messages"] { return files(mapping, place) }
        return [node]
    }

    // MARK: - Tables

    private func table(_ template: Node.Mapping, _ each: Node) -> [Node] {
        guard let list = nodes.list(each, "each") else { return [] }
        return list.enumerated().compactMap { number, row in
            guard let columns = nodes.map(row, "a row of each") else { return nil }
            let values = Dictionary(columns.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
            var used: Set<String> = []
            var pairs = template.filter { $0.key.string != "each" }.map {
                (replaced($0.key, values, &used), replaced($0.value, values, &used))
            }
            for (key, place, _) in columns where !used.contains(key) {
                nodes.problems.error(
                    place, "nothing in the case says <\(key)>", hint: "write <\(key)> where its value belongs")
            }
            let isNamed = template["name"]?.string?.contains("<") ?? false
            if !isNamed { pairs = pairs.map { $0.0.string == "name" ? ($0.0, named($0.1, "row \(number + 1)")) : $0 } }
            return .mapping(Node.Mapping(pairs, Tag(.map), .any, row.mark))
        }
    }

    /// `<column>` alone is the row's value whatever it is; within a text it is the value's text.
    private func replaced(_ node: Node, _ values: [String: Node], _ used: inout Set<String>) -> Node {
        switch node {
        case .scalar(let scalar):
            var text = scalar.string
            for (name, value) in values where text.contains("<\(name)>") {
                used.insert(name)
                if text == "<\(name)>" { return value }
                guard let string = value.scalar?.string else { continue }
                text = text.replacing("<\(name)>", with: string)
            }
            return .scalar(Node.Scalar(text, scalar.tag, scalar.style, scalar.mark))
        case .sequence(let sequence):
            return .sequence(
                Node.Sequence(
                    sequence.map { replaced($0, values, &used) }, sequence.tag, sequence.style, sequence.mark))
        case .mapping(let mapping):
            return .mapping(
                Node.Mapping(
                    mapping.map { (replaced($0.key, values, &used), replaced($0.value, values, &used)) }, mapping.tag,
                    mapping.style, mapping.mark))
        default: return node
        }
    }

    private func named(_ name: Node, _ suffix: String) -> Node {
        guard let scalar = name.scalar else { return name }
        return .scalar(Node.Scalar("\(scalar.string) (\(suffix))", scalar.tag, scalar.style, scalar.mark))
    }

    // MARK: - Folders

    private func files(_ template: Node.Mapping, _ place: Node) -> [Node] {
        guard let name = nodes.text(place, "messages") else { return [] }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(name)")) ?? []).sorted()
            .filter { $0.hasSuffix(".eml") && !$0.hasPrefix(".") }
        guard !names.isEmpty else {
            nodes.problems.error(
                nodes.place(place), "messages \"\(name)\": no *.eml file in this folder",
                hint: "paths are relative to the case file")
            return []
        }
        return names.map { file in
            let path = "\(name)/\(file)"
            var pairs = template.filter { $0.key.string != "messages" }.map { ($0.key, $0.value) }
            pairs = pairs.map { $0.0.string == "name" ? ($0.0, named($0.1, file)) : $0 }
            pairs.append((Node("message"), text(path, place)))
            let envelope = Self.envelope("\(folder)/\(path)")
            if template["from"] == nil { pairs.append((Node("from"), text(envelope.from, place))) }
            if template["to"] == nil {
                let list = Node.Sequence(envelope.to.map { text($0, place) }, Tag(.seq), .any, place.mark)
                pairs.append((Node("to"), .sequence(list)))
            }
            return .mapping(Node.Mapping(pairs, Tag(.map), .any, template.mark))
        }
    }

    private func text(_ text: String, _ place: Node) -> Node {
        .scalar(Node.Scalar(text, Tag(.str), .doubleQuoted, place.mark))
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
