// attachment: one attachment that has all the properties asked for.

import Foundation
import MIME
import Mail

/// `attachment`.
struct AttachmentCondition: MessageCondition {
    let place: Place
    let leaf: Int
    /// A pattern of target `attachmentName`, by number.
    var name: Int?
    /// Media types in lower case; `image/*` is all of a kind. Empty: any.
    var types: [String] = []
    /// Extensions in lower case with the leading dot. Empty: any.
    var extensions: [String] = []
    /// Kinds, of which one must fit. Empty: any.
    var kinds: [AttachmentKind] = []
    var size: SizeTest?
    let label: String

    var cost: Cost { .structure }

    func test(_ facts: MessageFacts) -> Truth {
        var answer = Truth.no
        for attachment in facts.attachments {
            answer = answer.or(test(attachment, facts))
            if answer == .yes { return .yes }
        }
        return answer.or(facts.hiddenAttachments(sizesMatter: size != nil))
    }

    func saw(_ facts: MessageFacts) -> [String] {
        facts.attachments.isEmpty
            ? ["no attachments"]
            : facts.attachments.prefix(20).map {
                "\($0.names.first.map { Masking.shown($0) } ?? "no name") (\($0.type), \($0.bytes) bytes)"
            }
    }

    /// The answer for one attachment.
    func test(_ attachment: Attachment, _ facts: MessageFacts) -> Truth {
        if let size, !size.holds(for: attachment.bytes) { return .no }
        guard types.isEmpty || types.contains(where: attachment.hasType) else { return .no }
        guard extensions.isEmpty || extensions.contains(where: attachment.hasExtension) else { return .no }
        guard kinds.isEmpty || kinds.contains(where: { $0.covers(attachment) }) else { return .no }
        guard let name else { return .yes }
        var answer = Truth.no
        for text in attachment.names { answer = answer.or(facts.matches(.attachmentName, name, in: text)) }
        return answer
    }
}

/// What rules can know of an attachment.
struct Attachment: Sendable {
    /// Its names as decoded: usually one; two where Content-Type and Content-Disposition differ.
    let names: [String]
    /// Media type in lower case.
    let type: String
    /// Decoded size.
    let bytes: Int
    private let plainNames: [String]

    init(_ part: Part) {
        var names: [String] = []
        for name in [part.fileName, part.type.parameters["name"]] {
            if let name, !names.contains(name) { names.append(name) }
        }
        self.init(names: names, type: part.type.essence, bytes: part.decodedBytes)
    }

    init(names: [String], type: String, bytes: Int) {
        self.names = names
        self.type = type
        self.bytes = bytes
        plainNames = names.map(Self.plain)
    }

    func hasType(_ wanted: String) -> Bool {
        wanted.hasSuffix("/*") ? type.hasPrefix(wanted.dropLast()) : type == wanted
    }

    /// - Parameter wanted: with the leading dot, in lower case.
    func hasExtension(_ wanted: String) -> Bool { plainNames.contains { $0.hasSuffix(wanted) } }

    /// The name as the recipient's system will see it: no invisible characters (U+202E turns `exe.txt` round), no dots
    /// or spaces at the end (Windows drops them), no stream name (`a.exe::$DATA`),
    /// no slash or quote at the end, lower case.
    private static func plain(_ name: String) -> String {
        var scalars = String.UnicodeScalarView()
        // Compatibility forms are what they look like: a full-width dot before `exe` is a dot to the eye and to some systems.
        for scalar in name.precomposedStringWithCompatibilityMapping.lowercased().unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format: continue
            default: scalars.append(scalar)
            }
        }
        var text = Substring(String(scalars))
        if let stream = text.firstIndex(of: ":") { text = text[..<stream] }
        while let last = text.unicodeScalars.last,
            last.properties.isWhitespace || "./\\\"'".unicodeScalars.contains(last)
        {
            text = text.dropLast()
        }
        return String(text)
    }
}
