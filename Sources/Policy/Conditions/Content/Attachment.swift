// An attachment as rules see it from outside: its names, its claimed type, its size. Pure.

import Detection
import Foundation
import MIME
import Mail

/// What rules can know of an attachment.
struct Attachment: Sendable {
    /// Its names as decoded: usually one; more where Content-Type and Content-Disposition differ, or one is written so
    /// that programs read it in several ways.
    let names: [String]
    /// Media type in lower case.
    let type: String
    /// Decoded size.
    let bytes: Int
    /// MIME part path (``Part/path``).
    let path: String
    /// True for an attached message that has been read: what is in it are attachments of their own.
    private(set) var isReadMessage = false
    /// True where the reader of messages has found text in it, or in what is in it.
    private(set) var saysSomething = false
    /// Some program may find another name than ``names``: a question about names that they do not answer is unknown.
    private(set) var nameDoubt: Truth.Unknown?
    /// Some program may take it for another type.
    private(set) var typeDoubt: Truth.Unknown?
    /// Names as systems see them, and as people do.
    private let plainNames: [String]

    init(_ part: Part) {
        self.init(names: part.fileNames, type: part.type.essence, bytes: part.decodedBytes, path: part.path)
        isReadMessage = part.isReadMessage
        if part.doubts.contains(.name) {
            nameDoubt = .permanent(.init(.init(part), "its file name can be read in several ways"))
        }
        if part.doubts.contains(.type) {
            typeDoubt = .permanent(.init(.init(part), "it does not say for certain what it is"))
        }
        saysSomething = part.readable(in: .empty).contains { Self.saysSomething($0.part.text) }
    }

    init(names: [String], type: String, bytes: Int, path: String = "") {
        self.names = names
        self.type = type
        self.bytes = bytes
        self.path = path
        plainNames = names.flatMap(Self.plainForms)
    }

    private static func saysSomething(_ text: PartText) -> Bool {
        guard case .text(let text, _) = text else { return false }
        return text.unicodeScalars.contains { !$0.properties.isWhitespace }
    }

    /// The part, for the reason of an unknown.
    var reasonPlace: UnknownReason.Place { UnknownReason.Place(path: path, type: type) }

    func hasType(_ wanted: String) -> Bool {
        MediaTypes.fits(type, wanted)
    }

    /// What follows the last dot of each name, in lower case.
    var extensions: [String] {
        plainNames.compactMap { name in
            name.lastIndex(of: ".").map { String(name[name.index(after: $0)...]) }
        }
    }

    /// - Parameter wanted: with the leading dot, in lower case.
    func hasExtension(_ wanted: String) -> Bool { plainNames.contains { $0.hasSuffix(wanted) } }

    /// The name as the recipient's system will see it, and where letters of other scripts are in it that look like
    /// Latin ones, as the recipient will: `invoice.exe` with a Cyrillic e, a middle dot for the dot.
    private static func plainForms(_ name: String) -> [String] {
        let plain = plain(name)
        guard plain.utf8.contains(where: { $0 >= 0x80 }) else { return [plain] }
        var dotted = String.UnicodeScalarView()
        for scalar in plain.unicodeScalars { dotted.append(dots.contains(scalar) ? "." : scalar) }
        let seen = Self.plain(Self.withLatinEnding(String(dotted)))
        return seen == plain ? [plain] : [plain, seen]
    }

    /// Characters that look like a dot and are no compatibility form of one.
    private static let dots = Set("。・·٠۔܁܂ꓸ⋅∙․‧•᎐".unicodeScalars)

    /// The name with an ending of look-alikes in Latin letters, where each of its letters is one or looks like one.
    private static func withLatinEnding(_ name: String) -> String {
        guard let dot = name.lastIndex(of: ".") else { return name }
        var ending = ""
        for scalar in name[name.index(after: dot)...].unicodeScalars {
            if scalar.isASCII {
                ending.unicodeScalars.append(scalar)
            } else if let latin = latin[scalar] {
                ending.append(latin)
            } else {
                return name
            }
        }
        return name[...dot] + ending
    }

    /// Small letters of other scripts that look like small Latin ones.
    private static let latin: [Unicode.Scalar: Character] = Dictionary(
        Array(
            zip(
                "авсԁеһіјкӏмոпорԛгѕтսԝхуѵьαεικνορτυχϲօցɡıղոｅǀꞁǃ×".unicodeScalars,
                "abcdehijklmnnopqrstuwxyvbaeiknoptuxcogginnelllx")),
        uniquingKeysWith: { first, _ in first })

    /// No invisible characters (U+202E turns `exe.txt` round), no dots or spaces at the end (Windows drops them), no
    /// stream name (`a.exe::$DATA`), no slash or quote at the end, lower case.
    private static func plain(_ name: String) -> String {
        var scalars = String.UnicodeScalarView()
        // Compatibility forms are what they look like: a full-width dot before `exe` is a dot to the eye and to some
        // systems.
        for scalar in name.precomposedStringWithCompatibilityMapping.lowercased().unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format: continue
            default: if !scalar.properties.isDefaultIgnorableCodePoint { scalars.append(scalar) }
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
