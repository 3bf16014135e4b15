// content: the text of the message (its subject and all parts that are text, attached ones too).

import Mail

/// `content`: a pattern, words or a detector, at least so many times.
struct ContentCondition: MessageCondition {
    enum Search: Sendable, Equatable {
        /// A pattern of target `content`, by number.
        case pattern(Int)
        /// A built-in detector: different values are counted, not repetitions of one.
        case detector(Detector)
    }
    let place: Place
    let leaf: Int
    let search: Search
    let atLeast: Int
    let label: String

    var cost: Cost { .content }
    var looksInside: Bool { true }

    func test(_ facts: MessageFacts) -> Truth {
        switch search {
        case .pattern(let pattern): facts.texts.answer(pattern, atLeast: atLeast)
        case .detector(let detector): facts.texts.answer(detector, atLeast: atLeast)
        }
    }

    func saw(_ facts: MessageFacts) -> [String] { facts.texts.samples(search) }
}
