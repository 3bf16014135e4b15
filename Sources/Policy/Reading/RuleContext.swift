// What reading a rule needs besides its nodes: the lists and detectors of all files, and where patterns and leaves are
// numbered. Belongs to one load.

package import Detection
package import Mail

/// Names that rules may use, and what they have used so far.
package final class RuleContext {
    /// Where findings go.
    package let problems: Problems
    /// What the settings say.
    package let surroundings: Surroundings
    /// `lists`, by name; `inside` is built in.
    package var lists: [String: DomainList] = [:]
    /// Those of `lists` that are of networks, by name.
    package var networkLists: [String: [Network]] = [:]
    /// `conditions` of all files, by name.
    package var conditions: [String: NamedDefinition] = [:]
    /// Names of those that are being read, each used by the one before it.
    package var conditionsBeingRead: [String] = []
    /// Conditions that named ones stand for, at all uses together.
    package var conditionsSpelledOut = 0
    /// `detectors` of the policy, by name; the built-in ones are ``Detector``.
    package var detectors: [String: PatternSpec] = [:]
    /// Patterns by ``PatternTarget``.
    package private(set) var patterns: [[PatternSpec]] = Array(repeating: [], count: PatternTarget.allCases.count)
    /// Built-in detectors that some condition uses.
    package var detectorsUsed: Set<Detector> = []
    /// Lists of words in files of their own, by the file's name.
    package var wordFiles: [String: String] = [:]
    private struct WrittenPattern: Hashable {
        let target: PatternTarget
        let text: String
    }
    /// Numbers of patterns by their text, in order.
    private var numbers: [WrittenPattern: [Int]] = [:]
    /// Leaves by what they ask: rules that ask the same share the answer.
    private var leaves: [String: Int] = [:]
    /// How each condition is written, by the place of its key.
    var definitions: [Place: ConditionDefinition] = [:]
    /// How lists (`list NAME`) and detectors (`detector NAME`) are written.
    package var writtenNames: [String: ConditionNode] = [:]

    /// An empty one.
    package init(surroundings: Surroundings, problems: Problems) {
        self.surroundings = surroundings
        self.problems = problems
    }

    /// Number of different leaves so far.
    package var leafCount: Int { leaves.count }

    /// The number of a leaf.
    /// - Parameter question: equal for conditions that give equal answers, and only for them.
    package func leaf(_ question: String) -> Int {
        if let known = leaves[question] { return known }
        leaves[question] = leaves.count
        return leaves.count - 1
    }

    /// A number for a pattern; equal ones share it.
    package func register(_ spec: PatternSpec, for target: PatternTarget) -> Int {
        let text =
            switch spec.source {
            case .expression(let text): text
            case .words(let words): words.joined(separator: "\n")
            }
        let key = WrittenPattern(target: target, text: text)
        let same = numbers[key]?.first { patterns[target.rawValue][$0].searchesLike(spec) }
        if let same { return same }
        let number = patterns[target.rawValue].count
        patterns[target.rawValue].append(spec)
        numbers[key, default: []].append(number)
        return number
    }

    /// Makes a pattern's places wanted.
    package func wantPositions(_ pattern: Int, of target: PatternTarget) {
        patterns[target.rawValue][pattern].needsPositions = true
    }

    /// Names that `in` and `not-in` know.
    package var listNames: [String] { ["inside"] + lists.keys.sorted() }
    /// Names that `detector` knows.
    package var detectorNames: [String] { Detector.allCases.map(\.rawValue) + detectors.keys.sorted() }
}
