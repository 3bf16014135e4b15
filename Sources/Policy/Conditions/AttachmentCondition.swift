// attachment: one attachment that has all the properties asked for, or how many there are, or how large they are
// together. Names and claimed types are always known; the real type, encryption and the members of archives are known
// where attachments were looked into (extraction), and unknown where that was off or failed.

import Detection
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
