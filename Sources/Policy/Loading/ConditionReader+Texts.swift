// Readers for the keys that look at texts: subject, header, attachment.

import Mail
import Yams

extension ConditionReader {
    private static let textKeys = ["is", "matches", "words", "case", "whole-word"]

    func subject(_ node: Node, _ place: Place) -> (any Condition)? {
        guard let (test, label) = textTest(node, "'subject'", .subject) else { return nil }
        return SubjectCondition(
            place: place, leaf: context.leaf("subject \(test)"), text: test, label: "subject \(label)")
    }

    func header(_ node: Node, _ place: Place) -> (any Condition)? {
        let what = "'header'"
        guard let fields = nodes.fields(node, what, known: ["name", "exists"] + Self.textKeys) else { return nil }
        guard let nameNode = fields["name"] else {
            nodes.problems.error(
                fields.place, "\(what) has no 'name'", hint: "write '{ name: Sensitivity, is: Private }'")
            return nil
        }
        guard let name = nodes.text(nameNode, "name of \(what)") else { return nil }
        guard name.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") }) else {
            nodes.problems.error(nodes.place(nameNode), "'\(name)' cannot be the name of a header field")
            return nil
        }
        guard oneOf(fields, ["exists", "is", "matches", "words"], what) else { return nil }
        if let node = fields["exists"] {
            guard let wanted = nodes.boolean(node, "exists of \(what)") else { return nil }
            return HeaderCondition(
                place: place, leaf: context.leaf("header \(name.lowercased()) exists \(wanted)"), name: name,
                question: .exists(wanted),
                label: "header \(name) exists: \(wanted)")
        }
        guard let (test, label) = textTest(fields, what, .header) else { return nil }
        return HeaderCondition(
            place: place, leaf: context.leaf("header \(name.lowercased()) \(test)"), name: name, question: .text(test),
            label: "header \(name) \(label)")
    }

    /// A bare text is a pattern; a map says `is`, `matches` or `words`.
    private func textTest(_ node: Node, _ what: String, _ target: PatternTarget) -> (TextTest, String)? {
        if node.scalar != nil {
            guard let text = nodes.pattern(node, what) else { return nil }
            let spec = PatternSpec(source: .expression(text), place: nodes.place(node))
            return (.matches(context.register(spec, for: target)), spec.label)
        }
        guard let fields = nodes.fields(node, what, known: Self.textKeys) else { return nil }
        guard oneOf(fields, ["is", "matches", "words"], what) else { return nil }
        return textTest(fields, what, target)
    }

    private func textTest(
        _ fields: NodeReader.Fields, _ what: String, _ target: PatternTarget
    ) -> (TextTest, String)? {
        guard let node = fields["is"] else {
            guard let spec = nodes.spec(fields, key: "matches", what) else { return nil }
            return (.matches(context.register(spec, for: target)), spec.label)
        }
        if fields.contains("whole-word") {
            nodes.problems.error(fields.place(of: "whole-word"), "'whole-word' has no meaning beside 'is'")
            return nil
        }
        guard let text = nodes.text(node, "is of \(what)") else { return nil }
        var exact = false
        if let node = fields["case"] {
            guard let word = nodes.text(node, "case of \(what)") else { return nil }
            guard ["exact", "any"].contains(word) else {
                nodes.unknown(word, nodes.place(node), "case", in: what, known: ["exact", "any"])
                return nil
            }
            exact = word == "exact"
        }
        return (.equals(text, exactCase: exact), "is '\(text)'" + (exact ? ", case exact" : ""))
    }

    func attachment(_ node: Node, _ place: Place) -> (any Condition)? {
        let what = "'attachment'"
        let known = ["name", "type", "extension", "kind", "size"]
        if let scalar = node.scalar {
            nodes.problems.error(
                nodes.place(node), "\(what) must be a map of keys, and is '\(scalar.string)'",
                hint: "write '{ name: \(scalar.string) }'; known: \(known.joined(separator: ", "))")
            return nil
        }
        guard let fields = nodes.fields(node, what, known: known) else { return nil }
        guard !fields.isEmpty else {
            nodes.problems.error(
                fields.place, "\(what) asks for nothing", hint: "known: \(known.joined(separator: ", "))")
            return nil
        }
        return attachment(fields, what, place)
    }

    private func attachment(_ fields: NodeReader.Fields, _ what: String, _ place: Place) -> (any Condition)? {
        var parts: [String] = []
        var name: Int?
        if let node = fields["name"] {
            guard let text = nodes.pattern(node, "name of \(what)") else { return nil }
            let spec = PatternSpec(source: .expression(text), place: nodes.place(node))
            name = context.register(spec, for: .attachmentName)
            parts.append("name \(spec.label)")
        }
        guard let types = mediaTypes(fields, what), let extensions = extensions(fields, what),
            let kinds = kinds(fields, what)
        else { return nil }
        if !types.isEmpty { parts.append("type \(types.joined(separator: ", "))") }
        if !extensions.isEmpty { parts.append("extension \(extensions.joined(separator: ", "))") }
        if !kinds.isEmpty { parts.append("kind \(kinds.map(\.rawValue).joined(separator: ", "))") }
        var size: SizeTest?
        if let node = fields["size"] {
            guard let test = sizeTest(node, "size of \(what)") else { return nil }
            size = test
            parts.append("size \(test.label)")
        }
        let question =
            "attachment \(String(describing: name)) \(types) \(extensions) \(kinds) \(String(describing: size))"
        return AttachmentCondition(
            place: place, leaf: context.leaf(question), name: name, types: types, extensions: extensions, kinds: kinds,
            size: size, label: "attachment \(parts.joined(separator: "; "))")
    }

    private func mediaTypes(_ fields: NodeReader.Fields, _ what: String) -> [String]? {
        guard let node = fields["type"] else { return [] }
        guard let entries = nodes.texts(node, "type of \(what)") else { return nil }
        for (text, place) in entries {
            let halves = text.split(separator: "/", omittingEmptySubsequences: false)
            let isToken = halves.allSatisfy { half in
                !half.isEmpty && half.utf8.allSatisfy { $0 > 32 && $0 < 127 }
            }
            guard halves.count == 2, isToken, halves[0] != "*" else {
                nodes.problems.error(
                    place, "'\(text)' is not a media type", hint: "such as application/pdf, or image/* for all images")
                return nil
            }
        }
        return entries.map { $0.text.lowercased() }
    }

    private func extensions(_ fields: NodeReader.Fields, _ what: String) -> [String]? {
        guard let node = fields["extension"] else { return [] }
        guard let entries = nodes.texts(node, "extension of \(what)") else { return nil }
        for (text, place) in entries where text == "." || text.contains("*") || text.contains("/") {
            nodes.problems.error(
                place, "'\(text)' is not an extension", hint: "write 'exe', or use 'name:' for a pattern")
            return nil
        }
        return entries.map { ($0.text.hasPrefix(".") ? "" : ".") + $0.text.lowercased() }
    }

    private func kinds(_ fields: NodeReader.Fields, _ what: String) -> [AttachmentKind]? {
        guard let node = fields["kind"] else { return [] }
        guard let entries = nodes.texts(node, "kind of \(what)") else { return nil }
        let known = AttachmentKind.allCases.map(\.rawValue)
        for (text, place) in entries where AttachmentKind(rawValue: text) == nil {
            nodes.unknown(text, place, "kind", in: what, known: known)
        }
        let kinds = entries.compactMap { AttachmentKind(rawValue: $0.text) }
        return kinds.count == entries.count ? kinds : nil
    }

    /// A finding unless exactly one of some keys is there.
    func oneOf(_ fields: NodeReader.Fields, _ keys: [String], _ what: String) -> Bool {
        let present = keys.filter(fields.contains)
        if present.count == 1 { return true }
        let all = keys.map { "'\($0)'" }.joined(separator: ", ")
        if let second = present.dropFirst().first {
            nodes.problems.error(
                fields.place(of: second), "\(what) has both '\(present[0])' and '\(second)'",
                hint: "one of \(all); use 'all' or 'any' to combine them")
        } else {
            nodes.problems.error(fields.place, "\(what) says none of \(all)")
        }
        return false
    }
}
