// Letters behind links: addresses and times, never content. A letter can be revoked.

import Mail
import Operations
import Vault

struct LinksPage {
    /// A letter that nobody has opened and that goes within so many seconds is shown as expiring soon.
    static let soonSeconds: Int64 = 3 * 86_400

    /// What a list can be narrowed down to.
    private enum Choice: String, CaseIterable { case all, waiting, resting, expiring, opened }

    let words: Words
    let session: Session
    let query: Query

    func markup(_ letters: Result<[LetterLine], Refusal>) -> Markup {
        let title: Markup = "<h1>\(words("links-title"))</h1><p class=\"hint\">\(words("links-about"))</p>"
        switch letters {
        case .failure(let problem): return title + Frame.problem(words, problem)
        case .success(let letters): return title + list(letters)
        }
    }

    private func list(_ letters: [LetterLine]) -> Markup {
        let choice = Choice(rawValue: query.show) ?? .all
        let choices = Choice.allCases.map { one -> Markup in
            let count = letters.filter { isIn(one, $0) }.count
            let current: Markup = one == choice ? " aria-current=\"true\"" : ""
            return """
                <li><a href="/links?show=\(one.rawValue)"\(current)>\(name(one)) <span class="count">\
                \(words.number(count))</span></a></li>
                """
        }.joined()
        let paged = Paged(letters.filter { isIn(choice, $0) }, page: query.page)
        let rows =
            paged.rows.isEmpty
            ? Frame.empty(words("links-empty")) : "<ul class=\"rows\">\(paged.rows.map(row).joined())</ul>"
        return """
            <nav aria-label="\(words("choose"))"><ul class="choices">\(choices)</ul></nav>\(rows)\
            \(paged.links(words, "/links?show=\(choice.rawValue)&"))
            """
    }

    private func isIn(_ choice: Choice, _ letter: LetterLine) -> Bool {
        switch choice {
        case .all: true
        case .waiting: letter.state == .waiting || letter.state == .sending
        case .resting: letter.isResting
        case .expiring: isExpiring(letter)
        case .opened: letter.state == .opened
        }
    }

    private func isExpiring(_ letter: LetterLine) -> Bool {
        guard letter.state == .waiting else { return false }
        return letter.expiresAtSeconds.subtractingReportingOverflow(words.nowSeconds).partialValue < Self.soonSeconds
    }

    private func name(_ choice: Choice) -> String {
        switch choice {
        case .all: words("links-all")
        case .waiting: words("links-waiting")
        case .resting: words("links-resting")
        case .expiring: words("links-expiring")
        case .opened: words("links-opened")
        }
    }

    private func state(_ letter: LetterLine) -> Markup {
        switch letter.state {
        case .waiting where letter.isResting: "<span class=\"badge warn\">\(words("letter-resting"))</span>"
        case .sending: "<span class=\"badge\">\(words("letter-sending"))</span>"
        case .waiting:
            isExpiring(letter)
                ? "<span class=\"badge warn\">\(words("links-expiring"))</span>"
                : "<span class=\"badge\">\(words("letter-waiting"))</span>"
        case .opened: "<span class=\"badge good\">\(words("letter-opened"))</span>"
        case .expired, .revoked, .gone: "<span class=\"badge\">\(words("letter-gone"))</span>"
        }
    }

    private func row(_ letter: LetterLine) -> Markup {
        var facts: Markup = """
            <div><dt>\(words("sent"))</dt><dd>\(words.moment(letter.createdAtSeconds))</dd></div>\
            <div><dt>\(words("expires"))</dt><dd>\(words.moment(letter.expiresAtSeconds))</dd></div>
            """
        if let opened = letter.openedAtSeconds {
            facts += "<div><dt>\(words("opened"))</dt><dd>\(words.moment(opened))</dd></div>"
        }
        if let rests = letter.restsUntilSeconds {
            facts += "<div><dt>\(words("rests-until"))</dt><dd>\(words.moment(rests))</dd></div>"
        }
        if letter.wrongGuesses > 0 {
            facts += "<div><dt>\(words("wrong-guesses"))</dt><dd>\(words.number(letter.wrongGuesses))</dd></div>"
        }
        let act: Markup =
            !letter.state.isThere
            ? ""
            : """
            <details class="act"><summary>\(words("revoke"))<span class="unseen"> \(letter.recipient)</span></summary>\
            <form method="post" action="/links/revoke">\(Frame.token(session))\
            <input type="hidden" name="id" value="\(letter.id)"><p>\(words("revoke-sure"))</p>\
            <button class="danger">\(words("revoke-do"))</button></form></details>
            """
        return """
            <li class="card"><div class="head"><h2>\(Frame.address(letter.recipient))</h2>\(state(letter))</div>\
            <p>\(words("from")) \(Frame.address(letter.sender))</p><dl class="facts">\(facts)</dl>\(act)</li>
            """
    }
}
