// Health: what /readyz says, and what it does not.

import Operations

enum HealthPage {
    /// A certificate that expires within so many seconds is named.
    static let soonSeconds: Int64 = 21 * 86_400

    /// Texts for the names that checks have in /readyz.
    static let checkNames = [
        "service": "check-name-service",
        "settings": "check-name-settings",
        "gpg": "check-name-gpg",
        "gateway-database": "check-name-gateway-database",
        "letters-database": "check-name-letters-database",
        "letters-room": "check-name-letters-room",
        "state-folder": "check-name-state-folder",
        "keys": "check-name-keys",
        "next-hop": "check-name-next-hop",
        "users": "check-name-users",
    ]

    static func markup(_ words: Words, _ facts: HealthFacts, _ report: Readiness.Report) -> Markup {
        let isGood = report.ready
        return """
            <h1>\(words("health-title"))</h1><p class="state \(isGood ? "good" : "bad")"><strong>\
            \(words(isGood ? "state-good" : "state-bad"))</strong> \(words(isGood ? "ready" : "not-ready"))</p>\
            <section class="card" aria-labelledby="checks"><h2 id="checks">\(words("checks"))</h2>\
            <ul class="checks">\(report.checks.map { check($0, words) }.joined())</ul></section>\
            <section class="card" aria-labelledby="program"><h2 id="program">\(words("program"))</h2>\
            <dl class="facts">\(program(facts, words))</dl></section>\
            <section class="card" aria-labelledby="store"><h2 id="store">\(words("store"))</h2>\
            <dl class="facts">\(store(facts, words))</dl></section>\
            <section class="card" aria-labelledby="certificates"><h2 id="certificates">\(words("certificates"))</h2>\
            \(certificates(facts, words))</section>
            """
    }

    private static func check(_ line: Readiness.Report.Line, _ words: Words) -> Markup {
        let (kind, word): (Markup, String) =
            switch line.state {
            case "ok": ("good", words("check-ok"))
            case "degraded": ("warn", words("check-degraded"))
            default: ("bad", words("check-failed"))
            }
        let detail: Markup = line.detail.map { "<p><bdi>\($0)</bdi></p>" } ?? ""
        return "<li><span class=\"badge \(kind)\">\(word)</span> \(name(of: line, words)) \(detail)</li>"
    }

    /// In the reader's language, with the name that /readyz and alarms have for it.
    private static func name(of line: Readiness.Report.Line, _ words: Words) -> Markup {
        guard let key = checkNames[line.name] else { return "<code>\(line.name)</code>" }
        return "\(words(key)) <code>\(line.name)</code>"
    }

    private static func fact(_ name: String, _ value: Markup) -> Markup {
        "<div><dt>\(name)</dt><dd>\(value)</dd></div>"
    }

    private static func program(_ facts: HealthFacts, _ words: Words) -> Markup {
        var out = fact(words("hostname"), "<bdi>\(facts.program.hostname)</bdi>")
        out += fact("Letterlock", "\(facts.program.version)")
        for program in facts.program.programs { out += fact(program.name, "\(program.version)") }
        out += fact(words("started"), words.moment(facts.program.startedAtSeconds))
        out += fact(words("reloaded"), facts.program.reloadedAtSeconds.map { words.moment($0) } ?? "\(words("never"))")
        if let problem = facts.program.reloadProblem { out += fact(words("reload-failed"), "<bdi>\(problem)</bdi>") }
        return out
    }

    private static func store(_ facts: HealthFacts, _ words: Words) -> Markup {
        var out: Markup = ""
        for database in facts.databases { out += fact(database.name, "\(words.size(database.bytes))") }
        return out + fact(words("free"), facts.freeBytes.map { "\(words.size($0))" } ?? "\(words("unknown"))")
    }

    private static func certificates(_ facts: HealthFacts, _ words: Words) -> Markup {
        guard !facts.certificates.isEmpty else { return Frame.empty(words("certificates-none")) }
        let rows = facts.certificates.map { certificate -> Markup in
            let state: Markup
            if let expires = certificate.expiresAtSeconds {
                let left = expires.subtractingReportingOverflow(words.nowSeconds).partialValue
                let kind: Markup = left <= 0 ? "bad" : left < soonSeconds ? "warn" : "good"
                state = "<span class=\"badge \(kind)\">\(words("expires")) \(words.day(expires))</span>"
            } else {
                state = "<span class=\"badge bad\">\(words("unreadable"))</span>"
            }
            return "<li>\(state) <code>\(certificate.listener)</code><p><bdi>\(certificate.path)</bdi></p></li>"
        }.joined()
        return "<ul class=\"checks\">\(rows)</ul>"
    }
}
