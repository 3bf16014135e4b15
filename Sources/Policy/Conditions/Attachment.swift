// An attachment as rules see it from outside: its names, its claimed type, its size. Pure.

import Foundation
import MIME
import Mail

/// What rules can know of an attachment.
struct Attachment: Sendable {
    /// Its names as decoded: usually one; two where Content-Type and Content-Disposition differ.
    let names: [String]
    /// Media type in lower case.
    let type: String
    /// Decoded size.
    let bytes: Int
    /// MIME part path (``Part/path``).
    let path: String
    private let plainNames: [String]

    init(_ part: Part) {
        var names: [String] = []
        for name in [part.fileName, part.type.parameters["name"]] {
            if let name, !names.contains(name) { names.append(name) }
        }
        self.init(names: names, type: part.type.essence, bytes: part.decodedBytes, path: part.path)
    }

    init(names: [String], type: String, bytes: Int, path: String = "") {
        self.names = names
        self.type = type
        self.bytes = bytes
        self.path = path
        plainNames = names.map(Self.plain)
    }

    func hasType(_ wanted: String) -> Bool {
        wanted.hasSuffix("/*") ? type.hasPrefix(wanted.dropLast()) : type == wanted
    }

    /// What follows the last dot of each name, in lower case.
    var extensions: [String] {
        plainNames.compactMap { name in
            name.lastIndex(of: ".").map { String(name[name.index(after: $0)...]) }
        }
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
