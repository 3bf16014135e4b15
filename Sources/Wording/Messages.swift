// Looking up a text and filling in its values. Pure; the files are decoded once.

import FoundationEssentials
package import Mail

extension Language {
    /// A text, its `{names}` replaced by values.
    ///
    /// - Parameters:
    ///   - area: the message file.
    ///   - key: its key there. One that is missing in this language is looked for in English; one that is missing there
    ///     gives the key itself: the tests see to it that neither happens.
    ///   - values: by name; what stands in braces and is not among them stays. Values are put in as they are: a caller
    ///     that writes HTML escapes the whole.
    package func text(_ area: Area, _ key: String, _ values: [String: String] = [:]) -> String {
        let text = Messages.all[area]?[self]?[key] ?? Messages.all[area]?[.en]?[key] ?? key
        return values.isEmpty ? text : Messages.fill(text, values)
    }

    /// All texts of an area, for a page that hands them to its script.
    package func texts(_ area: Area) -> [String: String] {
        (Messages.all[area]?[.en] ?? [:]).merging(Messages.all[area]?[self] ?? [:]) { $1 }
    }
}

/// The decoded files.
package enum Messages {
    /// Every text; the tests compare the languages.
    package static let all: [Area: [Language: [String: String]]] = Dictionary(
        uniqueKeysWithValues: Area.allCases.map { area in (area, area.files.mapValues(decode)) })

    private static func decode(_ file: [UInt8]) -> [String: String] {
        // A file that is no JSON is caught by the tests: it is part of the program.
        (try? JSONDecoder().decode([String: String].self, from: Data(file))) ?? [:]
    }

    static func fill(_ text: String, _ values: [String: String]) -> String {
        var out = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            let name = String(rest[rest.index(after: open)..<close])
            out += rest[..<open]
            if let value = values[name] { out += value } else { out += rest[open...close] }
            rest = rest[rest.index(after: close)...]
        }
        return out + rest
    }
}
