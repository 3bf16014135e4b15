// The key folder: who has a key, which keys expire, which files cannot be used.

import Mail
import Operations

enum KeysPage {
    /// A key that expires within so many seconds is named.
    static let soonSeconds: Int64 = 30 * 86_400

    static func markup(_ words: Words, _ query: Query, _ keys: Result<KeyFolderState, Refusal>) -> Markup {
        let title: Markup = "<h1>\(words("keys-title"))</h1>"
        switch keys {
        case .failure(let problem): return title + Frame.problem(words, problem)
        case .success(let state): return title + page(words, query, state)
        }
    }

    private static func page(_ words: Words, _ query: Query, _ state: KeyFolderState) -> Markup {
        let twice = KeyLine.claimedTwice(state.lines)
        let usable = state.lines.filter { !$0.addresses.isEmpty }.count
        let expiring = state.lines.filter { isExpiring($0, words) }.count
        let figures = [
            Frame.figure(words("keys-usable"), words.number(usable)),
            Frame.figure(words("keys-unusable"), words.number(state.lines.count - usable)),
            Frame.figure(words("keys-expiring"), words.number(expiring)),
            Frame.figure(words("keys-twice"), words.number(twice.count)),
        ].joined()
        var body: Markup = "<p class=\"hint\">\(words("keys-folder")) <code>\(state.folder)</code></p>"
        if let problem = state.problem {
            body += "<p class=\"notice bad\" role=\"alert\"><bdi>\(problem)</bdi></p>"
        }
        body += "<dl class=\"figures\">\(figures)</dl>"
        let claims = twice.prefix(50).map { claim -> Markup in
            let files = claim.files.joined(separator: ", ")
            return "<li>\(Frame.address(claim.address)): <bdi>\(files)</bdi></li>"
        }.joined()
        if !twice.isEmpty {
            body +=
                "<section class=\"card\"><h2>\(words("keys-twice"))</h2><p class=\"hint\">\(words("twice-about"))</p>"
            body += "<ul>\(claims)</ul></section>"
        }
        if !state.ignoredFiles.isEmpty {
            let names = state.ignoredFiles.prefix(50).map { name -> Markup in "<li><bdi>\(name)</bdi></li>" }.joined()
            body +=
                "<section class=\"card\"><h2>\(words("keys-ignored"))</h2>"
            body += "<p class=\"hint\">\(words("ignored-about"))</p>"
            body += "<ul>\(names)</ul></section>"
        }
        // What needs looking at comes first.
        let lines = state.lines.sorted {
            (rank($0, words), $0.file) < (rank($1, words), $1.file)
        }
        let paged = Paged(lines, page: query.page)
        guard !paged.rows.isEmpty else { return body + Frame.empty(words("keys-empty")) }
        return body
            + "<ul class=\"rows\">\(paged.rows.map { row($0, words) }.joined())</ul>\(paged.links(words, "/keys?"))"
    }

    private static func rank(_ line: KeyLine, _ words: Words) -> Int {
        if line.addresses.isEmpty { return 0 }
        return isExpiring(line, words) ? 1 : line.problems.isEmpty ? 3 : 2
    }

    private static func isExpiring(_ line: KeyLine, _ words: Words) -> Bool {
        guard let expires = line.expiresAtSeconds, !line.addresses.isEmpty else { return false }
        return expires.subtractingReportingOverflow(words.nowSeconds).partialValue < soonSeconds
    }

    private static func row(_ line: KeyLine, _ words: Words) -> Markup {
        let badge: Markup
        if line.addresses.isEmpty {
            badge = "<span class=\"badge bad\">\(words("key-unusable"))</span>"
        } else if isExpiring(line, words) {
            badge = "<span class=\"badge warn\">\(words("links-expiring"))</span>"
        } else {
            badge = "<span class=\"badge good\">\(words("key-usable"))</span>"
        }
        let addresses = line.addresses.prefix(20).map { Frame.address($0) }.joined(", ")
        let shown: Markup = line.addresses.isEmpty ? "<bdi>\(line.file)</bdi>" : addresses
        let items = line.problems.prefix(20).map { problem -> Markup in "<li><bdi>\(problem)</bdi></li>" }.joined()
        let expires: Markup =
            line.expiresAtSeconds.map { "<div><dt>\(words("expires"))</dt><dd>\(words.day($0))</dd></div>" } ?? ""
        let print: Markup =
            line.fingerprint.isEmpty
            ? ""
            : "<div><dt>\(words("fingerprint"))</dt><dd><code>\(line.fingerprint)</code></dd></div>"
        let problems: Markup = line.problems.isEmpty ? "" : "<ul class=\"reasons\">\(items)</ul>"
        return """
            <li class="card"><div class="head"><h2>\(shown)</h2>\(badge)</div><dl class="facts"><div>\
            <dt>\(words("file"))\
            </dt><dd><bdi>\(line.file)</bdi></dd></div>\(expires)\(print)</dl>\
            \(problems)</li>
            """
    }
}
