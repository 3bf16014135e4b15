// The explanation as a page: what was read, a card per recipient with every rule to open, and the mail. No script.

import Detection
import Mail
import Policy

extension ExplanationReport {
    /// A page of its own.
    package var html: String {
        let verdicts = recipients.map { "\($0.recipient): \($0.verdict)" }
        var body = "<h1>Policy explanation</h1>\n"
        body += "<p class=\"soft\">judged as at \(HTMLPage.escape(judgedAt))</p>\n<section><p>"
        body += HTMLPage.chip(accepted ? "would be taken" : "would be refused", accepted ? "good" : "bad")
        body += "</p><p>\(HTMLPage.escape(verdicts.joined(separator: "; ")))</p></section>\n"
        body += "<h2>Message</h2>\n\(messageCard)"
        body += "<h2>Recipients</h2>\n"
        for recipient in recipients { body += Self.card(recipient) }
        if let mail {
            body += "<h2>The mail that would be sent</h2>\n"
            for sent in mail { body += Self.card(sent) }
            body += mailProblems.map { "<section><p>\(HTMLPage.escape($0))</p></section>\n" }.joined()
        }
        return HTMLPage.page(title: "Policy explanation", body: body)
    }

    private var messageCard: String {
        var out =
            "<section><div class=\"wide\"><table><tr><th>part</th><th>type</th><th>bytes</th><th>read as</th></tr>"
        for part in parts {
            let name = part.name.map { "<br><span class=\"soft\">\(HTMLPage.escape($0))</span>" } ?? ""
            out += "<tr><td>\(HTMLPage.escape(part.path.isEmpty ? "whole" : part.path))</td>"
            out += "<td class=\"mono\">\(HTMLPage.escape(part.type))\(name)</td><td>\(part.bytes)</td>"
            out += "<td>\(HTMLPage.escape(part.text))\(part.inside.map(Self.inside) ?? "")</td></tr>"
        }
        out += "</table></div>"
        if encryption != "none" { out += "<p>\(HTMLPage.chip("encrypted already: \(encryption)", "doubt"))</p>" }
        if extraction != "not asked", extraction != "done" {
            out += "<p>\(HTMLPage.chip("attachments not looked into", "doubt")) \(HTMLPage.escape(extraction))</p>"
        }
        for problem in problems { out += "<p>\(HTMLPage.chip("problem", "doubt")) \(HTMLPage.escape(problem))</p>" }
        let counts = detectors.sorted { $0.key < $1.key }.map { HTMLPage.chip("\($0.key): \($0.value)", "plain") }
        if !counts.isEmpty { out += "<p>detectors \(counts.joined(separator: " "))</p>" }
        return out + "</section>\n"
    }

    private static func inside(_ inside: Inside) -> String {
        var items: [String] = []
        if let type = inside.realType { items.append("really \(type)\(inside.encrypted ? ", encrypted" : "")") }
        items += inside.texts.map { "text \($0.name), \($0.characters.counted("character"))" }
        items += inside.members.map {
            """
            \($0.name) (\($0.type ?? "type not known"), \
            \($0.bytes.counted("byte")))\($0.encrypted ? ", encrypted" : "")
            """
        }
        if let problem = inside.problem { items.append("cannot be read: \(problem)") }
        return "<ul>\(items.map { "<li>\(HTMLPage.escape($0))</li>" }.joined())</ul>"
    }

