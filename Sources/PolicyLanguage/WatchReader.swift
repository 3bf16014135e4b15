// `mode: watch` and `until`: rules that are judged and counted, and not acted on yet.

import Detection
import Mail
import Policy

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
