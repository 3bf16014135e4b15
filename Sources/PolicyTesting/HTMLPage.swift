// The frame of the pages that the harness writes: one file without script, light and dark, for a screen and a phone.
// Pure.

/// A page.
enum HTMLPage {
    /// - Parameter body: HTML, already escaped.
    static func page(title: String, body: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>\(escape(title))</title>
        <style>\(style)</style>
        </head>
        <body><main>
        \(body)
        </main></body>
        </html>

        """
    }

    /// Text as HTML, for elements and for attributes in double quotes.
    static func escape(_ text: String) -> String {
        var out = ""
        for character in text {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            default: out.append(character)
            }
        }
        return out
    }

    /// A word in a coloured box; `tone` is good, bad, doubt or plain.
    static func chip(_ text: String, _ tone: String) -> String {
        "<span class=\"chip \(tone)\">\(escape(text))</span>"
    }

    private static let style = """
        :root{color-scheme:light dark;--ground:#fbfbf9;--card:#fff;--line:#dcdcd4;--ink:#1c1d1a;--soft:#5d6058;\
        --good:#1a6b3c;--goodb:#dff3e6;--bad:#a3202b;--badb:#fbe3e4;--doubt:#7a5200;--doubtb:#fbefcf;--plainb:#ececE6}
        @media (prefers-color-scheme:dark){:root{--ground:#16181a;--card:#1f2225;--line:#363a3e;--ink:#e8e9e6;\
        --soft:#a3a79f;--good:#86dba6;--goodb:#173524;--bad:#ff9aa1;--badb:#43191d;\
        --doubt:#f1c766;--doubtb:#3a2d0c;--plainb:#2c3034}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
        main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 4rem}
        h1{font-size:1.5rem;line-height:1.25;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}\
        h3{font-size:1rem;margin:1rem 0 .25rem}
        p{margin:.25rem 0}.soft{color:var(--soft)}
        section,details.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;\
        padding:.75rem 1rem;margin:.6rem 0}
        details details{border-left:2px solid var(--line);padding:.1rem 0 .1rem .75rem;margin:.2rem 0}
        summary{cursor:pointer;overflow-wrap:anywhere}
        summary:focus-visible{outline:2px solid currentColor;outline-offset:2px}
        .chip{display:inline-block;border-radius:.35rem;padding:0 .45rem;font-size:.85rem;font-weight:600;\
        background:var(--plainb);overflow-wrap:break-word}
        .good{color:var(--good);background:var(--goodb)}.bad{color:var(--bad);background:var(--badb)}\
        .doubt{color:var(--doubt);background:var(--doubtb)}
        code,pre,td.mono{font-family:ui-monospace,monospace;font-size:.875rem;overflow-wrap:anywhere}
        td.mono{overflow-wrap:break-word}
        pre{white-space:pre-wrap;margin:.5rem 0}
        ul{margin:.25rem 0;padding-left:1.1rem}li{overflow-wrap:anywhere}
        .leaf{padding:.1rem 0 .1rem .75rem;border-left:2px solid var(--line);margin:.2rem 0;overflow-wrap:anywhere}
        .wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
        th,td{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line)}
        th{color:var(--soft);font-weight:500;white-space:nowrap;width:1%}
        """
}
