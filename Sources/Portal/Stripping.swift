// Makes the pages' files shorter without changing what they mean: comments that fill a line, indentation and empty
// lines go. It knows no grammar. What it relies on, a test holds: no template literal and no comment runs over lines.

/// Shortens files of text line by line.
enum Stripping {
    /// A script or a page.
    static func script(_ bytes: [UInt8]) -> String {
        lines(bytes).filter { !$0.hasPrefix("//") }.joined(separator: "\n") + "\n"
    }

    /// A style sheet: its spaces around marks go too. Its strings hold none of these marks.
    static func sheet(_ bytes: [UInt8]) -> String {
        var text = lines(bytes).filter { !($0.hasPrefix("/*") && $0.hasSuffix("*/")) }.joined(separator: "\n")
        for mark in ["{", "}", ";", ":", ","] {
            text = text.split(separator: "\(mark) ", omittingEmptySubsequences: false).joined(separator: mark)
        }
        for (long, short) in [(" {", "{"), (";}", "}"), ("}\n", "}")] {
            text = text.split(separator: long, omittingEmptySubsequences: false).joined(separator: short)
        }
        return text + "\n"
    }

    private static func lines(_ bytes: [UInt8]) -> [Substring] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            .map { $0.drop(while: { $0 == " " }) }
            .filter { !$0.isEmpty }
    }
}
