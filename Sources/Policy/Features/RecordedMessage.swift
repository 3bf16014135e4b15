// Answers conditions from the facts in a features line, where no recorded answer fits: rules that are new. A condition is
// answered only where every key it is written with is known here, so that a key of a later version is "does not say".

import Detection
import Mail

/// One message as the log has it, for one recipient.
struct RecordedMessage {
    let features: MessageFeatures
    let recipient: MessageFeatures.Recipient
    let mailbox: Mailbox

    var status: KnownKeys.Status {
        switch recipient.key {
        case "usable": .usable([Certificate(fingerprint: "recorded", encryptionKeyIDs: [], source: "features log")])
        case "unusable": .unusable(reasons: ["it could not be used then"])
        case "none": .none
        default: .unknown(reason: "the look-up failed then")
        }
    }

    var link: Usability {
        features.link == "usable" ? .usable(.link) : .absent(features.link, publicly: features.link)
    }

    /// True where the built-in rule about marks applied. What the sender wrote is in no rule's hand, so neither is this.
    var isMarked: Bool { recipient.rules.contains(SenderMark.id) }

    /// The link as a method under some lists of ways of its password.
    func link(_ lists: [[PasswordMode]], _ surroundings: Surroundings) -> Usability {
        guard case .usable = link else { return link }
        let isUnattended = features.sender.flatMap { Mailbox($0) }.map(surroundings.unattended.contains) ?? true
        let choice = PasswordChoice(lists: lists, standard: surroundings.passwords, isUnattended: isUnattended)
        let wishes = (features.marks ?? []).compactMap { PasswordMode(rawValue: $0) }
        if isMarked, let forbidden = SenderMark.forbidden(wishes, choice.allowed) { return forbidden }
        let ways = recipient.passwords ?? [PasswordMode.toSender.rawValue]
        return choice.usability { mode in
            let text = "it could not be used then"
            return ways.contains(mode.rawValue) ? .usable(.toSender) : .unusable(text, publicly: text)
        }.link
    }

    /// The answer, or nil where the log does not say.
    func answer(_ definition: ConditionDefinition, _ condition: any Condition) -> Truth? {
        switch definition.key {
        case "sender": features.sender == nil ? address(nil, definition) : address(features.sender, definition)
        case "recipient": address(recipient.address, definition)
        case "size":
            definition.value.fields(["over", "under"]) == nil
                ? nil : (condition as? SizeCondition).map { Truth($0.size.holds(for: features.bytes)) }
        case "encrypted": definition.value.text.flatMap(encrypted)
        case "signed": definition.value.text.flatMap(signed)
        case "header": header(definition.value)
        case "content": content(definition.value)
        case "attachment": attachment(definition.value)
        case "listener":
            features.listener.isEmpty ? nil : Truth(definition.value.texts.contains(features.listener))
        case "key": key(definition.value)
        case "recipients": recipients(definition, condition)
        case "conversation": conversation(definition.value)
        case "password":
            definition.value.text == "given"
                ? Truth(features.marks?.contains(PasswordMode.fromSender.rawValue) ?? false) : nil
        default: nil
        }
    }

    /// In a salted log nobody can be looked up in a list.
    private func address(_ text: String?, _ definition: ConditionDefinition) -> Truth? {
        guard !features.salted, let fields = definition.value.fields(["in", "not-in"]) else { return nil }
        let mailbox = text.flatMap { Mailbox($0) }
        if text != nil, mailbox == nil { return nil }
        func isIn(_ names: ConditionNode) -> Bool {
            guard let mailbox else { return false }
            return names.texts.contains { (definition.lists[$0] ?? DomainList([$0])).contains(mailbox) }
        }
        if let names = fields["in"], !isIn(names) { return .no }
        if let names = fields["not-in"], isIn(names) { return .no }
        return .yes
    }

    private func encrypted(_ wanted: String) -> Truth? {
        let isPartial = features.encryption == "partial"
        let unknown = Truth.unknown(.permanent("looks like OpenPGP, but is not wholly PGP/MIME"))
        switch wanted {
        case "true": return isPartial ? unknown : Truth(features.encryption != "none")
        case "false": return isPartial ? unknown : Truth(features.encryption == "none")
        case "pgp": return isPartial ? unknown : Truth(features.encryption == "pgp")
        case "smime": return Truth(features.encryption == "smime")
        default: return nil
        }
    }

