// Reader for the key attachment.

package import Detection
import Mail

extension ConditionReader {
    /// `strip-attachment`, in the words of `attachment`; nil with a finding.
    package func strip(_ node: ConditionNode, _ place: Place) -> AttachmentStrip? {
        attachment(node, place).map(AttachmentStrip.init)
    }

    func attachment(_ node: ConditionNode, _ place: Place) -> AttachmentCondition? {
        let what = "'attachment'"
        let known = [
            "name", "type", "extension", "kind", "size", "real-type", "mismatch", "encrypted", "text", "inside",
            "count",
            "total-size",
        ]
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
        var labels: [String] = []
        guard let asked = attachmentTest(fields, what, &labels) else { return nil }
        var condition = AttachmentCondition(place: place, leaf: 0, asked: asked, label: "")
        if let node = fields["count"] {
            guard let test = countTest(node, "count of \(what)") else { return nil }
            condition.count = test
            labels.append("count \(test.label)")
        }
        if let node = fields["total-size"] {
            guard let test = sizeTest(node, "total-size of \(what)") else { return nil }
            condition.totalSize = test
            labels.append("total-size \(test.label)")
        }
        guard !labels.isEmpty else {
            nodes.problems.error(
                fields.place, "\(what) asks for nothing of the files inside",
                hint: "write beside 'inside' what they must be, such as '{ kind: program, inside: true }'")
            return nil
        }
        if asked.inside { labels.append("inside too") }
        var same = asked
        same.saysInside = false
        let question = "attachment \(same) \(String(describing: condition.count)) \(labels)"
        return AttachmentCondition(
            place: place, leaf: context.leaf(question), asked: asked, count: condition.count,
            totalSize: condition.totalSize, label: "attachment \(labels.joined(separator: "; "))")
    }

    /// What one attachment must have; adds a label for each thing.
    private func attachmentTest(
        _ fields: NodeReader.Fields, _ what: String, _ labels: inout [String]
    ) -> AttachmentTest? {
        var test = AttachmentTest()
        if let node = fields["name"] {
            guard let text = nodes.pattern(node, "name of \(what)") else { return nil }
            let spec = PatternSpec(source: .expression(text), place: nodes.place(node))
            test.name = context.register(spec, for: .attachmentName)
            labels.append("name \(spec.label)")
        }
        guard let types = mediaTypes(fields, "type"), let realTypes = mediaTypes(fields, "real-type"),
            let extensions = extensions(fields, what), let kinds = kinds(fields, what)
        else { return nil }
        (test.types, test.realTypes, test.extensions, test.kinds) = (types, realTypes, extensions, kinds)
        if !types.isEmpty { labels.append("type \(types.joined(separator: ", "))") }
        if !extensions.isEmpty { labels.append("extension \(extensions.joined(separator: ", "))") }
        if !kinds.isEmpty { labels.append("kind \(kinds.map(\.rawValue).joined(separator: ", "))") }
        if !realTypes.isEmpty { labels.append("real-type \(realTypes.joined(separator: ", "))") }
        if let node = fields["size"] {
            guard let size = sizeTest(node, "size of \(what)") else { return nil }
            test.size = size
            labels.append("size \(size.label)")
        }
        return flags(fields, what, &test, &labels) ? test : nil
    }

    /// The keys that are true or false. False where one is neither.
    private func flags(
        _ fields: NodeReader.Fields, _ what: String, _ test: inout AttachmentTest, _ labels: inout [String]
    ) -> Bool {
        for (key, place) in [
            ("mismatch", \AttachmentTest.mismatch), ("encrypted", \AttachmentTest.encrypted),
        ] {
            guard let node = fields[key] else { continue }
            guard let wanted = nodes.boolean(node, "\(key) of \(what)") else { return false }
            test[keyPath: place] = wanted
            labels.append("\(key): \(wanted)")
        }
        if let node = fields["text"] {
            guard let word = nodes.text(node, "text of \(what)") else { return false }
            guard word == "none" else {
                nodes.problems.error(
                    nodes.place(node), "'\(word)' is not a value of text",
                    hint: "write 'text: none'; for files that have text, 'not: { attachment: { text: none } }'")
                return false
            }
            test.hasNoText = true
            labels.append("text: none")
        }
        if let node = fields["inside"] {
            guard let wanted = nodes.boolean(node, "inside of \(what)") else { return false }
            test.inside = wanted
            test.saysInside = true
        }
        return true
    }

    private func mediaTypes(_ fields: NodeReader.Fields, _ key: String) -> [String]? {
        guard let node = fields[key] else { return [] }
        guard let entries = nodes.texts(node, "\(key) of 'attachment'") else { return nil }
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
}
