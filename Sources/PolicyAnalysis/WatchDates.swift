// What can be said of rules that only watch, by their dates. Pure.

import Detection
package import Mail
package import Policy

/// What can be said of the dates of watching rules.
package enum WatchDates {
    /// A rule whose date is nearer than this is named.
    private static let nearSeconds: Int64 = 14 * 86_400

    /// What there is to say of a rule at a time; nil where it does not watch, or its date is far off.
    /// - Returns: severity, message, hint and the stable name of the finding.
    static func finding(
        _ rule: Rule, nowSeconds: Int64
    ) -> (severity: Diagnostic.Severity, message: String, hint: String, code: String)? {
        guard case .watch(let until) = rule.mode else { return nil }
        let name = "rule '\(rule.info.id)'"
        guard let until else {
            return (
                .info, "\(name) watches for ever: it never acts", "give it a date with 'until'", "watch-without-end"
            )
        }
        if until <= nowSeconds {
            return (
                .warning, "\(name) acts since \(Moments.text(until)): its 'until' is past",
                "take 'mode' and 'until' out, or give it a later date", "watch-over"
            )
        }
        guard until - nowSeconds < nearSeconds else { return nil }
        return (
            .warning, "\(name) watches until \(Moments.text(until)): then it acts",
            "look at what it has matched so far, or give it a later date", "watch-ends-soon"
        )
    }

    /// Warnings about rules that act soon, or that act already.
    package static func findings(_ rules: Ruleset, nowSeconds: Int64) -> [Diagnostic] {
        rules.compiled.compactMap { rule in
            finding(rule, nowSeconds: nowSeconds).flatMap {
                guard $0.severity == .warning else { return nil }
                return Diagnostic(
                    $0.severity, file: rule.info.file, line: rule.info.line, message: $0.message, hint: $0.hint,
                    code: $0.code)
            }
        }
    }
}
