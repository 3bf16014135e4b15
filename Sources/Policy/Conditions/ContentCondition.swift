// content: the text of the message (its subject, all parts that are text, attached ones too, and what was found inside of
// attachments). Sees it normalised (``Normalised``). Unknown where too little was found and something could not be read.

import Mail

/// `content`: a pattern, words or a detector, at least so many times, perhaps near something else.
struct ContentCondition: MessageCondition {
    enum Search: Sendable, Hashable {
        /// A pattern of target `content`, by number.
        case pattern(Int)
        /// A built-in detector: different values are counted, not repetitions of one.
        case detector(Detector)
    }

    /// `near`: one of some patterns (of target `content`, by number) within so many characters.
    struct Near: Sendable {
        let patterns: [Int]
        let within: Int
    }

    let place: Place
    let leaf: Int
    let search: Search
    let atLeast: Int
    /// What must stand near: of the condition, and of the detector where it is one of the policy.
    var nears: [Near] = []
    /// False with `quoted: false`: what a letter quotes of another does not count.
    var looksAtQuoted = true
    let label: String

    /// The first of ``nears``.
    var near: Near? { nears.first }
    var cost: Cost { .content }
    var looksInside: Bool { true }

    func test(_ facts: MessageFacts) -> Truth { facts.texts.answer(self) }

    func saw(_ facts: MessageFacts) -> [String] { facts.texts.samples(self) }
}
