// Coverage as a page: the policy files as they are, each line coloured by what the cases have seen of it. Pure.

package import Policy

extension Coverage {
    /// What is known of one line.
    private struct Line {
        var seen: [String] = []
        var missing: [String] = []
    }

    /// The page.
    /// - Parameter files: the rules; their lines are shown.
    package func page(of files: [PolicyFile]) -> String {
        var lines: [String: [Int: Line]] = [:]
        func add(_ file: String, _ line: Int, _ what: String, missing: [String], counts: String) {
            if missing.isEmpty {
                lines[file, default: [:]][line, default: Line()].seen.append("\(what): \(counts)")
            } else {
                let never = "\(what): never \(missing.joined(separator: ", never ")) (\(counts))"
                lines[file, default: [:]][line, default: Line()].missing.append(never)
            }
        }
        for rule in rules {
            add(
                rule.file, rule.line, "rule \(rule.id)", missing: rule.missing,
                counts: "applied \(rule.applied), not \(rule.notApplied)")
        }
        for one in rules.flatMap(\.conditions) + shared.flatMap(\.conditions) {
            add(
                one.file, one.line, one.says, missing: one.missing,
                counts: "true \(one.yes), false \(one.no), unknown \(one.unknown)")
        }
        var body =
            "<h1>Coverage of the policy</h1>\n<p class=\"soft\">rules applied: \(rulesApplied) of \(rules.count),"
        body +=
            """
             outcomes seen: \(seen) of \(outcomes)</p>
            <p>\(HTMLPage.chip("\(percent) %", percent == 100 ? "good" : "bad"))</p>

            """
        for file in files where lines[file.name] != nil {
            body += "<h2>\(HTMLPage.escape(file.name))</h2>\n<section class=\"wide\"><table>\n"
            for (number, text) in file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                body += Self.row(number + 1, String(text), lines[file.name]?[number + 1])
            }
            body += "</table></section>\n"
        }
        return HTMLPage.page(title: "Coverage of the policy", body: body)
    }

    private static func row(_ number: Int, _ text: String, _ line: Line?) -> String {
        let tone = line.map { $0.missing.isEmpty ? "good" : "bad" } ?? "none"
        var notes = ""
        for missing in line?.missing ?? [] { notes += "<br>\(HTMLPage.chip(missing, "bad"))" }
        if let line, line.missing.isEmpty {
            notes = "<br><span class=\"soft\">\(HTMLPage.escape(line.seen.joined(separator: "; ")))</span>"
        }
        let mark = ["good": "✓", "bad": "✗"][tone] ?? ""
        return "<tr><th>\(number) \(mark)</th><td class=\"mono \(tone)\"><span style=\"white-space:pre-wrap\">"
            + "\(HTMLPage.escape(text))</span>\(notes)</td></tr>\n"
    }
}
