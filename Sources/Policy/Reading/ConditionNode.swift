// A value of a policy or case file as it is written, without the YAML around it: what the readers read. PolicyLanguage
// makes these of YAML. Pure values.

package import Detection

/// A text, a list or a map, and where it stands.
package struct ConditionNode: Sendable {
    /// A text as it is written.
    package struct Scalar: Sendable {
        /// Without its quotes.
        package let string: String
        /// False where it is quoted, or written as a block: then it is a text whatever it looks like.
        package let isPlain: Bool

        /// - Parameter isPlain: false for a text in quotes.
        package init(_ string: String, isPlain: Bool) {
            self.string = string
            self.isPlain = isPlain
        }
    }

    /// What it is.
    package indirect enum Value: Sendable {
        /// A text; numbers, `true` and nothing are texts too.
        case scalar(Scalar)
        /// A list.
        case sequence([ConditionNode])
        /// A map, in the order in which it is written.
        case mapping([(key: ConditionNode, value: ConditionNode)])
    }

    /// What it is.
    package let value: Value
    /// Where it stands.
    package let place: Place
    /// Its YAML anchor; nil where it has none. What an alias leads to has one too.
    package let anchor: String?

    /// A node from its parts.
    package init(_ value: Value, _ place: Place, anchor: String? = nil) {
        self.value = value
        self.place = place
        self.anchor = anchor
    }

    /// A text in quotes.
    package init(text: String, _ place: Place) { self.init(.scalar(Scalar(text, isPlain: false)), place) }

    /// The text; nil for a list or a map.
    package var scalar: Scalar? {
        if case .scalar(let scalar) = value { scalar } else { nil }
    }

    /// The entries of a list; nil for anything else.
    package var sequence: [ConditionNode]? {
        if case .sequence(let nodes) = value { nodes } else { nil }
    }

    /// The entries of a map; nil for anything else.
    package var mapping: [(key: ConditionNode, value: ConditionNode)]? {
        if case .mapping(let entries) = value { entries } else { nil }
    }

    /// The first value of a map under a key; nil where there is none.
    package subscript(_ key: String) -> ConditionNode? {
        mapping?.first { $0.key.scalar?.string == key }?.value
    }

    /// The same text for values written alike, wherever they stand and however they are quoted.
    package var canonical: String {
        switch value {
        case .scalar(let scalar): return scalar.string.debugDescription
        case .sequence(let nodes): return "[\(nodes.map(\.canonical).joined(separator: ","))]"
        case .mapping:
            let entries = byKey.sorted { $0.key < $1.key }.map { "\($0.key.debugDescription):\($0.value.canonical)" }
            return "{\(entries.joined(separator: ","))}"
        }
    }

    /// Every text in it that is a value.
    package var texts: [String] {
        switch value {
        case .scalar(let scalar): [scalar.string]
        case .sequence(let nodes): nodes.flatMap(\.texts)
        case .mapping: byKey.sorted { $0.key < $1.key }.flatMap(\.value.texts)
        }
    }

    /// The values of a map, where it has no other keys than these; else nil.
    func fields(_ known: Set<String>) -> [String: ConditionNode]? {
        guard case .mapping = value, known.isSuperset(of: byKey.keys) else { return nil }
        return byKey
    }

    /// One text; nil for a list or a map.
    var text: String? { scalar?.string }

    private var byKey: [String: ConditionNode] {
        Dictionary(
            (mapping ?? []).compactMap { entry in entry.key.scalar.map { ($0.string, entry.value) } },
            uniquingKeysWith: { first, _ in first })
    }
}
