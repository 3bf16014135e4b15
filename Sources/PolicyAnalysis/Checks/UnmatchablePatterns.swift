// Patterns that match no text because texts are normalised before they are searched.

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
