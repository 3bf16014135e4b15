// Today: what became of mail, as numbers, a chart and a table, and the state of the way out. The chart is drawn here.

import Gateway
import Mail
import Operations

enum TodayPage {
    private typealias Kind = HourlyCounts.Kind

    /// Kinds of the chart, from the bottom up. What was accepted is a number of its own: it counts messages.
    private static let stacked: [Kind] = [.passed, .pgp, .link, .quarantined, .deferred, .refused]

    static func markup(
        _ words: Words, _ flow: Result<FlowOfDay, Refusal>, _ report: Readiness.Report, _ refusals: Int
    ) -> Markup {
        var body: Markup = "<h1>\(words("today-title")) <small>\(words.day(words.nowSeconds))</small></h1>"
        body += state(words, report)
        switch flow {
        case .failure(let problem): body += Frame.problem(words, problem)
        case .success(let flow):
            body += figures(words, flow)
            body += "<section class=\"card\" aria-labelledby=\"by-hour\"><h2 id=\"by-hour\">\(words("by-hour"))</h2>"
            body += chart(words, flow) + table(words, flow) + "</section>"
        }
        body += """
            <p class="after"><label class="switch"><input type="checkbox" id="refresh">\
            \(words("refresh"))</label> <a href="/">\(words("refresh-now"))</a></p>
            """
        return body
    }

    static func name(_ kind: HourlyCounts.Kind, _ words: Words) -> String {
        switch kind {
        case .accepted: words("kind-accepted")
        case .pgp: words("kind-pgp")
        case .link: words("kind-link")
        case .passed: words("kind-passed")
        case .quarantined: words("kind-quarantined")
        case .refused: words("kind-refused")
        case .deferred: words("kind-deferred")
        }
    }

    private static func state(_ words: Words, _ report: Readiness.Report) -> Markup {
        let nextHop = report.checks.first { $0.name == "next-hop" }
        let hop: Markup
        if let nextHop, nextHop.state != "ok" {
            hop = "\(words("next-hop-bad")) <bdi>\(nextHop.detail ?? "")</bdi>"
        } else {
            hop = "\(words("next-hop-good"))"
        }
        let failing = report.checks.filter { $0.state != "ok" }.count
        let others: Markup =
            failing == 0 ? "" : " <a href=\"/health\">\(words("health-look", ["count": words.number(failing)]))</a>"
        let isGood = report.ready && nextHop?.state ?? "ok" == "ok"
        let mark = words(isGood ? "state-good" : "state-bad")
        return "<p class=\"state \(isGood ? "good" : "bad")\"><strong>\(mark)</strong> \(hop)\(others)</p>"
    }

    private static func figures(_ words: Words, _ flow: FlowOfDay) -> Markup {
        let kinds: [Kind] = [.accepted, .pgp, .link, .passed, .quarantined, .refused, .deferred]
        let figures = kinds.map { kind in
            Frame.figure(name(kind, words), words.number(flow.total(kind)), "\(kind.rawValue)")
        }.joined()
        return "<dl class=\"figures\">\(figures)</dl><p class=\"hint\">\(words("counted"))</p>"
    }

    /// Bars that grow with the page's width; the words around them do not.
    private static func chart(_ words: Words, _ flow: FlowOfDay) -> Markup {
        let tops = flow.hours.map { hour in stacked.reduce(0) { $0 + (hour.counts[$1] ?? 0) } }
        let most = tops.max() ?? 0
        guard most > 0 else { return Frame.empty(words("today-empty")) }
        let top = scale(most)
        let slots = max(24, flow.hours.count)
        var bars: Markup = ""
        for (index, hour) in flow.hours.enumerated() {
            var below = 0
            var pieces: Markup = ""
            for kind in stacked {
                guard let count = hour.counts[kind], count > 0 else { continue }
                let height = max(4, count * 1000 / top)
                pieces += """
                    <rect class="\(kind.rawValue)" x="\(index * 40 + 4)" width="32" \
                    y="\(max(0, 1000 - below - height))" \
                    height="\(min(height, 1000))"/>
                    """
                below += height
            }
            let told = stacked.compactMap { kind in
                hour.counts[kind].flatMap { $0 > 0 ? "\(name(kind, words)): \(words.number($0))" : nil }
            }.joined(separator: ", ")
            bars += "<g><title>\(words.hour(hour.beginsAtSeconds)) – \(told)</title>\(pieces)</g>"
        }
        let legend = stacked.filter { flow.total($0) > 0 }.map { kind -> Markup in
            "<li><span class=\"swatch \(kind.rawValue)\"></span>\(name(kind, words))</li>"
        }.joined()
        let hours = ["00", "06", "12", "18", "24"].map { hour -> Markup in "<span>\(hour)</span>" }.joined()
        return """
            <div class="chart"><div class="axis" aria-hidden="true"><span>\(words.number(top))</span><span>0</span>\
            </div>
            <svg viewBox="0 0 \(slots * 40) 1000" preserveAspectRatio="none" role="img" aria-label="\(words("chart"))">
            <line class="grid" x1="0" x2="\(slots * 40)" y1="0" y2="0"/>\
            <line class="grid" x1="0" x2="\(slots * 40)" y1="500" y2="500"/>\(bars)</svg>
            <div class="hours" aria-hidden="true">\(hours)</div></div>
            <ul class="legend" aria-hidden="true">\(legend)</ul>
            """
    }

    /// The next of 1, 2, 5, 10, 20, 50, ….
    static func scale(_ most: Int) -> Int {
        var step = 1
        while true {
            for factor in [1, 2, 5] where most <= step * factor { return step * factor }
            guard step < Int.max / 100 else { return Int.max / 2000 }
            step *= 10
        }
    }

    private static func table(_ words: Words, _ flow: FlowOfDay) -> Markup {
        let kinds: [Kind] = [.accepted] + stacked
        let head = kinds.map { kind -> Markup in "<th scope=\"col\">\(name(kind, words))</th>" }.joined()
        let rows = flow.hours.map { hour -> Markup in
            let cells = kinds.map { kind -> Markup in
                "<td class=\"number\">\(words.number(hour.counts[kind] ?? 0))</td>"
            }.joined()
            return "<tr><th scope=\"row\">\(words.hour(hour.beginsAtSeconds))</th>\(cells)</tr>"
        }.joined()
        return """
            <details><summary>\(words("as-table"))</summary><div class="scroll" tabindex="0" role="region" \
            aria-label="\(words("by-hour"))"><table><thead><tr><th scope="col">\(words("hour"))</th>\(head)</tr>\
            </thead>\
            <tbody>\(rows)</tbody></table></div></details>
            """
    }
}
