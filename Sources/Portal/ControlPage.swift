// The sender's control page: filled once for each language from its template and the messages of its area; the same for
// everybody. Touches nothing at run time.

import Foundation
import NIOCore
import Wording

/// `GET /control`.
struct ControlPage: Sendable {
    /// Texts of the script begin so; the others of the area are for mails.
    private static let prefix = "control-"
    let pages: [Wording.Language: ByteBuffer]

    /// - Parameter slots: hashes of the files, for the template.
    init(_ slots: [String: String]) {
        pages = Dictionary(uniqueKeysWithValues: Wording.Language.allCases.map { ($0, Self.page($0, slots)) })
    }

    /// The page in the language that somebody reads.
    /// - Parameters:
    ///   - asked: the value of `lang` in the query.
    ///   - accepted: the Accept-Language field.
    func page(asked: String?, accepted: String?) -> (language: String, bytes: ByteBuffer) {
        let language = Self.choose(asked: asked, accepted: accepted)
        return (language.rawValue, pages[language] ?? ByteBuffer())
    }

    /// RFC 9110 section 12.5.4, as far as languages go; at most 32 entries are read.
    static func choose(asked: String?, accepted: String?) -> Wording.Language {
        if let asked, let language = Wording.Language(rawValue: asked) { return language }
        var best: (language: Wording.Language, weight: Double)?
        for entry in (accepted ?? "").split(separator: ",", maxSplits: 32).prefix(32) {
            let pieces = entry.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
            guard let range = pieces.first,
                let language = Wording.Language(rawValue: String(range.prefix(while: \.isLetter)))
            else { continue }
            let quality = pieces.dropFirst().first { $0.hasPrefix("q=") }
            let weight = quality.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            if weight > 0, weight > best?.weight ?? 0 { best = (language, weight) }
        }
        return best?.language ?? .en
    }

    private static func page(_ language: Wording.Language, _ slots: [String: String]) -> ByteBuffer {
        let texts = language.texts(.control).filter { $0.key.hasPrefix(prefix) }
        var values = slots.merging(texts.mapValues(escape)) { $1 }
        values["lang"] = language.rawValue
        values["texts"] = data(texts)
        values["languages"] = Wording.Language.allCases.map { other in
            let current = other == language ? " aria-current=\"true\"" : ""
            let code = other.rawValue
            return
                "<a href=\"?lang=\(code)\" hreflang=\"\(code)\" lang=\"\(code)\" title=\"\(other.ownName)\"\(current)>"
                + "\(code.uppercased())</a>"
        }.joined(separator: " ")
        var page = ByteBuffer()
        var rest = Substring(decoding: PackageResources.control_html, as: UTF8.self)
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            page.writeSubstring(rest[..<open.lowerBound])
            page.writeString(values[String(rest[open.upperBound..<close.lowerBound])] ?? "")
            rest = rest[close.upperBound...]
        }
        page.writeSubstring(rest)
        return page
    }

    /// JSON inside a script element: `<` is escaped, so nothing in it ends the element.
    private static func data(_ texts: [String: String]) -> String {
        var texts = texts
        texts["heading-old"] = texts["control-trouble-heading"]  // for old-browser.js
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = (try? encoder.encode(texts)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        return json.replacing("<", with: "\\u003c")
    }

    private static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
