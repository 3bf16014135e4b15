// attachment: one attachment that has all the properties asked for, or how many there are, or how large they are
// together. Names and claimed types are always known; the real type, encryption and the members of archives are known
// where attachments were looked into (extraction), and unknown where that was off or failed.

package import Detection
import Mail

/// What one attachment must have; empty lists ask for nothing.
struct AttachmentTest: Sendable {
    /// A pattern of target `attachmentName`, by number.
    var name: Int?
    /// Media types in lower case; `image/*` is all of a kind.
    var types: [String] = []
    /// Extensions in lower case with the leading dot.
    var extensions: [String] = []
    /// Kinds, of which one must fit.
    var kinds: [AttachmentKind] = []
    var size: SizeTest?
    /// Media types by content.
    var realTypes: [String] = []
    /// The claimed type or an extension does not go with the real type.
    var mismatch: Bool?
    var encrypted: Bool?
    /// `text: none`: it was read to its end and holds no text.
    var hasNoText = false
    /// Real types count for `kind`, and the members of archives are looked at like attachments.
    var inside = false
    /// True where the rule says so or otherwise.
    var saysInside = false

    /// True where names and claimed types are not enough.
    var looksInside: Bool { inside || !realTypes.isEmpty || mismatch != nil || encrypted != nil || hasNoText }

    /// The answer for one file.
    func answer(_ file: AttachedFile, _ facts: MessageFacts) -> Truth {
        if let size, !size.holds(for: file.outside.bytes) { return .no }
        var answer = Truth.yes
        if !extensions.isEmpty {
            answer = answer.and(file.named(extensions.contains(where: file.outside.hasExtension)))
        }
        if !types.isEmpty { answer = answer.and(file.typed(types.contains(where: file.outside.hasType))) }
        if !kinds.isEmpty { answer = answer.and(file.isOf(kinds, byRealType: inside)) }
        if !realTypes.isEmpty {
            answer = answer.and(
                file.realType.map { real in Truth(realTypes.contains(where: real.hasType)) } ?? .unknown(file.why))
        }
        if let mismatch {
            let found = file.mismatch
            answer = answer.and(mismatch ? found : !found)
        }
        if let encrypted { answer = answer.and(encrypted ? file.isEncrypted : !file.isEncrypted) }
        if hasNoText { answer = answer.and(file.hasNoText) }
        if answer == .no { return .no }
        guard let name else { return answer }
        var named = Truth.no
        for text in file.outside.names { named = named.or(facts.matches(.attachmentName, name, in: text)) }
        return answer.and(named.or(file.named(false)))
    }
}

/// `attachment`.
struct AttachmentCondition: MessageCondition {
    let place: Place
    let leaf: Int
    let asked: AttachmentTest
    /// How many have all that is asked for; nil: one at least.
    var count: CountTest?
    /// Their bytes together.
    var totalSize: SizeTest?
    let label: String

    var cost: Cost { .structure }
    var looksInside: Bool { asked.looksInside }

    func test(_ facts: MessageFacts) -> Truth {
        let (files, hiddenInside) = asked.inside ? facts.filesInside : facts.files
        let sizesMatter = asked.size != nil || totalSize != nil
        let hidden = facts.hiddenAttachments(sizesMatter: sizesMatter).or(hiddenInside)
        return count == nil && totalSize == nil
            ? any(files, facts).or(hidden) : together(files, facts, hidden: hidden)
    }

    /// Programs are looked for, and not inside of archives.
    func remarks(whose: String, isAsked: Bool) -> [ConditionRemark] {
        guard isAsked, asked.kinds.contains(.program), !asked.inside, !asked.saysInside else { return [] }
        return [
            ConditionRemark(
                message:
                    "\(whose) finds programs by name and claimed type only: not those in archives, nor renamed ones",
                hint: "add 'inside: true', or 'inside: false' if that is meant", code: "outside-only")
        ]
    }

    /// The answer for one attachment, with what is in it where that is asked for.
    func test(_ attachment: Attachment, _ facts: MessageFacts) -> Truth {
        let (files, hidden) = AttachedFile.of(attachment, facts, inside: asked.inside)
        return any(files, facts).or(hidden)
    }

    private func any(_ files: [AttachedFile], _ facts: MessageFacts) -> Truth {
        var answer = Truth.no
        for file in files {
            answer = answer.or(asked.answer(file, facts))
            if answer == .yes { return .yes }
        }
        return answer
    }