    private static func card(_ recipient: Recipient) -> String {
        let tone: [Verdict: String] = [
            .pass: "plain", .seal: "good", .refuse: "bad", .tempfail: "doubt", .quarantine: "doubt",
        ]
        let word = recipient.method.map { "\(recipient.verdict) by \($0)" } ?? "\(recipient.verdict)"
        var out = "<details class=\"card\" open><summary>\(HTMLPage.chip(word, tone[recipient.verdict] ?? "plain")) "
        out +=
            "<strong>\(HTMLPage.escape(recipient.recipient))</strong>\(recipient.visible ? "" : " (blind)")</summary>\n"
        out += "<div class=\"wide\"><table>"
        func row(_ name: String, _ html: String) { out += "<tr><th>\(name)</th><td>\(html)</td></tr>" }
        let asked = recipient.asked.map { "\(HTMLPage.escape($0.rule)): \(HTMLPage.escape($0.asks))" }
        row("join", asked.isEmpty ? "no rule applies" : asked.joined(separator: "<br>"))
        row("protection", HTMLPage.escape(recipient.protection))
        row("methods allowed", HTMLPage.escape(recipient.methodsAllowed.joined(separator: ", ")))
        if !recipient.fingerprints.isEmpty {
            row("keys", "<code>\(recipient.fingerprints.map(HTMLPage.escape).joined(separator: "<br>"))</code>")
        }
        if recipient.hidesSubject { row("subject", "hidden") }
        if recipient.hidesNames { row("names and remarks", "hidden") }
        if !recipient.effects.isEmpty {
            row("effects", recipient.effects.map(HTMLPage.escape).joined(separator: "<br>"))
        }
        if !recipient.watched.isEmpty {
            row("only watched", HTMLPage.escape(recipient.watched.joined(separator: ", ")))
        }
        if !recipient.notes.isEmpty { row("how", recipient.notes.map(HTMLPage.escape).joined(separator: "<br>")) }
        if let reply = recipient.reply { row("reply", HTMLPage.escape(reply)) }
        out += "</table></div><h3>Rules</h3>\n"
        for rule in recipient.rules { out += Self.rule(rule) }
        return out + "</details>\n"
    }

    private static func rule(_ rule: Rule) -> String {
        let word = rule.watches ? "watches" : rule.applies ? "applies" : "does not apply"
        var out =
            "<details><summary>\(HTMLPage.chip(word, rule.applies ? (rule.watches ? "doubt" : "good") : "plain")) "
        out += "<strong>\(HTMLPage.escape(rule.id))</strong>"
        if let because = rule.because { out += " <span class=\"soft\">\(HTMLPage.escape(because))</span>" }
        out += "</summary>"
        if !rule.about.isEmpty { out += "<p class=\"soft\">\(HTMLPage.escape(rule.about))</p>" }
        out += "<p>asks \(HTMLPage.escape(rule.asks))</p>"
        for (word, part) in rule.conditions { out += "<p class=\"soft\">\(word)</p>\(condition(part))" }
        return out + "</details>\n"
    }

    private static func condition(_ condition: Condition) -> String {
        let tone = ["true": "good", "false": "plain", "unknown": "doubt"][condition.result] ?? "plain"
        var head = "\(HTMLPage.chip(condition.result, tone)) \(HTMLPage.escape(condition.says))"
        head += " <span class=\"soft\">line \(condition.line)</span>"
        if let reason = condition.reason { head += "<br><span class=\"soft\">\(HTMLPage.escape(reason))</span>" }
        if !condition.saw.isEmpty {
            head += "<br><span class=\"soft\">saw</span> \(condition.saw.map(HTMLPage.escape).joined(separator: ", "))"
        }
        guard !condition.parts.isEmpty else { return "<div class=\"leaf\">\(head)</div>" }
        return "<details open><summary>\(head)</summary>\(condition.parts.map(Self.condition).joined())</details>"
    }

    private static func card(_ sent: Transmission) -> String {
        var out =
            "<details class=\"card\"><summary>\(HTMLPage.chip(sent.role, sent.role == "passed" ? "plain" : "good")) "
        out += "to \(HTMLPage.escape(sent.recipients.joined(separator: ", "))), \(sent.bytes.counted("byte"))</summary>"
        out +=
            "<p class=\"soft\">from \(HTMLPage.escape(sent.sender.isEmpty ? "<> (the null sender)" : sent.sender))</p>"
        out += "<div class=\"wide\"><table>"
        for field in sent.fields {
            out +=
                "<tr><th>\(HTMLPage.escape(field.name))</th><td class=\"mono\">\(HTMLPage.escape(field.text))</td></tr>"
        }
        out += "</table></div><ul>"
        for part in sent.parts {
            let path = part.path.isEmpty ? "whole" : "part \(part.path)"
            out += "<li>\(path): <code>\(HTMLPage.escape(part.type))</code>, \(part.bytes.counted("byte"))</li>"
        }
        return out + "</ul></details>\n"
    }
}
