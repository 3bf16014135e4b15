// What all pages share: head, navigation, the notice about the last action, small parts such as a list's pages.

import Mail
import Wording

/// The pages by what the navigation calls them.
enum Tab: String, CaseIterable, Sendable {
    case today, links, quarantine, keys, refusals, health

    var path: String { self == .today ? "/" : "/\(rawValue)" }

    func name(_ words: Words) -> String {
        switch self {
        case .today: words("tab-today")
        case .links: words("tab-links")
        case .quarantine: words("tab-quarantine")
        case .keys: words("tab-keys")
        case .refusals: words("tab-refusals")
        case .health: words("tab-health")
        }
    }
}

/// The document around a page.
enum Frame {
    /// A page for somebody who is in.
    /// - Parameter tab: nil where it is none of the navigation's.
    static func markup(_ visit: Visit, _ tab: Tab?, _ body: Markup) -> Markup {
        let words = visit.words
        let links = Tab.allCases.map { one -> Markup in
            let current: Markup = one == tab ? " aria-current=\"page\"" : ""
            return "<li><a href=\"\(one.path)\"\(current)>\(one.name(words))</a></li>"
        }.joined()
        let out: Markup =
            visit.session.isLogin
            ? """
            <form method="post" action="/logout" class="out">\(token(visit.session))\
            <span class="who">\(visit.session.who)</span> <button>\(words("log-out"))</button></form>
            """ : "<p class=\"out who\">\(words("local"))</p>"
        let notice: Markup =
            visit.notice.map { notice in
                "<p class=\"notice \(notice.isError ? "bad" : "good")\" "
                    + "role=\"\(notice.isError ? "alert" : "status")\">"
                    + "\(notice.text)</p>"
            } ?? ""
        return document(
            words, title: tab?.name(words) ?? words("missing-title"),
            """
            <a class="skip" href="#main">\(words("skip"))</a>
            <header><div class="wide"><p class="brand"><img src="/assets/mark.svg" alt="" width="26" height="26">\
            Letterlock</p>\(out)</div>
            <nav aria-label="\(words("nav"))"><ul class="wide">\(links)</ul></nav></header>
            <main id="main" class="wide">\(notice)\(body)</main>
            """)
    }

    /// A whole document.
    static func document(_ words: Words, title: String, _ body: Markup) -> Markup {
        """
        <!doctype html>
        <html lang="\(words.language.rawValue)"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(title) – Letterlock</title>
        <link rel="icon" href="/assets/mark.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/assets/admin.css">
        <script src="/assets/admin.js" type="module"></script></head>
        <body>\(body)</body></html>

        """
    }

    /// The hidden field that every form of a session has.
    static func token(_ session: Session) -> Markup {
        "<input type=\"hidden\" name=\"form\" value=\"\(session.formToken)\">"
    }

    /// What could not be looked up.
    static func problem(_ words: Words, _ problem: Refusal) -> Markup {
        "<p class=\"notice bad\" role=\"alert\">\(words("cannot-look")) <bdi>\(problem.detail)</bdi></p>"
    }

    /// Nothing to show.
    static func empty(_ text: String) -> Markup { "<p class=\"empty\">\(text)</p>" }

    /// Addresses of mail: each by itself, whatever its direction.
    static func address(_ text: String) -> Markup {
        text.isEmpty ? "<bdi class=\"address\">&lt;&gt;</bdi>" : "<bdi class=\"address\">\(text)</bdi>"
    }

    /// A number with its name, as the pages begin.
    static func figure(_ name: String, _ value: String, _ kind: Markup = "") -> Markup {
        "<div class=\"figure \(kind)\"><dt>\(name)</dt><dd>\(value)</dd></div>"
    }
}

/// A long list in pages.
struct Paged<Element> {
    /// Lines of one page.
    static var size: Int { 50 }

    let rows: [Element]
    let page: Int
    let pages: Int
    let total: Int

    init(_ all: [Element], page asked: Int) {
        total = all.count
        pages = max(1, (all.count + Self.size - 1) / Self.size)
        page = min(max(1, asked), pages)
        rows = Array(all.dropFirst((page - 1) * Self.size).prefix(Self.size))
    }

    /// Links to the pages before and after; nothing where there is one only.
    /// - Parameter path: with the query's other part: `/links?show=waiting&`, or `/keys?`.
    func links(_ words: Words, _ path: String) -> Markup {
        guard pages > 1 else { return "" }
        let before: Markup =
            page > 1 ? "<a rel=\"prev\" href=\"\(path)page=\(page - 1)\">\(words("page-before"))</a>" : "<span></span>"
        let after: Markup =
            page < pages
            ? "<a rel=\"next\" href=\"\(path)page=\(page + 1)\">\(words("page-after"))</a>" : "<span></span>"
        let place = words("page-of", ["page": words.number(page), "pages": words.number(pages)])
        return "<nav class=\"pages\" aria-label=\"\(words("pages"))\">\(before)<span>\(place)</span>\(after)</nav>"
    }
}
