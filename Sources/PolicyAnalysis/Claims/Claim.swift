// Conditions as claims that can be compared: whether one surely holds wherever another does, whether two can never hold
// together. Three-valued: with no < unknown < yes, "a implies b" means that b is never less than a. What is not
// understood is equal to itself only, so that an answer of true is always proven. Pure.

import Detection
import Foundation
import Mail
import Policy

/// A condition in a form that is one object for equal conditions.
final class Claim {
    indirect enum Shape {
        /// A leaf, by what can be compared of it.
        case leaf(Topic)
        case not(Claim)
        case all([Claim])
        case any([Claim])
    }
    /// Equal for equal claims.
    let id: Int
    let shape: Shape
    /// What the condition says that it was made from first.
    private let said: String

    fileprivate init(id: Int, shape: Shape, said: String) {
        self.id = id
        self.shape = shape
        self.said = said
    }

    /// What it costs to compare.
    fileprivate var rank: Int {
        switch shape {
        case .leaf(.other): 0
        case .leaf(.number), .leaf(.choice): 1
        case .leaf: 2
        default: 3
        }
    }

    /// The claims that must all hold.
    var conjuncts: [Claim] {
        if case .all(let parts) = shape { parts.flatMap(\.conjuncts) } else { [self] }
    }

    /// How it is written, for findings.
    var label: String {
        switch shape {
        case .leaf: said
        case .not(let claim): "not \(claim.label)"
        case .all(let claims): "all of (\(claims.map(\.label).joined(separator: "; ")))"
        case .any(let claims): "any of (\(claims.map(\.label).joined(separator: "; ")))"
        }
    }
}

/// Makes claims of conditions. Belongs to one analysis.
final class Claims {
    private var known: [String: Claim] = [:]

    /// The claim of a condition.
    func claim(_ condition: any Condition) -> Claim {
        if let named = condition as? NamedCondition { return claim(named.part) }
        if let all = condition as? AllOf { return combined(all.parts.map(claim), condition.label, isAll: true) }
        if let any = condition as? AnyOf { return combined(any.parts.map(claim), condition.label, isAll: false) }
        if let not = condition as? Not {
            let inner = claim(not.part)
            if case .not(let twice) = inner.shape { return twice }
            return interned("!\(inner.id)", condition.label) { .not(inner) }
        }
        let name = (condition as? any MessageCondition).map { "=\($0.leaf)" } ?? "=\(condition.label)"
        return interned(name, condition.label) { .leaf(condition.topic) }
    }

    /// A claim of our own, to compare others with.
    /// - Parameter said: different for different topics, and no condition's label.
    func claim(_ topic: Topic, said: String) -> Claim { interned("?\(said)", said) { .leaf(topic) } }

    private func combined(_ parts: [Claim], _ said: String, isAll: Bool) -> Claim {
        // Those that are compared at least cost come first.
        let ids = Set(parts.map(\.id)).sorted()
        let different = ids.compactMap { id in parts.first { $0.id == id } }.sorted {
            ($0.rank, $0.id) < ($1.rank, $1.id)
        }
        if different.count == 1, let one = different.first { return one }
        let key = (isAll ? "&" : "|") + ids.map(String.init).joined(separator: ",")
        return interned(key, said) { isAll ? .all(different) : .any(different) }
    }

    private func interned(_ key: String, _ said: String, _ shape: () -> Claim.Shape) -> Claim {
        if let claim = known[key] { return claim }
        let claim = Claim(id: known.count, shape: shape(), said: said)
        known[key] = claim
        return claim
    }
}
