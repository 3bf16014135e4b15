// The texts of a page: those of its areas together, in templates as `{{key}}`, for its scripts as one JSON object.
// Pure.

import Mail
import Wording

/// Texts that one page shows. Keys are unique over the areas of a page (`Tests/WordingTests` sees to it).
struct PageTexts: Sendable {
    /// Of the page of a letter.
    static let letter: [Area] = [.page, .script, .letter, .answer, .conversation, .key]
    /// Of the sender's control page.
    static let control: [Area] = [.control]
    /// Of the page that confirms a key.
    static let confirm: [Area] = [.confirm]
    /// Of the pages without a letter.
    static let notice: [Area] = [.page]

    /// Beginnings of the keys of mails that belong to an area; no page shows them.
    private static let mailPrefixes = ["mail-", "notice-"]

    let language: Language
    private let texts: [String: String]

    init(_ language: Language, areas: [Area]) {
        self.language = language
        texts = areas.reduce(into: [:]) { all, area in
            let own = language.texts(area).filter { text in
                !Self.mailPrefixes.contains { text.key.hasPrefix($0) }
            }
            all.merge(own) { first, _ in first }
        }
    }

    /// One of them; "" where there is none of this key.
    func text(_ key: String) -> String { texts[key] ?? "" }

    /// All texts, ready for the template.
    var escaped: [String: String] { texts.mapValues(Self.escape) }

    /// Keys that a template shows and that no script names: the page of a telephone need not load them twice.
    /// - Parameters:
    ///   - template: the page as it is written.
    ///   - scripts: sources of its scripts.
    static func shown(template: String, scripts: [String]) -> Set<String> {
        var keys = Set(template.matches(of: /\{\{([a-z0-9-]+)\}\}/).map { String($0.1) })
        for script in scripts {
            keys.subtract(script.utf8.split(separator: UInt8(ascii: "\"")).map { String($0) ?? "" })
        }
        return keys
    }

    /// JSON inside a script element: `<` is escaped, so nothing in it ends the element.
    /// - Parameters:
    ///   - without: keys that stay out.
    ///   - more: texts beside them.
    func data(without: Set<String> = [], with more: [String: String] = [:]) -> String {
        let pairs = texts.filter { !without.contains($0.key) }.merging(more) { $1 }.sorted { $0.key < $1.key }
        return "{\(pairs.map { "\(Self.quote($0.key)):\(Self.quote($0.value))" }.joined(separator: ","))}"
    }

    private static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "<": quoted += "\\u003c"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// Text for an element or a quoted attribute.
    static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
