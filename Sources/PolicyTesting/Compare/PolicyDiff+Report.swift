// A comparison as text and as a page. JSON comes of the value being Encodable.

import Detection
import Policy

extension PolicyDiff {
    /// For a terminal.
    package var text: String {
        var lines: [String] = []
        for group in groups {
            lines.append(
                "\(group.rules.joined(separator: " ")): \(group.count.counted("recipient"))\(Self.grave(group))")
            for one in group.shared { lines.append("    \(one) differs") }
            for (change, count) in group.sortedChanges { lines.append("    \(count) x \(change)") }
            for example in group.examples {
                let mark =
                    example.effect == .stronger || example.effect == .other ? "" : "  [\(example.effect.rawValue)]"
                lines.append("    \(example.message) <\(example.recipient)>: \(example.old) -> \(example.new)\(mark)")
            }
        }
        for line in unreadable { lines.append("not compared: \(line)") }
        if unreadableCount > unreadable.count {
            lines.append("not compared: \(unreadableCount - unreadable.count) more")
        }
        lines.append(summary)
        return lines.joined(separator: "\n")
    }

    /// The counts in a line.
    package var summary: String {
        var parts = [
            "\(messages.counted("message")), \(recipients.counted("recipient"))", "\(unchanged) unchanged",
            "\(changed) changed",
            "\(weaker) weaker", "\(cannotTell) cannot tell",
        ]
        if unreadableCount > 0 { parts.append("\(unreadableCount) not compared") }
        if tooOld > 0 { parts.append("\(tooOld) older than asked for") }
        return parts.joined(separator: "; ")
    }

    private static func grave(_ group: Group) -> String {
        let parts = [
            group.weaker > 0 ? "\(group.weaker) weaker" : nil,
            group.cannotTell > 0 ? "\(group.cannotTell) cannot tell" : nil,
        ].compactMap { $0 }
        return parts.isEmpty ? "" : ", \(parts.joined(separator: ", "))"
    }

    /// A page of its own.
    /// - Parameters:
    ///   - old: where the old policy is.
    ///   - new: where the new one is.
    package func html(old: String, new: String) -> String {
        var body = "<h1>Policy comparison</h1>\n"
        body += "<p class=\"soft\"><code>\(HTMLPage.escape(old))</code> → <code>\(HTMLPage.escape(new))</code></p>\n"
        body +=
            """
            <section><p>\(HTMLPage.chip(holds ? "protection holds" : "protection weakens", holds ? "good" : "bad"))</p>
            """
        body += "<p>\(HTMLPage.escape(summary))</p></section>\n"
        for group in groups {
            let tone = group.weaker > 0 ? "bad" : group.cannotTell > 0 ? "doubt" : "plain"
            body += "<details class=\"card\"\(tone == "plain" ? "" : " open")><summary>"
            body += group.rules.map { HTMLPage.chip($0, tone) }.joined(separator: " ")
            body +=
                " \(group.count.counted("recipient"))\(Self.grave(group))</summary>\n<div class=\"wide\"><table>"
            for one in group.shared { body += "<tr><td colspan=\"3\">\(HTMLPage.escape(one)) differs</td></tr>" }
            for (change, count) in group.sortedChanges {
                body += "<tr><th>\(count) ×</th><td colspan=\"2\">\(HTMLPage.escape(change))</td></tr>"
            }
            for example in group.examples {
                let tone =
                    ["weaker": "bad", "cannot tell": "doubt", "stronger": "good"][example.effect.rawValue] ?? "plain"
                body += "<tr><td>\(HTMLPage.chip(example.effect.rawValue, tone))</td>"
                body +=
                    """
                    <td class="mono">\(HTMLPage.escape(example.message))<br>\(HTMLPage.escape(example.recipient))</td>
                    """
                body += "<td>\(HTMLPage.escape(example.old)) → \(HTMLPage.escape(example.new))</td></tr>"
            }
            body += "</table></div></details>\n"
        }
        if !unreadable.isEmpty {
            let items = unreadable.map { "<li>\(HTMLPage.escape($0))</li>" }.joined()
            body += "<h2>Not compared</h2><section><ul>\(items)</ul></section>\n"
        }
        return HTMLPage.page(title: "Policy comparison", body: body)
    }
}

extension PolicyDiff.Group {
    /// The most frequent first.
    var sortedChanges: [(change: String, count: Int)] {
        changes.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.map { ($0.key, $0.value) }
    }
}
