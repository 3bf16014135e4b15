// Patterns that do not do what they look like.

import Detection
import Foundation
import Mail
import Policy

/// Literal text that is not in any text as it is searched: texts are normalised first (NFKC, nothing invisible, digits
/// of all scripts as ASCII).
struct UnmatchablePatterns: PolicyCheck {
    func run(_ policy: AnalysedPolicy, _ problems: Problems) {
        for spec in policy.patterns.joined() {
            guard case .expression(let pattern) = spec.source else { continue }
            for literal in PatternShape(pattern).literals {
                let normal = Self.normal(literal)
                guard !normal.unicodeScalars.elementsEqual(literal.unicodeScalars) else { continue }
                problems.warning(
                    spec.place, "pattern '\(pattern)' may never match: texts are normalised before they are searched",
                    hint: "instead of \(Self.shown(literal)) write \(Self.shown(normal))", code: "unmatchable-pattern")
                break
            }
        }
    }

    /// The text as it is searched.
    static func normal(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.precomposedStringWithCompatibilityMapping.unicodeScalars {
            if scalar.properties.generalCategory == .format || scalar.properties.isVariationSelector { continue }
            let digit = scalar.properties.generalCategory == .decimalNumber ? scalar.properties.numericValue : nil
            if let digit, !scalar.isASCII, let plain = Unicode.Scalar(48 + UInt32(max(0, min(9, digit)))) {
                scalars.append(plain)
            } else {
                scalars.append(scalar)
            }
        }
        return String(scalars)
    }

    /// With the code points of what cannot be seen or told apart.
    private static func shown(_ text: String) -> String {
        if text.isEmpty { return "nothing" }
        return "'"
            + text.unicodeScalars.map { scalar in
                scalar.isASCII ? String(scalar) : "\\x{\(String(scalar.value, radix: 16))}"
            }.joined() + "'"
    }
}

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
