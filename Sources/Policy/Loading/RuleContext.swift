// What reading a rule needs besides its nodes: the lists and detectors of all files, and where patterns and leaves are
// numbered. Belongs to one load.

import Mail
import Yams

/// Names that rules may use, and what they have used so far.
final class RuleContext {
    let problems: Problems
    let surroundings: Surroundings
    /// `lists`, by name; `inside` is built in.
    var lists: [String: DomainList] = [:]
    /// Those of `lists` that are of networks, by name.
    var networkLists: [String: [Network]] = [:]
    /// `conditions` of all files, by name.
    var conditions: [String: NamedDefinition] = [:]
    /// Names of those that are being read, each used by the one before it.
    var conditionsBeingRead: [String] = []
    /// Conditions that named ones stand for, at all uses together.
    var conditionsSpelledOut = 0
    /// `detectors` of the policy, by name; the built-in ones are ``Detector``.
    var detectors: [String: PatternSpec] = [:]
    /// Patterns by ``PatternTarget``.
    private(set) var patterns: [[PatternSpec]] = Array(repeating: [], count: PatternTarget.allCases.count)
    /// Built-in detectors that some condition uses.
    var detectorsUsed: Set<Detector> = []
    /// Lists of words in files of their own, by the file's name.
    var wordFiles: [String: String] = [:]
    /// Leaves by what they ask: rules that ask the same share the answer.
    private var leaves: [String: Int] = [:]
    private(set) var addresses: [Mailbox] = []
    /// How each condition is written, by the place of its key.
    var definitions: [Place: ConditionDefinition] = [:]
    /// How lists (`list NAME`) and detectors (`detector NAME`) are written.
    var writtenNames: [String: WrittenNode] = [:]
    private var addressesSeen: Set<String> = []

    init(surroundings: Surroundings, problems: Problems) {
        self.surroundings = surroundings
        self.problems = problems
        name(surroundings.inside.entries)
    }

    /// Number of different leaves so far.
    var leafCount: Int { leaves.count }

    /// The number of a leaf.
    /// - Parameter question: equal for conditions that give equal answers, and only for them.
    func leaf(_ question: String) -> Int {
        if let known = leaves[question] { return known }
        leaves[question] = leaves.count
        return leaves.count - 1
    }

    /// A number for a pattern; equal ones share it.
    func register(_ spec: PatternSpec, for target: PatternTarget) -> Int {
        if let same = patterns[target.rawValue].firstIndex(where: { $0.searchesLike(spec) }) { return same }
        patterns[target.rawValue].append(spec)
        return patterns[target.rawValue].count - 1
    }

    /// Makes a pattern's places wanted.
    func wantPositions(_ pattern: Int, of target: PatternTarget) {
        patterns[target.rawValue][pattern].needsPositions = true
    }

    /// Remembers the addresses among list entries.
    func name(_ entries: [String]) {
        for entry in entries {
            guard let mailbox = Mailbox(entry), addressesSeen.insert(mailbox.folded).inserted else { continue }
            addresses.append(mailbox)
        }
    }

    /// Names that `in` and `not-in` know.
    var listNames: [String] { ["inside"] + lists.keys.sorted() }
    /// Names that `detector` knows.
    var detectorNames: [String] { Detector.allCases.map(\.rawValue) + detectors.keys.sorted() }
}
