// Conditions that stand once and hold for several rules: `scope` and `exempt` of a file, and those under `conditions`.

package import Detection
import Mail

/// One that holds for several rules.
package struct SharedCondition: Sendable {
    /// What it is.
    package enum Kind: Sendable, Equatable {
        /// And-ed to `when` of each rule of its file.
        case scope
        /// Or-ed to `unless` of each rule of its file.
        case exempt
        /// Used where its name stands.
        case named(String)
    }
    /// What it is.
    package let kind: Kind
    /// The file it stands in.
    package let file: String
    /// Where its key stands.
    package let place: Place
    /// The condition itself.
    package let condition: any Condition

    /// One from its parts.
    package init(kind: Kind, file: String, place: Place, condition: any Condition) {
        self.kind = kind
        self.file = file
        self.place = place
        self.condition = condition
    }

    /// `scope of rules.yaml`, `condition outbound`.
    package var label: String {
        switch kind {
        case .scope: "scope of \(file)"
        case .exempt: "exempt of \(file)"
        case .named(let name): "condition \(name)"
        }
    }

    /// True where a rule of its file, or one that names it, is a given one.
    package func concerns(_ rule: Rule) -> Bool {
        switch kind {
        case .scope, .exempt: rule.info.file == file
        case .named(let name): rule.names.contains(name)
        }
    }
}

extension Rule {
    /// Its own conditions and those of its file, in the order in which they are shown.
    package var written: [any Condition] { [scope, when, unless, exempt].compactMap(\.self) }

    /// Names of conditions that it uses, those in named conditions and in `scope` and `exempt` too.
    package var names: Set<String> { written.reduce(into: []) { $0.formUnion($1.names) } }

    /// The same with another condition under a name, everywhere.
    package func replacing(_ name: String, with other: any Condition) -> Rule {
        var copy = self
        copy.when = when?.replacing(name, with: other)
        copy.unless = unless?.replacing(name, with: other)
        copy.scope = scope?.replacing(name, with: other)
        copy.exempt = exempt?.replacing(name, with: other)
        return copy
    }
}

extension Condition {
    /// Names of conditions in it.
    package var names: Set<String> {
        let mine: Set<String> = (self as? NamedCondition).map { [$0.name] } ?? []
        return parts.reduce(into: mine) { $0.formUnion($1.names) }
    }

    /// Conditions in it, itself too, however deep.
    package var size: Int { parts.reduce(1) { $0 + $1.size } }
    /// How deep it nests; 1 where it has no parts.
    package var nesting: Int { 1 + (parts.map(\.nesting).max() ?? 0) }

    /// What it asks, as a text that is equal for conditions that ask the same; names stand for themselves.
    func question(in rules: Ruleset) -> String {
        if self is NamedCondition || parts.isEmpty { return rules.question(of: self) ?? label }
        return "\(label) [\(parts.map { $0.question(in: rules) }.joined(separator: "; "))]"
    }

    /// The same with another condition under a name.
    package func replacing(_ name: String, with other: any Condition) -> any Condition {
        switch self {
        case let named as NamedCondition:
            NamedCondition(
                place: named.place, name: named.name,
                part: named.name == name ? other : named.part.replacing(name, with: other))
        case let all as AllOf: AllOf(place: all.place, parts: all.parts.map { $0.replacing(name, with: other) })
        case let any as AnyOf: AnyOf(place: any.place, parts: any.parts.map { $0.replacing(name, with: other) })
        case let not as Not: Not(place: not.place, part: not.part.replacing(name, with: other))
        default: self
        }
    }
}

extension Ruleset {
    /// What stands outside of some rules and holds for them.
    /// - Parameter ids: those that are no rules are passed over.
    /// - Returns: what it asks, by what it is: `scope of rules.yaml`, `exempt of rules.yaml`, `condition outbound`.
    package func shared(by ids: [String]) -> [String: String] {
        let rules = compiled.filter { ids.contains($0.info.id) }
        var all: [String: String] = [:]
        for one in shared where rules.contains(where: one.concerns) {
            // The folder is another one in the other policy.
            let file = one.file.split(separator: "/").last.map(String.init) ?? one.file
            all[one.label.replacing(one.file, with: file)] = one.condition.question(in: self)
        }
        return all
    }
}
