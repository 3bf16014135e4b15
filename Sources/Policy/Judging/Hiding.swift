// What a message keeps from being seen: encryption, wrappers that are not opened, damage. Where something is hidden, a
// condition that finds nothing is unknown, not false.

import MIME
import Mail

/// Per kind of fact: `.no` where nothing is hidden, else unknown for good with the reason.
struct Hiding {
    /// Text may be hidden.
    private(set) var content = Truth.no
    /// Attachments (their names and types) may be hidden.
    private(set) var attachments = Truth.no
    /// Sizes of attachments may be wrong.
    private(set) var sizes = Truth.no
    /// Header fields may be hidden.
    private(set) var header = Truth.no

    init(_ parsed: ParsedMessage, _ parts: [Part], _ extracted: ExtractedParts = ExtractedParts()) {
        switch parsed.encryption {
        case .none: break
        case .pgpMIME, .smime: hideAll("the content is encrypted")
        case .partialPGP: hideAll("part of the content looks like OpenPGP and cannot be read")
        }
        for part in parts {
            if case .unreadable(let reason) = part.text {
                content = content.or(Self.unknown("\(Self.place(part.path)) cannot be read: \(reason)"))
            }
            if Self.isClosed(part) {
                hideAll("\(Self.place(part.path)) is a wrapper that is not opened: \(part.type.essence)")
            }
        }
        for problem in parsed.problems { add(problem, parts) }
        add(extracted, parts)
    }

    /// What could not be read inside of attachments. Where nobody asked, nothing is looked at and nothing is hidden.
    private mutating func add(_ extracted: ExtractedParts, _ parts: [Part]) {
        for (path, part) in extracted.all {
            switch part.problem {
            case nil: continue
            case .unreadable(let reason):
                content = content.or(Self.unknown("\(Self.place(path)) cannot be read: \(reason)"))
            case .temporary(let reason):
                content = content.or(.unknown(.temporary("\(Self.place(path)) cannot be read now: \(reason)")))
            }
        }
        guard case .unavailable(let reason) = extracted.state else { return }
        for part in parts where Self.mayHoldText(part) && extracted[part.path] == nil {
            content = content.or(Self.unknown("\(Self.place(part.path)) is not looked into: \(reason)"))
        }
    }

    /// True for attachments in which there may be text that the reader of MIME does not give: not for texts, pictures, sound
    /// and films, nor for signatures.
    private static func mayHoldText(_ part: Part) -> Bool {
        if case .text = part.text { return false }
        guard part.children.isEmpty, part.decodedBytes > 0 else { return false }
        switch part.type.type {
        case "text", "multipart", "message", "image", "audio", "video", "font": return false
        default: break
        }
        switch part.type.essence {
        case "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature",
            "application/pgp-encrypted", "application/pgp-keys":
            return false
        default: return true
        }
    }

    private mutating func add(_ problem: ReadProblem, _ parts: [Part]) {
        if problem.path.isEmpty, problem.kind == .headerTooLong {
            header = header.or(Self.unknown("the header cannot be read to its end"))
        }
        guard problem.hidesContent else { return }
        let reason = "\(Self.place(problem.path)) cannot be read: \(problem.kind.rawValue)"
        let part = parts.first { $0.path == problem.path }
        let isLeaf = part.map { !$0.type.isMultipart && !$0.type.isMessage } ?? false
        let isText = part?.type.isText ?? true
        switch problem.kind {
        case .unknownCharset, .badBase64, .badTransferEncoding:
            // Damage inside of one leaf: its name and type are known, and only a text could have been searched.
            if isText || !isLeaf { content = content.or(Self.unknown(reason)) }
            if !isLeaf { attachments = attachments.or(Self.unknown(reason)) }
            if problem.kind != .unknownCharset { sizes = sizes.or(Self.unknown(reason)) }
        default: hideAll(reason)
        }
    }

    private mutating func hideAll(_ reason: String) {
        content = content.or(Self.unknown(reason))
        attachments = attachments.or(Self.unknown(reason))
        sizes = sizes.or(Self.unknown(reason))
    }

    /// Wrappers that can hold a whole message or files, and that the reader does not open: S/MIME (RFC 8551; opaque
    /// signatures hide the content from us though not from others), other encryption (RFC 1847), fragments (RFC 2046
    /// section 5.2.2), TNEF (winmail.dat).
    private static func isClosed(_ part: Part) -> Bool {
        switch part.type.essence {
        case "application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted", "message/partial",
            "application/ms-tnef", "application/vnd.ms-tnef":
            return true
        default:
            guard let name = part.fileName?.lowercased() else { return false }
            return name.hasSuffix(".p7m") || name == "winmail.dat"
        }
    }

    private static func unknown(_ reason: String) -> Truth { .unknown(.permanent(reason)) }
    private static func place(_ path: String) -> String { path.isEmpty ? "the message" : "part \(path)" }
}
