// One file that rules may ask about: an attachment, or a member of an archive in one, with what extraction knew of it.

import Detection
import Mail

/// An attachment or a member of one.
struct AttachedFile: Sendable {
    /// Names, claimed type, size. A member claims no type: its real one stands there.
    let outside: Attachment
    /// By its content; nil where that is not known.
    let realType: Attachment?
    let isEncrypted: Truth
    /// Yes where it was read to its end and there was no text in it.
    let hasNoText: Truth
    /// Why the real type is not known.
    let why: Truth.Unknown
    private let isMember: Bool

    /// All attachments, and with `inside` the members of those that were looked into.
    /// - Returns: the files, and unknown where members may be hidden.
    static func all(_ facts: MessageFacts, inside: Bool) -> (files: [AttachedFile], hidden: Truth) {
        var files: [AttachedFile] = []
        var hidden = Truth.no
        for attachment in facts.attachments {
            let one = of(attachment, facts, inside: inside)
            files += one.files
            hidden = hidden.or(one.hidden)
        }
        return (files, hidden)
    }

    /// One attachment, likewise.
    static func of(
        _ attachment: Attachment, _ facts: MessageFacts, inside: Bool
    ) -> (files: [AttachedFile], hidden: Truth) {
        let findings = Findings(attachment, facts.extracted)
        let file = AttachedFile(attachment, findings)
        guard inside else { return ([file], .no) }
        let members = (findings.part?.members ?? []).map { AttachedFile($0, findings, in: attachment.reasonPlace) }
        return ([file] + members, findings.problem.map { .unknown($0) } ?? .no)
    }

    private init(_ attachment: Attachment, _ findings: Findings) {
        outside = attachment
        isMember = false
        realType = findings.part?.realType.map { Attachment(names: [], type: $0.lowercased(), bytes: 0) }
        why = findings.problem ?? .permanent(.init(attachment.reasonPlace, "its real type could not be told"))
        if findings.part?.isEncrypted == true {
            isEncrypted = .yes
        } else {
            isEncrypted = findings.problem.map { .unknown($0) } ?? .no
        }
        let saysSomething = attachment.saysSomething || findings.hasText(inside: nil)
        hasNoText = saysSomething ? .no : findings.problem.map { .unknown($0) } ?? .yes
    }

    private init(_ member: ExtractedPart.Member, _ findings: Findings, in place: UnknownReason.Place) {
        let file = member.name.split(separator: "/").last.map(String.init) ?? member.name
        let real = member.realType?.lowercased()
        outside = Attachment(
            names: file == member.name ? [file] : [file, member.name], type: real ?? "application/octet-stream",
            bytes: member.bytes)
        isMember = true
        realType = real.map { Attachment(names: [], type: $0, bytes: 0) }
        isEncrypted = Truth(member.isEncrypted)
        hasNoText =
            findings.hasText(inside: member.name) ? .no : findings.problem.map { .unknown($0) } ?? .yes
        why = .permanent(.init(place, "the real type of a file in it could not be told"))
    }

    /// Whether an attachment holds no text, without the rest.
    static func hasNoText(_ attachment: Attachment, _ extracted: ExtractedParts) -> Truth {
        AttachedFile(attachment, Findings(attachment, extracted)).hasNoText
    }

    /// Whether it is of one of the kinds: by name and claimed type, and if asked for, by its real type.
    func isOf(_ kinds: [AttachmentKind], byRealType: Bool) -> Truth {
        let covers = kinds.contains { isMember ? $0.coversName(of: outside) : $0.covers(outside) }
        let claimed = named(covers).or(typed(covers))
        guard claimed != .yes, byRealType else { return claimed }
        guard let realType else { return claimed.or(.unknown(why)) }
        // An archive by its bytes only, such as any office document that was recognised as no more, is none.
        if isContainerDocument { return claimed }
        return claimed.or(Truth(kinds.contains { $0.covers(realType) }))
    }

    /// Whether something holds of its names: what does not hold of those that are known may hold of another.
    func named(_ holds: Bool) -> Truth { holds ? .yes : outside.nameDoubt.map(Truth.unknown) ?? .no }

    /// Whether something holds of its claimed type, likewise.
    func typed(_ holds: Bool) -> Truth { holds ? .yes : outside.typeDoubt.map(Truth.unknown) ?? .no }

    /// Whether what it claims to be does not go with what it is.
    var mismatch: Truth {
        let claims = FileFamily.claims(of: outside, isMember: isMember)
        guard !claims.isEmpty else { return .no }
        guard let realType else { return .unknown(why) }
        return FileFamily.mismatch(claims, real: realType.type)
    }

    /// A document that is a zip or a compound file, and was recognised as no more than that.
    private var isContainerDocument: Bool {
        guard let realType,
            ["application/zip", "application/x-ole-storage", "application/cdfv2"].contains(realType.type)
        else { return false }
        return FileFamily.claims(of: outside, isMember: isMember).contains { $0 == .office || $0 == .oldOffice }
    }

    /// For explain.
    func shown(withRealType: Bool, withText: Bool = false) -> String {
        let name = outside.names.last.map { Masking.shown($0) } ?? "no name"
        let type = isMember ? "inside" : outside.type
        let real = withRealType ? "; really \(realType?.type ?? "not known")" : ""
        let notes = (isEncrypted == .yes ? ", encrypted" : "") + (withText && hasNoText == .yes ? ", no text" : "")
        return "\(name) (\(type), \(outside.bytes) bytes\(real))\(notes)"
    }
}

/// What extraction says of one attachment.
private struct Findings {
    var part: ExtractedPart?
    /// Why something in it may be hidden.
    var problem: Truth.Unknown?

    /// True where there is text in the file, or in one member and what is in that. Titles and authors are none.
    func hasText(inside member: String?) -> Bool {
        (part?.texts ?? []).contains { text in
            let isThere = member.map { text.name == $0 || text.name.hasPrefix($0 + "/") } ?? true
            return isThere && text.role != .about && text.saysSomething
        }
    }

    init(_ attachment: Attachment, _ extracted: ExtractedParts) {
        let path = attachment.path
        // The reader of messages has opened it, so nobody else needs to.
        if attachment.isReadMessage {
            part = ExtractedPart(realType: attachment.type)
            return
        }
        switch extracted.state {
        case .notAsked:
            problem = .permanent(.init(attachment.reasonPlace, "extraction is off: attachments are not looked into"))
        case .unavailable(let reason):
            problem = .permanent(.init(attachment.reasonPlace, "attachments cannot be looked into", detail: reason))
        case .done:
            guard let part = extracted[path] else {
                problem = .permanent(.init(attachment.reasonPlace, "it was not looked into"))
                return
            }
            self.part = part
            switch part.problem {
            case .none: break
            case .unreadable(let reason): problem = .permanent(.init(attachment.reasonPlace, reason))
            case .temporary(let reason):
                problem = .temporary(.init(attachment.reasonPlace, reason, isForNow: true))
            }
        }
    }
}
