// size, encrypted, signed: facts about the message as a whole.

import Detection
import MIME
import Mail

/// `over` and `under`, in bytes, both exclusive.
struct SizeTest: Sendable {
    var overBytes: Int?
    var underBytes: Int?

    func holds(for bytes: Int) -> Bool {
        if let overBytes, bytes <= overBytes { return false }
        if let underBytes, bytes >= underBytes { return false }
        return true
    }

    var label: String {
        [overBytes.map { "over \($0.counted("byte"))" }, underBytes.map { "under \($0.counted("byte"))" }].compactMap {
            $0
        }
        .joined(separator: ", ")
    }
}

/// `size`: bytes of the message as it came.
struct SizeCondition: MessageCondition {
    let place: Place
    let leaf: Int
    let size: SizeTest

    var label: String { "size \(size.label)" }
    var cost: Cost { .envelope }

    func test(_ facts: MessageFacts) -> Truth { Truth(size.holds(for: facts.messageBytes)) }
    func saw(_ facts: MessageFacts) -> [String] { [facts.messageBytes.counted("byte")] }
    var topic: Topic { .number("size", size.asCount) }

    /// One byte more and one less.
    func mutants(newLeaf: Int) -> [(change: String, condition: any Condition)] {
        var all: [(String, any Condition)] = []
        for delta in [1, -1] {
            if let over = size.overBytes {
                var changed = size
                changed.overBytes = over &+ delta
                all.append(
                    (
                        "over \((over &+ delta).counted("byte"))",
                        SizeCondition(place: place, leaf: newLeaf, size: changed)
                    ))
            }
            if let under = size.underBytes {
                var changed = size
                changed.underBytes = under &+ delta
                all.append(
                    (
                        "under \((under &+ delta).counted("byte"))",
                        SizeCondition(place: place, leaf: newLeaf, size: changed)
                    ))
            }
        }
        return all
    }
}

/// `encrypted` and `signed` as sets of answers.
private enum SealTopic {
    static func values(_ kind: String?, _ wanted: Bool) -> Set<String> {
        let all: Set = ["none", "pgp", "smime"]
        let named = kind.map { Set([$0]) } ?? ["pgp", "smime"]
        return wanted ? named : all.subtracting(named)
    }
}

/// What `encrypted` asks for.
enum SealKind: String, Sendable, CaseIterable {
    case pgp, smime
}

/// `encrypted`: by structure and packets. What only looks like it is unknown, so that neither an exception nor a rule
/// for clear mail can be had by adding a line of armor.
struct EncryptedCondition: MessageCondition {
    let place: Place
    let leaf: Int
    /// nil: any kind.
    let kind: SealKind?
    let wanted: Bool

    var label: String { "encrypted: \(kind?.rawValue ?? String(wanted))" }
    var topic: Topic { .choice("encrypted", SealTopic.values(kind?.rawValue, wanted)) }
    var cost: Cost { .envelope }

    func test(_ facts: MessageFacts) -> Truth {
        let answer: Truth =
            switch facts.encryption {
            case .none: .no
            case .pgpMIME: Truth(kind != .smime)
            case .smime: Truth(kind != .pgp)
            case .partialPGP:
                kind == .smime ? .no : .unknown(.permanent("looks like OpenPGP, but is not wholly PGP/MIME"))
            }
        return wanted ? answer : !answer
    }

    func saw(_ facts: MessageFacts) -> [String] {
        switch facts.encryption {
        case .none: ["not encrypted"]
        case .pgpMIME: ["PGP/MIME"]
        case .smime: ["S/MIME"]
        case .partialPGP: ["something like OpenPGP"]
        }
    }
}

/// What `signed` asks for.
enum SignedKind: String, Sendable, CaseIterable {
    case pgp, smime
    /// S/MIME in one piece: the signature wraps the content, so that nothing of it can be seen here.
    case opaque
}

/// `signed`: what the message claims outside of any encryption; not verified.
struct SignedCondition: MessageCondition {
    let place: Place
    let leaf: Int
    /// nil: any kind.
    let kind: SignedKind?
    let wanted: Bool

    var label: String { "signed: \(kind?.rawValue ?? String(wanted))" }
    var topic: Topic {
        kind == .opaque ? .other : .choice("signed", SealTopic.values(kind?.rawValue, wanted))
    }
    var cost: Cost { .envelope }

    func test(_ facts: MessageFacts) -> Truth {
        let answer: Truth =
            switch facts.signature {
            case .pgpMIME: Truth(kind == nil || kind == .pgp)
            case .smime: Truth(kind == .opaque ? Self.isOpaque(facts) : kind != .pgp)
            case .none:
                facts.encryption == .none
                    ? .no : .unknown(.permanent("a signature may be inside of what is encrypted"))
            }
        return wanted ? answer : !answer
    }

    func saw(_ facts: MessageFacts) -> [String] {
        switch facts.signature {
        case .none: ["not signed"]
        case .pgpMIME: ["PGP/MIME"]
        case .smime: [Self.isOpaque(facts) ? "S/MIME, opaque" : "S/MIME"]
        }
    }

    private static func isOpaque(_ facts: MessageFacts) -> Bool { !facts.rootType.isMultipart }
}