    private func signed(_ wanted: String) -> Truth? {
        if features.signature == "none", features.encryption != "none" {
            return .unknown(.permanent("a signature may be inside of what is encrypted"))
        }
        switch wanted {
        case "true": return Truth(features.signature != "none")
        case "false": return Truth(features.signature == "none")
        case "pgp", "smime": return Truth(features.signature == wanted)
        default: return nil
        }
    }

    /// `exists`, and `is` where the text was kept or there is no such field.
    private func header(_ value: ConditionNode) -> Truth? {
        let hidden = features.hidden.header.map { Truth.unknown(.permanent(UnknownReason($0))) } ?? .no
        guard let fields = value.fields(["name", "exists", "is"]), let name = fields["name"]?.text?.lowercased()
        else { return nil }
        let isThere = features.fields.contains(name)
        if let wanted = fields["exists"]?.text {
            let answer = Truth(isThere).or(hidden)
            return wanted == "false" ? !answer : answer
        }
        guard let wanted = fields["is"]?.text else { return nil }
        guard isThere else { return hidden }
        guard let texts = features.headers[name] else { return nil }
        return Truth(texts.contains { $0.lowercased() == wanted.lowercased() }).or(hidden)
    }

    /// Built-in detectors by their counts.
    private func content(_ value: ConditionNode) -> Truth? {
        guard let fields = value.fields(["detector", "at-least"]), let name = fields["detector"]?.text,
            Detector(rawValue: name) != nil, let count = features.detectors[name]
        else { return nil }
        let wanted = fields["at-least"].map { $0.text.flatMap { Int($0) } } ?? 1
        guard let wanted else { return nil }
        return Truth(count >= wanted).or(features.hidden.content.map { .unknown(.permanent(UnknownReason($0))) } ?? .no)
    }

    /// The recipient's key; that of the sender is not kept.
    private func key(_ value: ConditionNode) -> Truth? {
        guard let fields = value.fields(["of", "is"]), let states = fields["is"]?.texts,
            ["recipient", nil].contains(fields["of"]?.text)
        else { return nil }
        switch recipient.key {
        case "usable": return Truth(states.contains("usable"))
        case "unusable": return Truth(states.contains("expired"))
        case "none": return Truth(states.contains("none"))
        default: return states.contains("unknown") ? .yes : .unknown(.temporary("the look-up failed then"))
        }
    }

    private func conversation(_ value: ConditionNode) -> Truth? {
        guard value.text == "protected" else { return nil }
        return switch features.conversation {
        case "protected": .yes
        case "unprotected": .no
        case "unknown": .unknown(.temporary("the look-up failed then"))
        default: nil
        }
    }

    /// Their number; and where they are not hidden, where they are.
    private func recipients(_ definition: ConditionDefinition, _ condition: any Condition) -> Truth? {
        guard let asked = condition as? RecipientsCondition,
            let fields = definition.value.fields(["count", "outside-count", "domains", "any-in", "all-in"])
        else { return nil }
        if features.salted, Set(fields.keys) != ["count"] { return nil }
        let all = features.recipients.compactMap { Mailbox($0.address) }
        guard all.count == features.recipients.count else { return nil }
        var answer = Truth.yes
        if let count = asked.count { answer = answer.and(count.answer(all.count)) }
        if let outside = asked.outsideCount {
            answer = answer.and(outside.answer(all.count { !asked.inside.contains($0) }))
        }
        if let domains = asked.domains {
            answer = answer.and(domains.answer(Set(all.map(\.foldedDomain)).count))
        }
        if let any = asked.anyIn { answer = answer.and(Truth(all.contains(where: any.contains))) }
        if let every = asked.allIn { answer = answer.and(Truth(all.allSatisfy(every.contains))) }
        return answer
    }

    /// By extension, kind, declared type, and whether there is text.
    private func attachment(_ value: ConditionNode) -> Truth? {
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
