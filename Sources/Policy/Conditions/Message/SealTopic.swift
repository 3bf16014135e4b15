// What encrypted and signed share: kinds of seals as sets of answers, and how they are written.

import Detection
import Mail

/// `encrypted` and `signed` as sets of answers.
enum SealTopic {
    static func values(_ kind: String?, _ wanted: Bool) -> Set<String> {
        let all: Set = ["none", "pgp", "smime"]
        let named = kind.map { Set([$0]) } ?? ["pgp", "smime"]
        return wanted ? named : all.subtracting(named)
    }
}

extension ConditionReader {
    /// `true`, `false`, or a kind.
    func sealKind<Kind: RawRepresentable & CaseIterable>(
        _ node: ConditionNode, _ what: String, _ type: Kind.Type
    ) -> (kind: Kind?, wanted: Bool)? where Kind.RawValue == String {
        if let scalar = node.scalar, !["true", "false", "yes", "no", "on", "off"].contains(scalar.string.lowercased()) {
            return nodes.word(node, what, type).map { ($0, true) }
        }
        return nodes.boolean(node, what).map { (nil, $0) }
    }
}
