// Messages that were not taken of late, with the explanation: what was answered, for whom, by which rules, and why.

import Mail
import Operations

enum RefusalsPage {
    static func markup(_ words: Words, _ query: Query, _ refusals: [RefusedMessage]) -> Markup {
        let paged = Paged(refusals, page: query.page)
        let title: Markup = "<h1>\(words("refusals-title"))</h1><p class=\"hint\">\(words("refusals-about"))</p>"
        guard !paged.rows.isEmpty else { return title + Frame.empty(words("refusals-empty")) }
        let rows = paged.rows.map { row($0, words) }.joined()
        return title + "<ul class=\"rows\">\(rows)</ul>\(paged.links(words, "/refusals?"))"
    }

    private static func row(_ message: RefusedMessage, _ words: Words) -> Markup {
        let badge: Markup =
            message.answered.isTemporary
            ? "<span class=\"badge warn\">\(words("kind-deferred"))</span>"
            : "<span class=\"badge bad\">\(words("kind-refused"))</span>"
        let recipients = message.recipients.prefix(20).map { recipient($0, words) }.joined()
        let more = message.recipients.count - 20
        let rest: Markup = more > 0 ? "<li>\(words("more", ["count": words.number(more)]))</li>" : ""
        let detail: Markup =
            message.answered.detail.isEmpty || message.answered.detail == message.answered.said
            ? ""
            : "<div><dt>\(words("detail"))</dt><dd><bdi>\(message.answered.detail)</bdi></dd></div>"
        return """
            <li class="card"><div class="head"><h2>\(words("from")) \(Frame.address(message.sender))</h2>\(badge)</div>\
            <dl class="facts"><div><dt>\(words("at"))</dt><dd>\(words.moment(message.atSeconds))</dd></div>\
            <div><dt>\(words("answered"))</dt><dd><code>\(message.answered.reply)</code> \
            <bdi>\(message.answered.said)</bdi></dd></div>\
            \(detail)<div><dt>\(words("message-id"))</dt><dd><code>\(message.id)</code></dd></div></dl>\
            <ul class="reasons">\(recipients)\(rest)</ul></li>
            """
    }

    private static func recipient(_ recipient: RefusedMessage.Recipient, _ words: Words) -> Markup {
        var line: Markup = "\(Frame.address(recipient.address))"
        if let verdict = recipient.verdict { line += " <span class=\"badge\">\(Self.verdict(verdict, words))</span>" }
        if !recipient.rules.isEmpty {
            let rules = recipient.rules.joined(separator: ", ")
            line += " <span class=\"rules\">\(words("rules")) <bdi>\(rules)</bdi></span>"
        }
        for note in recipient.notes.prefix(20) { line += "<br><bdi>\(note)</bdi>" }
        if let said = recipient.said { line += "<br><bdi>\(said)</bdi>" }
        return "<li>\(line)</li>"
    }

    /// The plan's word in the visitor's language.
    private static func verdict(_ verdict: Verdict, _ words: Words) -> String {
        switch verdict {
        case .pass: words("verdict-pass")
        case .seal: words("verdict-seal")
        case .quarantine: words("verdict-quarantine")
        case .refuse: words("verdict-refuse")
        case .tempfail: words("verdict-tempfail")
        }
    }
}
