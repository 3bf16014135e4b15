// The two questions that can be asked of claims. Steps are counted: a policy that would need too many gets the answer
// "not proven".

import Detection
import Mail
import Policy

/// Answers questions about claims.
final class ClaimLogic {
    /// Steps of one question.
    private static let stepLimit = 4000
    private var steps = 0

    /// True where the second surely holds wherever the first does; nil is what always holds.
    func implies(_ first: Claim?, _ second: Claim?) -> Bool {
        guard let second else { return true }
        guard let first else { return false }
        steps = 0
        return follows(first, second)
    }

    /// True where the two can never both be true.
    func excludes(_ first: Claim?, _ second: Claim?) -> Bool {
        guard let first, let second else { return false }
        steps = 0
        return disjoint(first, second)
    }

    private func follows(_ first: Claim, _ second: Claim) -> Bool {
        if first.id == second.id { return true }
        steps += 1
        guard steps < Self.stepLimit else { return false }
        switch (first.shape, second.shape) {
        case (_, .all(let parts)): return parts.allSatisfy { follows(first, $0) }
        case (.any(let parts), _): return parts.allSatisfy { follows($0, second) }
        case (.not(let one), .not(let other)): return follows(other, one)
        case (.all(let mine), .any(let parts)):
            return mine.contains { follows($0, second) } || parts.contains { follows(first, $0) }
        case (.all(let mine), _): return mine.contains { follows($0, second) }
        case (_, .any(let parts)): return parts.contains { follows(first, $0) }
        case (.leaf, .not(let other)): return disjoint(first, other)
        case (.not(let one), .leaf(let topic)):
            guard case .leaf(let opposite) = one.shape else { return false }
            return Topic.cover(opposite, topic)
        case (.leaf(let one), .leaf(let other)): return Topic.implies(one, other)
        }
    }

    private func disjoint(_ first: Claim, _ second: Claim) -> Bool {
        steps += 1
        guard steps < Self.stepLimit else { return false }
        switch (first.shape, second.shape) {
        case (.not(let one), _): return follows(second, one)
        case (_, .not(let other)): return follows(first, other)
        case (.any(let parts), _): return parts.allSatisfy { disjoint($0, second) }
        case (_, .any(let parts)): return parts.allSatisfy { disjoint(first, $0) }
        case (.all(let parts), _): return parts.contains { disjoint($0, second) }
        case (_, .all(let parts)): return parts.contains { disjoint(first, $0) }
        case (.leaf(let one), .leaf(let other)): return Topic.excludes(one, other)
        }
    }
}

extension Topic {
    /// True where the second holds wherever the first does.
    static func implies(_ first: Topic, _ second: Topic) -> Bool {
        switch (first, second) {
        case (.address(let who, let one), .address(let other, let wider)):
            return who == other && AddressLogic.implies(one, wider)
        case (.number(let what, let over, let under), .number(let other, let least, let most)):
            guard what == other else { return false }
            return least.map { limit in over.map { $0 >= limit } ?? false } ?? true
                && most.map { limit in under.map { $0 <= limit } ?? false } ?? true
        case (.choice(let what, let one), .choice(let other, let wider)):
            return what == other && one.isSubset(of: wider)
        case (.minutes(let zone, let one), .minutes(let other, let wider)):
            return zone == other && zip(one, wider).allSatisfy { !$0 || $1 }
        default: return false
        }
    }

    /// True where the two never hold together.
    static func excludes(_ first: Topic, _ second: Topic) -> Bool {
        switch (first, second) {
        case (.address(let who, let one), .address(let other, let two)):
            return who == other && AddressLogic.excludes(one, two)
        case (.number(let what, let over, let under), .number(let other, let least, let most)):
            return what == other && (isEmpty(over, most) || isEmpty(least, under))
        case (.choice(let what, let one), .choice(let other, let two)):
            return what == other && one.isDisjoint(with: two)
        case (.minutes(let zone, let one), .minutes(let other, let two)):
            return zone == other && !zip(one, two).contains { $0 && $1 }
        default: return false
        }
    }

    /// True where one of the two always holds: `in x` and `not-in x`.
    static func cover(_ first: Topic, _ second: Topic) -> Bool {
        switch (first, second) {
        case (.address(let who, let one), .address(let other, let two)):
            return who == other && AddressLogic.cover(one, two)
        default: return false
        }
    }

    /// True where no whole number is over one and under the other.
    private static func isEmpty(_ over: Int64?, _ under: Int64?) -> Bool {
        guard let over, let under else { return false }
        return under - over < 2
    }
}
