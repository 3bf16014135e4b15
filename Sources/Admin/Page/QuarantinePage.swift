// Held messages with reasons and rules. Dropping is always possible; releasing only where the officer's key is at hand,
// and the page says so.

import Mail
import Operations

struct QuarantinePage {
    let words: Words
    let session: Session
    let query: Query

    func markup(_ held: Result<HeldMessages, Refusal>) -> Markup {
        let title: Markup = "<h1>\(words("quarantine-title"))</h1>"
        switch held {
        case .failure(let problem): return title + Frame.problem(words, problem)
        case .success(let held): return title + list(held)
        }
    }

    private func list(_ held: HeldMessages) -> Markup {
        let about: Markup
        switch held.release {
        case .notSetUp: about = "<p class=\"hint\">\(words("quarantine-off"))</p>"
        case .byCommandOnly: about = "<p class=\"notice\">\(words("release-elsewhere"))</p>"
        case .here: about = "<p class=\"hint\">\(words("release-about"))</p>"
        }
        let paged = Paged(held.messages, page: query.page)
        guard !paged.rows.isEmpty else { return about + Frame.empty(words("quarantine-empty")) }
        let rows = paged.rows.map { row($0, held.release) }.joined()
        return "\(about)<ul class=\"rows\">\(rows)</ul>\(paged.links(words, "/quarantine?"))"
    }

    private func row(_ message: HeldLine, _ release: HeldMessages.Release) -> Markup {
        let recipients = message.held.prefix(20).map { recipient -> Markup in
            """
            <li>\(Frame.address(recipient.address)): <bdi>\(recipient.reason)</bdi> <span class="rules">\
            \(words("rules")) <bdi>\(recipient.rules.joined(separator: ", "))</bdi></span></li>
            """
        }.joined()
        let more = message.held.count - 20
        let rest: Markup = more > 0 ? "<li>\(words("more", ["count": words.number(more)]))</li>" : ""
        return """
            <li class="card"><div class="head"><h2>\(words("from")) \(Frame.address(message.sender))</h2>\
            <code class="id">\(message.id)</code></div><ul class="reasons">\(recipients)\(rest)</ul>\
            <dl class="facts"><div><dt>\(words("received"))</dt><dd>\(words.moment(message.receivedAtSeconds))</dd>\
            </div>\
            <div><dt>\(words("kept-until"))</dt><dd>\(words.moment(message.expiresAtSeconds))</dd></div>\
            <div><dt>\(words("size"))</dt><dd>\(words.size(Int64(message.bytes)))</dd></div></dl>\
            <div class="acts">\(releasing(message, release))\(dropping(message))</div></li>
            """
    }

    private func releasing(_ message: HeldLine, _ release: HeldMessages.Release) -> Markup {
        guard release == .here else {
            return "<p class=\"hint command\"><code>letterlock quarantine release \(message.id)</code></p>"
        }
        return """
            <details class="act"><summary>\(words("release"))<span class="unseen"> \(message.id)</span></summary>\
            <form method="post" action="/quarantine/release">\(Frame.token(session))\
            <input type="hidden" name="id" value="\(message.id)"><p>\(words("release-sure"))</p>\
            <button class="main">\(words("release-do"))</button></form></details>
            """
    }

    private func dropping(_ message: HeldLine) -> Markup {
        """
        <details class="act"><summary>\(words("drop"))<span class="unseen"> \(message.id)</span></summary>\
        <form method="post" action="/quarantine/drop">\(Frame.token(session))\
        <input type="hidden" name="id" value="\(message.id)"><p>\(words("drop-sure"))</p>\
        <label for="reason-\(message.id)">\(words("drop-reason"))</label>\
        <input id="reason-\(message.id)" name="reason" maxlength="500" autocomplete="off">\
        <button class="danger">\(words("drop-do"))</button></form></details>
        """
    }
}
