// content: the text of the message (its subject, all parts that are text, attached ones too, and what was found inside of
// attachments). Sees it normalised (``Normalised``). Unknown where too little was found and something could not be read.

import Detection
import Mail

/// `content`: a pattern, words or a detector, at least so many times, perhaps near something else.
struct ContentCondition: MessageCondition {
    let place: Place
    let leaf: Int
    let asked: ContentSearch
    let label: String

    var cost: Cost { .content }
    var looksInside: Bool { true }

    func test(_ facts: MessageFacts) -> Truth { facts.texts.answer(asked) }

    /// One more and one less of what must be there.
    func mutants(newLeaf: Int) -> [(change: String, condition: any Condition)] {
        [1, -1].map { asked.atLeast + $0 }.filter { $0 > 0 }.map { number in
            var changed = asked
            changed.atLeast = number
            let label = label.replacing("at least \(asked.atLeast)", with: "at least \(number)")
            return (
                "at least \(number)",
                ContentCondition(place: place, leaf: newLeaf, asked: changed, label: label)
            )
        }
    }

    func saw(_ facts: MessageFacts) -> [String] { facts.texts.samples(asked) }
}
