// Typed reading of nodes. Every wrong type, unknown key and missing key becomes a finding with its place and the
// nearest known name.

package import Detection
import Mail

/// Reads nodes of one file.
package struct NodeReader {
    /// The file as the user named it.
    package let file: String
    /// Where findings go.
    package let problems: Problems

    /// A reader for the nodes of one file.
    package init(file: String, problems: Problems) {
        self.file = file
        self.problems = problems
    }

    /// The keys of one map.
    package struct Fields {
        /// Where the map starts.
        package let place: Place
        private let entries: [String: (key: Place, value: ConditionNode)]

        fileprivate init(place: Place, entries: [String: (key: Place, value: ConditionNode)]) {
            self.place = place
            self.entries = entries
        }

        /// The value of a key.
        package subscript(_ name: String) -> ConditionNode? { entries[name]?.value }
        /// Where a key stands, or the map itself.
        package func place(of name: String) -> Place { entries[name]?.key ?? place }
        /// True where the key is there.
        package func contains(_ name: String) -> Bool { entries[name] != nil }
        /// True where there is no key.
        package var isEmpty: Bool { entries.isEmpty }
    }

    /// Where a node stands.
    package func place(_ node: ConditionNode) -> Place { node.place }

    /// A map, whose keys are all among `known`.
    /// - Parameters:
    ///   - lenient: true reads on after an unknown key, for maps whose other keys have findings of their own.
    ///   - elsewhere: what to say of keys that belong to another place.
    package func fields(
        _ node: ConditionNode, _ what: String, known: [String], lenient: Bool = false, elsewhere: [String: String] = [:]
    ) -> Fields? {
        guard let entries = map(node, what) else { return nil }
        var table: [String: (key: Place, value: ConditionNode)] = [:]
        var isWhole = true
        for (key, keyPlace, value) in entries {
            if known.contains(key) {
                table[key] = (keyPlace, value)
            } else {
                if let hint = elsewhere[key] {
                    problems.error(keyPlace, "unknown key '\(key)' in \(what)", hint: hint)
                } else {
                    unknown(key, keyPlace, "key", in: what, known: known)
                }
                isWhole = false
            }
        }
        guard isWhole || lenient else { return nil }
        return Fields(place: place(node), entries: table)
    }

    /// A map with keys of the author's own.
    package func map(_ node: ConditionNode, _ what: String) -> [(key: String, place: Place, value: ConditionNode)]? {
        guard isPlain(node), let mapping = node.mapping else {
            wrongType(node, what, "a map of keys")
            return nil
        }
        var entries: [(String, Place, ConditionNode)] = []
        for (key, value) in mapping {
            guard isPlain(key), isPlain(value) else { continue }
            guard let name = key.scalar?.string else {
                problems.error(place(key), "a key of \(what) is not a word")
                continue
            }
            entries.append((name, place(key), value))
        }
        return entries
    }

    /// A list.
    package func list(_ node: ConditionNode, _ what: String, hint: String? = nil) -> [ConditionNode]? {
        guard isPlain(node), let sequence = node.sequence else {
            wrongType(node, what, "a list", hint: hint)
            return nil
        }
        return sequence.filter(isPlain)
    }

    /// A text. Numbers are texts too; `true`, `null` and nothing are not, unless they are quoted.
    package func text(_ node: ConditionNode, _ what: String) -> String? {
        guard isPlain(node) else { return nil }
        guard let scalar = node.scalar else {
            wrongType(node, what, "a text")
            return nil
        }
        if scalar.isPlain, Self.notTexts.contains(scalar.string.lowercased()) {
            wrongType(
                node, what, "a text", hint: scalar.string.isEmpty ? nil : "put it in quotes if it is meant as a text")
            return nil
        }
        guard !scalar.string.isEmpty else {
            problems.error(place(node), "\(what) is empty")
            return nil
        }
        return scalar.string
    }

    /// One text or a list of texts, not empty.
    package func texts(_ node: ConditionNode, _ what: String) -> [(text: String, place: Place)]? {
        guard isPlain(node) else { return nil }
        guard node.sequence != nil else { return text(node, what).map { [($0, place(node))] } }
        guard let nodes = list(node, what) else { return nil }
        guard !nodes.isEmpty else {
            problems.error(place(node), "\(what) is an empty list")
            return nil
        }
        let texts = nodes.compactMap { node in text(node, what).map { ($0, place(node)) } }
        return texts.count == nodes.count ? texts : nil
    }

    /// `true` or `false`.
    package func boolean(_ node: ConditionNode, _ what: String) -> Bool? {
        guard isPlain(node) else { return nil }
        if let scalar = node.scalar, scalar.isPlain {
            switch scalar.string.lowercased() {
            case "true": return true
            case "false": return false
            default: break
            }
        }
        wrongType(node, what, "true or false", hint: Self.booleanHint(node))
        return nil
    }

    /// YAML of other programs knows more words, and texts in quotes that look like one.
    private static func booleanHint(_ node: ConditionNode) -> String? {
        guard let scalar = node.scalar else { return nil }
        return switch scalar.string.lowercased() {
        case "true", "false": "take the quotes away"
        case "yes", "y", "on", "1": "write true"
        case "no", "n", "off", "0": "write false"
        default: nil
        }
    }

    /// A whole number within limits.
    package func integer(_ node: ConditionNode, _ what: String, in limits: ClosedRange<Int>) -> Int? {
        guard isPlain(node) else { return nil }
        guard let scalar = node.scalar, scalar.isPlain, let number = Int(scalar.string) else {
            let isQuoted = node.scalar.map { !$0.isPlain && Int($0.string) != nil } ?? false
            wrongType(node, what, "a whole number", hint: isQuoted ? "take the quotes away" : nil)
            return nil
        }
        guard limits.contains(number) else {
            problems.error(
                place(node), "\(what) is \(number), and must be from \(limits.lowerBound) to \(limits.upperBound)")
            return nil
        }
        return number
    }

    /// One of several words.
    package func word<Word: RawRepresentable & CaseIterable>(_ node: ConditionNode, _ what: String, _ type: Word.Type)
        -> Word?
    where Word.RawValue == String {
        guard let name = text(node, what) else { return nil }
        if let word = Word(rawValue: name) { return word }
        unknown(name, place(node), what, in: nil, known: Word.allCases.map(\.rawValue))
        return nil
    }

    /// A finding about a name that nobody knows, with the nearest one that somebody does.
    package func unknown(_ name: String, _ place: Place, _ what: String, in context: String?, known: [String]) {
        let where_ = context.map { " in \($0)" } ?? ""
        let likely =
            Diagnostic.nearest(to: name, among: known)
            ?? known.first { name.count > 2 && ($0.hasPrefix(name) || name.hasPrefix($0)) }
        let nearest = likely.map { "did you mean '\($0)'? " } ?? ""
        let all = known.isEmpty ? "there are none" : "known: \(known.joined(separator: ", "))"
        problems.error(place, "unknown \(what) '\(name)'\(where_)", hint: nearest + all)
    }

    private func wrongType(_ node: ConditionNode, _ what: String, _ wanted: String, hint: String? = nil) {
        let found =
            if let scalar = node.scalar {
                scalar.string.isEmpty ? "nothing" : "'\(scalar.string.prefix(40))'"
            } else {
                node.mapping != nil ? "a map" : "a list"
            }
        problems.error(place(node), "\(what) must be \(wanted), and is \(found)", hint: hint)
    }

    /// False, with a finding, for anchored nodes: what an alias leads to is always anchored, so aliases are never
    /// followed.
    private func isPlain(_ node: ConditionNode) -> Bool {
        guard let anchor = node.anchor else { return true }
        problems.error(
            place(node), "anchor or alias '\(anchor)': policies are written without them",
            hint: "name what is used twice under 'lists' or 'detectors'")
        return false
    }

    /// What a plain scalar can mean besides a text.
    private static let notTexts: Set<String> = ["", "true", "false", "null", "~"]
}
