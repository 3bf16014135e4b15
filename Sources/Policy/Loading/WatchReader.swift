// `mode: watch` and `until`: rules that are judged and counted, and not acted on yet. And what `policy check` says of
// their dates.

package import Mail
import Yams

/// Reads the mode of a rule.
struct WatchReader {
    let nodes: NodeReader
    private enum ModeWord: String, CaseIterable { case watch }

    /// nil with a finding.
    func mode(_ fields: NodeReader.Fields, _ what: String) -> RuleMode? {
        guard let node = fields["mode"] else {
            guard fields.contains("until") else { return .act }
            nodes.problems.error(
                fields.place(of: "until"), "'until' has no meaning without 'mode: watch' in \(what)",
                hint: "add 'mode: watch', or take 'until' out")
            return nil
        }
        guard nodes.word(node, "mode of \(what)", ModeWord.self) != nil else { return nil }
        guard let untilNode = fields["until"] else { return .watch(untilSeconds: nil) }
        guard let text = nodes.text(untilNode, "until of \(what)") else { return nil }
        guard let seconds = Moments.moment(text) else {
            nodes.problems.error(
                nodes.place(untilNode), "until of \(what) must be a date, and is '\(text)'",
                hint: "such as 2027-01-31 (UTC) or 2027-01-31T18:00:00+01:00")
            return nil
        }
        return .watch(untilSeconds: seconds)
    }
}

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