    /// Those that surely fit are the least there can be, those that may fit the most; what is hidden can be any number.
    private func together(_ files: [AttachedFile], _ facts: MessageFacts, hidden: Truth) -> Truth {
        var sure = (count: 0, bytes: 0)
        var possible = sure
        var doubt = hidden
        for file in files {
            let answer = asked.answer(file, facts)
            if answer == .no { continue }
            possible = (possible.count + 1, possible.bytes + file.outside.bytes)
            if answer == .yes {
                sure = (sure.count + 1, sure.bytes + file.outside.bytes)
            } else {
                doubt = doubt.or(answer)
            }
        }
        let reason = doubt.unknown ?? .permanent("")
        let isBounded = hidden == .no
        var answer = Truth.yes
        if let count {
            answer = count.answer(atLeast: sure.count, atMost: isBounded ? possible.count : nil, because: reason)
        }
        if let totalSize {
            answer = answer.and(
                totalSize.asCount.answer(
                    atLeast: sure.bytes, atMost: isBounded ? possible.bytes : nil, because: reason))
        }
        return answer
    }

    func saw(_ facts: MessageFacts) -> [String] {
        let (files, hidden) = asked.inside ? facts.filesInside : facts.files
        var lines = files.prefix(20).map { $0.shown(withRealType: asked.looksInside, withText: asked.hasNoText) }
        if lines.isEmpty { lines.append("no attachments") }
        if let hidden = hidden.unknown { lines.append(hidden.reason) }
        return lines
    }
}

/// `strip-attachment`: attachments for which a condition holds are taken out of the message.
package struct AttachmentStrip: Sendable {
    /// What an attachment must be.
    let condition: AttachmentCondition
    /// What it says, in one line.
    package var label: String { condition.label }
    /// Equal for those that take out the same.
    package var leaf: Int { condition.leaf }
    /// True where attachments must be looked into.
    package var looksInside: Bool { condition.looksInside }
}

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
        guard let types = mediaTypes(fields, "type", what), let realTypes = mediaTypes(fields, "real-type", what),
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

extension ConditionKind {
    /// `attachment`.
    static let attachment = ConditionKind(
        key: "attachment", value: .map("attachment"), about: "One attachment that has all of this.",
        maps: [
            PolicyGrammar.Map(
                name: "attachment",
                keys: [
                    PolicyGrammar.key("name", .text, "A pattern for the file name."),
                    PolicyGrammar.key("type", .texts, "Media types: application/pdf, image/*."),
                    PolicyGrammar.key("extension", .texts, "Extensions: exe, tar.gz."),
                    PolicyGrammar.key(
                        "kind",
                        .either([
                            .words(AttachmentKind.allCases.map(\.rawValue)),
                            .list(.words(AttachmentKind.allCases.map(\.rawValue))),
                        ]), "Kinds of files."),
                    PolicyGrammar.key("size", .map("size"), "Its size, decoded."),
                    PolicyGrammar.key("real-type", .texts, "Media types by content."),
                    PolicyGrammar.key("mismatch", .boolean, "What it claims to be does not go with what it is."),
                    PolicyGrammar.key("encrypted", .boolean, "It, or a file in it, is encrypted."),
                    PolicyGrammar.key(
                        "text", .words(["none"]), "It was read to its end and holds no text, as a scan does."),
                    PolicyGrammar.key("inside", .boolean, "Files inside of archives too."),
                    PolicyGrammar.key("count", .map("count"), "How many have all of this."),
                    PolicyGrammar.key("total-size", .map("size"), "Their sizes together."),
                ], probe: PolicyGrammar.probe("{ attachment: { name: x, KEY: 1 } }"))
        ],
        read: { $0.attachment($1, $2) },
        replayed: { message, definition, _ in message.attachment(definition.value) })
}

extension RecordedMessage {
    /// By extension, kind, declared type, and whether there is text.
    fileprivate func attachment(_ value: ConditionNode) -> Truth? {
        guard let fields = value.fields(["extension", "kind", "type", "text"]) else { return nil }
        let extensions = (fields["extension"]?.texts ?? []).map { ($0.hasPrefix(".") ? "" : ".") + $0.lowercased() }
        let kinds = (fields["kind"]?.texts ?? []).map { AttachmentKind(rawValue: $0) }
        let types = (fields["type"]?.texts ?? []).map { $0.lowercased() }
        guard !kinds.contains(nil), fields["text"].map({ $0.text == "none" }) ?? true else { return nil }
        // `tar.gz`: a salted log keeps what follows the last dot only.
        if features.salted, extensions.contains(where: { $0.dropFirst().contains(".") }) { return nil }
        var answer = features.hidden.attachments.map { Truth.unknown(.permanent(UnknownReason($0))) } ?? Truth.no
        for recorded in features.attachments {
            let attachment = Attachment(
                names: recorded.names ?? recorded.suffixes.map { "file.\($0)" },
                type: recorded.type, bytes: recorded.bytes)
            let fits =
                (extensions.isEmpty || extensions.contains(where: attachment.hasExtension))
                && (kinds.isEmpty || kinds.contains { $0?.covers(attachment) == true })
                && (types.isEmpty || types.contains(where: attachment.hasType))
            let why = UnknownReason(recorded.problem ?? "not looked into")
            let text = recorded.text.map { Truth(!$0) } ?? .unknown(.permanent(why))
            answer = answer.or(fields["text"] == nil ? Truth(fits) : Truth(fits).and(text))
        }
        return answer
    }
}
