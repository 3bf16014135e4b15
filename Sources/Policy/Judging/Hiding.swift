// What a message keeps from being seen: encryption, wrappers that are not opened, damage. Where something is hidden, a
// condition that finds nothing is unknown, not false. What is odd about one part makes only questions about that part
// unknown (``Attachment`` knows its own doubts); here is what is unknown of the message.

import Detection
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
    private let byPath: [String: Part]

    init(_ parsed: ParsedMessage, _ parts: [Part], _ extracted: ExtractedParts = ExtractedParts()) {
        let isOdd = !parsed.problems.isEmpty || !extracted.all.allSatisfy { $0.part.problem == nil }
        byPath = isOdd ? Dictionary(parts.map { ($0.path, $0) }) { first, _ in first } : [:]
        switch parsed.encryption {
        case .none: break
        case .pgpMIME, .smime: hideAll(UnknownReason(UnknownReason.Place(parsed.root), "its content is encrypted"))
        case .partialPGP: hideAll("part of the content looks like OpenPGP and cannot be read")
        }
        for part in parts {
            if case .unreadable(let reason) = part.text, !Self.wasRead(part, extracted) {
                hideContent(UnknownReason(.init(part), reason))
            }
            if Self.isClosed(part) {
                hideAll(UnknownReason(.init(part), "it wraps a message or files and is not opened here"))
            }
        }
        for problem in parsed.problems { add(problem, extracted) }
        content = content.or(HeaderTexts.hidden(parts))
        add(extracted, parts)
    }

    /// True for what is no text though it claims to be, such as a document called text/plain, and was read as what it
    /// is.
    private static func wasRead(_ part: Part, _ extracted: ExtractedParts) -> Bool {
        guard part.children.isEmpty, let found = extracted[part.path], found.problem == nil else { return false }
        return found.texts.contains { $0.role == .content }
    }

    /// What could not be read inside of attachments. Where nobody asked, nothing is looked at and nothing is hidden.
    private mutating func add(_ extracted: ExtractedParts, _ parts: [Part]) {
        for (path, part) in extracted.all {
            switch part.problem {
            case nil: continue
            case .unreadable(let reason): hideContent(UnknownReason(place(path), reason))
            case .temporary(let reason):
                content = content.or(.unknown(.temporary(UnknownReason(place(path), reason, isForNow: true))))
            }
        }
        guard case .unavailable(let reason) = extracted.state else { return }
        for part in parts where Self.mayHoldText(part) && extracted[part.path] == nil {
            hideContent(UnknownReason(.init(part), "attachments cannot be looked into", detail: reason))
        }
    }

    /// True for attachments in which there may be text that the reader of MIME does not give: not for texts, pictures,
    /// sound and films, nor for signatures.
    private static func mayHoldText(_ part: Part) -> Bool {
        if case .text = part.text { return false }
        guard part.children.isEmpty, part.opened == nil, part.decodedBytes > 0 else { return false }
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

    private mutating func add(_ problem: ReadProblem, _ extracted: ExtractedParts) {
        if problem.path.isEmpty, problem.kind == .headerTooLong {
            header = header.or(Self.unknown("the header cannot be read to its end"))
        }
        guard problem.hidesContent else { return }
        let reason = UnknownReason(place(problem.path), problem.kind.words)
        let part = byPath[problem.path]
        let isLeaf = part.map { !$0.type.isMultipart && !$0.type.isMessage } ?? false
        switch problem.kind {
        case .unknownCharset, .badCharsetData:
            // It is called a text and cannot be read as one. What it really is may have been read.
            if let found = extracted[problem.path], found.problem == nil { break }
            hideContent(reason)
        case .badBase64:
            // Damage inside of one leaf: its name and type are known; what is in it is not, nor what others see of it.
            if part.map({ !isLeaf || $0.type.isText || Self.mayHoldText($0) }) ?? true { hideContent(reason) }
            if !isLeaf { attachments = attachments.or(Self.unknown(reason)) }
            sizes = sizes.or(Self.unknown(reason))
        case .badTransferEncoding where isLeaf:
            hideContent(reason)
            sizes = sizes.or(Self.unknown(reason))
        case .badContentType where isLeaf && part?.type.type != "message":
            // What it is, is a question about this part (``Part/doubts``); whether it is a file at all, one about the
            // message.
            hideContent(reason)
            if part?.isAttachment == false { attachments = attachments.or(Self.unknown(reason)) }
        default: hideAll(reason)
        }
    }

    private mutating func hideContent(_ reason: UnknownReason) { content = content.or(Self.unknown(reason)) }

    private mutating func hideAll(_ reason: UnknownReason) {
        content = content.or(Self.unknown(reason))
        attachments = attachments.or(Self.unknown(reason))
        sizes = sizes.or(Self.unknown(reason))
    }

    /// Wrappers that can hold a whole message or files, and that the reader does not open: S/MIME (RFC 8551; opaque
    /// signatures hide the content from us though not from others), other encryption (RFC 1847), fragments (RFC 2046
    /// section 5.2.2), TNEF (winmail.dat). A header alone, as a report returns it, wraps nothing.
    private static func isClosed(_ part: Part) -> Bool {
        guard part.bodyRange.count > (part.type.isMultipart ? 4 : 0) else { return false }
        switch part.type.essence {
        case "application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted", "message/partial",
            "application/ms-tnef", "application/vnd.ms-tnef":
            return true
        default:
            return part.fileNames.contains { name in
                let name = name.lowercased()
                return name.hasSuffix(".p7m") || name == "winmail.dat"
            }
        }
    }

    private static func unknown(_ reason: UnknownReason) -> Truth { .unknown(.permanent(reason)) }

    private func place(_ path: String) -> UnknownReason.Place {
        byPath[path].map(UnknownReason.Place.init) ?? UnknownReason.Place(path: path, type: nil)
    }
}

extension ReadProblem.Kind {
    /// What is the matter, for the sender.
    var words: String {
        switch self {
        case .badContentType: "it says in several ways what it is, and they differ"
        case .badTransferEncoding: "the encoding it names is not known, or it names two"
        case .unknownCharset: "it is in an unknown charset"
        case .badCharsetData, .badEncodedWord: "it is not in the charset it names"
        case .badBase64: "its base64 is damaged"
        case .missingBoundary: "where its parts begin and end can be read in several ways"
        case .unclosedMultipart: "its last part has no end"
        case .tooDeep: "it is nested too deep"
        case .tooManyParts: "it has too many parts"
        case .headerTooLong: "its header is too long"
        case .badFieldLine: "its header has lines that some programs read as something else"
        case .noHeaderEnd, .oddFieldLine: "its header is damaged"
        case .duplicateField: "a header field stands there twice"
        case .nulOctet: "it holds NUL octets"
        case .unreadableType: "it does not say what it is"
        case .badFileName: "its file name can be read in several ways"
        }
    }
}
