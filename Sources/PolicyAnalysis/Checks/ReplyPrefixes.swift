// Patterns of subjects that do not match an answer, whose subject begins with 'Re:'.

import Detection
import Mail
import Policy

/// Anchored subject patterns that answers and forwarded mail escape.
struct ReplyPrefixes: PolicyCheck {
    private static let prefixes = ["re", "aw", "fw", "fwd", "wg", "tr", "sv", "vs", "antw", "rv"]
    private static let form = #"((re|fwd?|aw|wg|tr)\s?:\s*)*"#

    func run(_ policy: AnalysedPolicy, _ problems: Problems) {
        for spec in policy.patterns[PatternTarget.subject.rawValue] {
            guard case .expression(let pattern) = spec.source else { continue }
            let shape = PatternShape(pattern)
            guard let beginnings = shape.beginnings, let first = beginnings.first,
                !beginnings.contains(where: Self.mayBeReply)
            else { continue }
            let message = "pattern '\(pattern)' does not match an answer to such mail: 'Re: \(first)…', 'AW:', 'TR :'"
            let hint = "write '\(shape.flags)^\(Self.form)\(shape.behindAnchor)'"
            // A tag is meant to stay on the conversation; a word at the start may be meant to stand there.
            if first.first.map({ "[(<{#*!".contains($0) }) ?? false {
                problems.warning(spec.place, message, hint: hint, code: "reply-prefix")
            } else {
                problems.info(spec.place, message, hint: hint, code: "reply-prefix")
            }
        }
    }

    private static func mayBeReply(_ text: String) -> Bool {
        let text = text.lowercased()
        return prefixes.contains { "\($0):".hasPrefix(text) || text.hasPrefix("\($0):") || text.hasPrefix("\($0) :") }
    }
}
