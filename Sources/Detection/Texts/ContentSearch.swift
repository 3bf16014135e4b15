// What is searched in the texts of a message, and how often it must be there. A value.

/// A search in the texts of a message.
package struct ContentSearch: Sendable {
    /// What is searched.
    package enum Sought: Sendable, Hashable {
        /// A pattern of target `content`, by number.
        case pattern(Int)
        /// A built-in detector: different values are counted, not repetitions of one.
        case detector(Detector)
    }

    /// `near`: one of some patterns (of target `content`, by number) within so many characters.
    package struct Near: Sendable {
        /// Their numbers.
        package let patterns: [Int]
        /// Characters between the two at most.
        package let within: Int

        /// - Parameters:
        ///   - patterns: numbers in target `content`.
        ///   - within: characters between the two at most.
        package init(patterns: [Int], within: Int) {
            self.patterns = patterns
            self.within = within
        }
    }

    /// What is searched.
    package let sought: Sought
    /// How many places, or different values, there must be.
    package var atLeast: Int
    /// What must stand near: of the condition, and of the detector where the policy defines it.
    package let nears: [Near]
    /// False with `quoted: false`: what a message quotes of another does not count.
    package let looksAtQuoted: Bool

    /// A search from its parts; without more it asks for one place.
    package init(_ sought: Sought, atLeast: Int = 1, nears: [Near] = [], looksAtQuoted: Bool = true) {
        self.sought = sought
        self.atLeast = atLeast
        self.nears = nears
        self.looksAtQuoted = looksAtQuoted
    }

    /// The first of ``nears``.
    var near: Near? { nears.first }
}
