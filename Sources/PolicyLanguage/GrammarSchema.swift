// A grammar as JSON Schema draft 7: one definition per map, unknown keys refused, the `about` of each key as what the
// editor shows. Pure; the same text every time.

import Detection
import Mail
package import Policy

/// Writes a schema.
package struct GrammarSchema {
    private let title: String
    private let maps: [PolicyGrammar.Map]
    private let root: String

    /// - Parameter root: the name of the outermost map.
    package init(title: String, maps: [PolicyGrammar.Map], root: String) {
        self.title = title
        self.maps = maps
        self.root = root
    }

    private indirect enum JSON {
        case text(String), number(Int), flag(Bool), list([JSON])
        case map([(String, JSON)])
    }

    /// The document, with a line feed between lines and none at the end.
    package var text: String {
        let document = JSON.map([
            ("$schema", .text("http://json-schema.org/draft-07/schema#")), ("title", .text(title)),
            ("$ref", .text("#/definitions/\(root)")),
            ("definitions", .map(maps.map { ($0.name, definition($0)) })),
        ])
        return write(document, indent: 0)
    }

    private func definition(_ map: PolicyGrammar.Map) -> JSON {
        var parts: [(String, JSON)] = [("type", .text("object")), ("additionalProperties", .flag(false))]
        let needed = map.keys.filter(\.isNeeded).map { JSON.text($0.name) }
        if !needed.isEmpty { parts.append(("required", .list(needed))) }
        parts.append(("properties", .map(map.keys.map { ($0.name, property($0)) })))
        return .map(parts)
    }

    private func property(_ key: PolicyGrammar.Key) -> JSON {
        let about = ("description", JSON.text(key.about))
        // Beside `$ref` draft 7 ignores everything else.
        if case .map = key.value { return .map([about, ("allOf", .list([.map(value(key.value))]))]) }
        return .map([about] + value(key.value))
    }

    private func value(_ value: PolicyGrammar.Value) -> [(String, JSON)] {
        switch value {
        // Numbers are texts too: a word such as 2024 needs no quotes.
        case .text: [("type", .list([.text("string"), .text("number")]))]
        case .boolean: [("type", .text("boolean"))]
        case .integer(let range):
            [("type", .text("integer")), ("minimum", .number(range.lowerBound))]
                + (range.upperBound == .max ? [] : [("maximum", .number(range.upperBound))])
        case .words(let words): [("enum", .list(words.map(JSON.text)))]
        case .texts:
            [
                (
                    "anyOf",
                    .list([
                        .map(self.value(.text)),
                        .map([("type", .text("array")), ("minItems", .number(1)), ("items", .map(self.value(.text)))]),
                    ])
                )
            ]
        case .list(let inner): [("type", .text("array")), ("items", .map(self.value(inner)))]
        case .map(let name): [("$ref", .text("#/definitions/\(name)"))]
        case .table(let inner): [("type", .text("object")), ("additionalProperties", .map(self.value(inner)))]
        case .either(let values): [("anyOf", .list(values.map { .map(self.value($0)) }))]
        case .one: [("const", .number(1))]
        case .anything: []
        }
    }

    private func write(_ json: JSON, indent: Int) -> String {
        let inner = String(repeating: "  ", count: indent + 1)
        let outer = String(repeating: "  ", count: indent)
        switch json {
        case .text(let text): return quoted(text)
        case .number(let number): return "\(number)"
        case .flag(let flag): return "\(flag)"
        case .list(let items):
            if items.isEmpty { return "[]" }
            let parts = items.map { write($0, indent: indent + 1) }
            let line = "[\(parts.joined(separator: ", "))]"
            if line.count < 100, !line.contains("\n") { return line }
            return "[\n\(parts.map { inner + $0 }.joined(separator: ",\n"))\n\(outer)]"
        case .map(let entries):
            if entries.isEmpty { return "{}" }
            let parts = entries.map { "\(inner)\(quoted($0.0)): \(write($0.1, indent: indent + 1))" }
            return "{\n\(parts.joined(separator: ",\n"))\n\(outer)}"
        }
    }

    private func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}

extension PolicyGrammar {
    /// The JSON Schema (draft 7, which editors know) of policy files.
    package static var schema: String {
        GrammarSchema(title: "Letterlock policy", maps: maps, root: "file").text
    }
}
