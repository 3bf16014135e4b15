// part: any part of the message, attached or not, by its media type. Unknown where parts may be hidden, and for a part
// that programs may take for another type.

import Detection
import MIME
import Mail

/// `part: { type: text/calendar }`: one part at least is of one of the types.
struct PartCondition: MessageCondition {
    let place: Place
    let leaf: Int
    /// In lower case; `text/*` is every text.
    let types: [String]

    var label: String { "part type \(types.joined(separator: ", "))" }
    var cost: Cost { .structure }

    func test(_ facts: MessageFacts) -> Truth {
        var answer = facts.hiddenAttachments(sizesMatter: false)
        for part in facts.parts {
            answer = answer.or(self.answer(part))
            if answer == .yes { return .yes }
        }
        return answer
    }

    private func answer(_ part: Part) -> Truth {
        if types.contains(where: { MediaTypes.fits(part.type.essence, $0) }) { return .yes }
        guard part.doubts.contains(.type) else { return .no }
        return .unknown(.permanent(.init(.init(part), "it does not say for certain what it is")))
    }

    func saw(_ facts: MessageFacts) -> [String] {
        facts.parts.prefix(20).map { "\($0.path.isEmpty ? "the message" : "part \($0.path)"): \($0.type.essence)" }
    }

    /// Each type left out, where there are several.
    func mutants(newLeaf: Int) -> [(change: String, condition: any Condition)] {
        guard types.count > 1 else { return [] }
        return types.map { type in
            let rest = types.filter { $0 != type }
            return ("without \(type)", PartCondition(place: place, leaf: newLeaf, types: rest))
        }
    }
}

extension ConditionReader {
    func part(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        let what = "'part'"
        guard let fields = asked(node, what, known: ["type"]), let types = mediaTypes(fields, "type", what) else {
            return nil
        }
        return PartCondition(place: place, leaf: context.leaf("part \(types)"), types: types)
    }
}

extension ConditionKind {
    /// `part`.
    static let part = ConditionKind(
        key: "part", value: .map("part"), about: "One part of the message, attached or not, that has all of this.",
        maps: [
            PolicyGrammar.Map(
                name: "part",
                keys: [PolicyGrammar.key("type", .texts, "Media types: text/calendar, text/*.")],
                probe: PolicyGrammar.probe("{ part: { type: text/calendar, KEY: 1 } }"))
        ],
        read: { $0.part($1, $2) },
        replayed: { message, definition, condition in
            guard definition.value.fields(["type"]) != nil, let asked = condition as? PartCondition else { return nil }
            let features = message.features
            let isThere = features.parts.contains { part in
                asked.types.contains { MediaTypes.fits(part.type, $0) }
            }
            // A type that programs take for another one hides content; the log does not say which part it was.
            guard isThere || features.hidden.content == nil else { return nil }
            let hidden = features.hidden.attachments.map { Truth.unknown(.permanent(UnknownReason($0))) } ?? .no
            return Truth(isThere).or(hidden)
        })
}
