// The names that a policy defines and uses, as written: read from the nodes, so that every use counts, whatever key it
// stands under.

import Detection
import Mail
package import Policy

/// Lists and detectors with their places, and all words that could be uses of them.
package struct PolicyNames {
    struct Entry {
        let text: String
        let place: Place
    }
    /// Lists by name, in order.
    private(set) var lists: [(name: String, place: Place, entries: [Entry])] = []
    /// Own detectors by name, in order.
    private(set) var detectors: [(name: String, place: Place)] = []
    /// Every scalar value outside of the lists.
    private(set) var words: Set<String> = []

    /// No names.
    package init() {}

    /// The names of some files, by the top keys of each.
    package init(_ files: [(NodeReader, NodeReader.Fields)]) {
        for (reader, fields) in files {
            // Findings about these nodes have been made already.
            let nodes = NodeReader(file: reader.file, problems: Problems())
            for (name, place, node) in fields["lists"].flatMap({ nodes.map($0, "'lists'") }) ?? [] {
                let entries = nodes.texts(node, "a list") ?? []
                lists.append((name, place, entries.map { Entry(text: $0.text, place: $0.place) }))
            }
            for (name, place, node) in fields["detectors"].flatMap({ nodes.map($0, "'detectors'") }) ?? [] {
                detectors.append((name, place))
                collect(node)
            }
            for key in ["rules", "defaults", "conditions", "scope", "exempt"] {
                if let node = fields[key] { collect(node) }
            }
        }
    }

    /// The nesting of a document is bounded.
    private mutating func collect(_ node: ConditionNode) {
        switch node.value {
        case .scalar(let scalar): words.insert(scalar.string)
        case .sequence(let sequence): for node in sequence { collect(node) }
        case .mapping(let mapping): for (_, value) in mapping { collect(value) }
        }
    }
}
