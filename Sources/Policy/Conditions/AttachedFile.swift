// One file that rules may ask about: an attachment, or a member of an archive in one, with what extraction knew of it.

import Mail

/// An attachment or a member of one.
struct AttachedFile: Sendable {
    /// Names, claimed type, size. A member claims no type: its real one stands there.
    let outside: Attachment
    /// By its content; nil where that is not known.
    let realType: Attachment?
    let isEncrypted: Truth
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
        let findings = Findings(attachment.path, facts.extracted)
        let file = AttachedFile(attachment, findings)
        guard inside else { return ([file], .no) }
        let members = (findings.part?.members ?? []).map { AttachedFile($0, in: attachment.path) }
        return ([file] + members, findings.problem.map { .unknown($0) } ?? .no)
    }

    private init(_ attachment: Attachment, _ findings: Findings) {
        outside = attachment
        isMember = false
        realType = findings.part?.realType.map { Attachment(names: [], type: $0.lowercased(), bytes: 0) }
        why = findings.problem ?? .permanent("the real type of part \(attachment.path) could not be told")
        if findings.part?.isEncrypted == true {
            isEncrypted = .yes
        } else {
            isEncrypted = findings.problem.map { .unknown($0) } ?? .no
        }
    }

    private init(_ member: ExtractedPart.Member, in path: String) {
        let file = member.name.split(separator: "/").last.map(String.init) ?? member.name
        let real = member.realType?.lowercased()
        outside = Attachment(
            names: file == member.name ? [file] : [file, member.name], type: real ?? "application/octet-stream",
            bytes: member.bytes)
        isMember = true
        realType = real.map { Attachment(names: [], type: $0, bytes: 0) }
        isEncrypted = Truth(member.isEncrypted)
        why = .permanent("the real type of a file in part \(path) could not be told")
    }

    /// Whether it is of one of the kinds: by name and claimed type, and if asked for, by its real type.
    func isOf(_ kinds: [AttachmentKind], byRealType: Bool) -> Truth {
        if kinds.contains(where: { isMember ? $0.coversName(of: outside) : $0.covers(outside) }) { return .yes }
        guard byRealType else { return .no }
        guard let realType else { return .unknown(why) }
        // An archive by its bytes only, such as any office document that was recognised as no more, is none.
        if isContainerDocument { return .no }
        return Truth(kinds.contains { $0.covers(realType) })
    }

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
    func shown(withRealType: Bool) -> String {
        let name = outside.names.last.map { Masking.shown($0) } ?? "no name"
        let type = isMember ? "inside" : outside.type
        let real = withRealType ? "; really \(realType?.type ?? "not known")" : ""
        return "\(name) (\(type), \(outside.bytes) bytes\(real))\(isEncrypted == .yes ? ", encrypted" : "")"
    }
}

/// What extraction says of one attachment.
private struct Findings {
    var part: ExtractedPart?
    /// Why something in it may be hidden.
    var problem: Truth.Unknown?

    init(_ path: String, _ extracted: ExtractedParts) {
        switch extracted.state {
        case .notAsked: problem = .permanent("extraction is off: attachments are not looked into")
        case .unavailable(let reason): problem = .permanent("attachments cannot be looked into: \(reason)")
        case .done:
            guard let part = extracted[path] else {
                problem = .permanent("part \(path) was not looked into")
                return
            }
            self.part = part
            switch part.problem {
            case .none: break
            case .unreadable(let reason): problem = .permanent("part \(path) cannot be read inside: \(reason)")
            case .temporary(let reason): problem = .temporary("part \(path) cannot be looked into now: \(reason)")
            }
        }
    }
}
