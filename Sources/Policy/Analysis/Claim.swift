// Conditions as claims that can be compared: whether one surely holds wherever another does, whether two can never hold
// together. Three-valued: with no < unknown < yes, "a implies b" means that b is never less than a. What is not
// understood is equal to itself only, so that an answer of true is always proven. Pure.

import Foundation
import Mail

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
    /// The condition it was made from first.
    let condition: any Condition

    fileprivate init(id: Int, shape: Shape, condition: any Condition) {
        self.id = id
        self.shape = shape
        self.condition = condition
    }

    /// How dear it is to compare.
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
        case .leaf: condition.label
        case .not(let claim): "not \(claim.label)"
        case .all(let claims): "all of (\(claims.map(\.label).joined(separator: "; ")))"
        case .any(let claims): "any of (\(claims.map(\.label).joined(separator: "; ")))"
        }
    }
}

/// What can be compared of a leaf.
enum Topic {
    /// An address, by whose it is.
    case address(String, AddressTest)
    /// A number, both limits exclusive.
    case number(String, over: Int64?, under: Int64?)
    /// One of some values.
    case choice(String, Set<String>)
    /// Minutes of the week in a zone.
    case minutes(String, [Bool])
    /// Anything else: equal or not.
    case other
}

/// Makes claims of conditions. Belongs to one analysis.
final class Claims {
    private var known: [String: Claim] = [:]

    /// The claim of a condition.
    func claim(_ condition: any Condition) -> Claim {
        if let named = condition as? NamedCondition { return claim(named.part) }
        if let all = condition as? AllOf { return combined(all.parts.map(claim), condition, isAll: true) }
        if let any = condition as? AnyOf { return combined(any.parts.map(claim), condition, isAll: false) }
        if let not = condition as? Not {
            let inner = claim(not.part)
            if case .not(let twice) = inner.shape { return twice }
            return interned("!\(inner.id)", condition) { .not(inner) }
        }
        let name = (condition as? any MessageCondition).map { "=\($0.leaf)" } ?? "=\(condition.label)"
        return interned(name, condition) { .leaf(Topic(condition)) }
    }

    private func combined(_ parts: [Claim], _ condition: any Condition, isAll: Bool) -> Claim {
        // Those that are compared at least cost come first.
        let ids = Set(parts.map(\.id)).sorted()
        let different = ids.compactMap { id in parts.first { $0.id == id } }.sorted {
            ($0.rank, $0.id) < ($1.rank, $1.id)
        }
        if different.count == 1, let one = different.first { return one }
        let key = (isAll ? "&" : "|") + ids.map(String.init).joined(separator: ",")
        return interned(key, condition) { isAll ? .all(different) : .any(different) }
    }

    private func interned(_ key: String, _ condition: any Condition, _ shape: () -> Claim.Shape) -> Claim {
        if let claim = known[key] { return claim }
        let claim = Claim(id: known.count, shape: shape(), condition: condition)
        known[key] = claim
        return claim
    }
}

extension Topic {
    /// Every condition whose meaning is a set or an interval; others are compared by their labels, which are the same for
    /// equal conditions only.
    init(_ condition: any Condition) {
        switch condition {
        case let sender as SenderCondition: self = .address("sender", sender.addresses)
        case let recipient as RecipientCondition: self = .address("recipient", recipient.addresses)
        case let from as FromCondition: self = .address("from", from.addresses)
        case let replyTo as ReplyToCondition: self = .address("reply-to", replyTo.addresses)
        case let size as SizeCondition: self = Self.number("size", size.size.asCount)
        case let encrypted as EncryptedCondition:
            self = .choice("encrypted", Self.seals(encrypted.kind?.rawValue, encrypted.wanted))
        case let signed as SignedCondition where signed.kind != .opaque:
            self = .choice("signed", Self.seals(signed.kind?.rawValue, signed.wanted))
        case let header as HeaderCondition: self = Self.header(header)
        case let key as KeyCondition: self = Self.key(key)
        case let listener as ListenerCondition: self = .choice("listener", Set(listener.addresses))
        case let range as DateRangeCondition:
            self = .number("date", over: range.fromSeconds.map { $0 - 1 }, under: range.untilSeconds)
        case let time as TimeCondition: self = .minutes(time.zone.identifier, Self.week(time))
        case let recipients as RecipientsCondition: self = Self.recipients(recipients)
        default: self = .other
        }
    }

    private static func number(_ what: String, _ test: CountTest) -> Topic {
        .number(what, over: test.over.map(Int64.init), under: test.under.map(Int64.init))
    }

    private static func header(_ condition: HeaderCondition) -> Topic {
        guard case .count(let count) = condition.question else { return .other }
        return number("header \(condition.name.lowercased())", count)
    }

    /// Of one address; `unknown` among the states makes an unknown answer true, which the others do not share.
    private static func key(_ condition: KeyCondition) -> Topic {
        guard [.recipient, .sender].contains(condition.owner), !condition.states.contains(.unknown) else {
            return .other
        }
        return .choice("key of \(condition.owner.rawValue)", Set(condition.states.map(\.rawValue)))
    }

    private static func seals(_ kind: String?, _ wanted: Bool) -> Set<String> {
        let all: Set = ["none", "pgp", "smime"]
        let named = kind.map { Set([$0]) } ?? ["pgp", "smime"]
        return wanted ? named : all.subtracting(named)
    }

    private static func week(_ time: TimeCondition) -> [Bool] {
        (0..<7).flatMap { day in
            (0..<TimeCondition.minutesOfDay).map { time.contains(minute: $0, day: day) }
        }
    }

    /// Where only one thing is asked.
    private static func recipients(_ condition: RecipientsCondition) -> Topic {
        guard condition.anyIn == nil, condition.allIn == nil else { return .other }
        let tests = [
            ("count", condition.count), ("outside-count", condition.outsideCount), ("domains", condition.domains),
        ].compactMap { name, test in test.map { (name, $0) } }
        guard tests.count == 1, let (name, test) = tests.first else { return .other }
        return number("recipients \(name)", test)
    }
}
