// Wildcards in patterns that change nothing.

import Detection
import Mail
import Policy

/// `.*` at an end of a pattern that matches anywhere.
struct IdleWildcards: PolicyCheck {
    func run(_ policy: AnalysedPolicy, _ problems: Problems) {
        // Where places count (whole words, at-least, tags that are cut out) the ends matter.
        for spec in policy.patterns.joined() where !spec.needsSecondLook {
            guard case .expression(let pattern) = spec.source, PatternShape(pattern).hasIdleWildcard else { continue }
            problems.info(
                spec.place, "'.*' at an end of pattern '\(pattern)' does nothing: patterns match anywhere in the text",
                hint: "take it away", code: "idle-wildcard")
        }
    }
}
