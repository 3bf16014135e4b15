// The look of a mail as HTML. Mail programs are not browsers: Gmail drops style sheets and classes where it likes, Word
// (inside Outlook) knows neither max-width nor padding of anything but table cells, and all of them recolour at night.
// So layout is tables with their widths as attributes, every colour is written twice (attribute and style), backgrounds
// are opaque, and the sheet in the head only adds the night colours for who reads it. Nothing is loaded from anywhere.

import Mail
import SettingValues
import Wording

/// Builds one mail, part by part.
struct HTMLMail {
    /// Colours by day. By night, see `sheet`; programs that invert by themselves get dark ink on pale grounds.
    private enum Day {
        static let paper = "#f3f6f9", card = "#ffffff", ink = "#17212c", soft = "#51606f", wash = "#e8f1f8"
        static let line = "#d5dee7"
    }

    private static let font = "font-family:Arial,Helvetica,sans-serif"

    let language: Language
    /// Of the link and the mark above; darkened until it can be read.
    let accent: Colour
    private var rows: [String] = []

    /// - Parameter colour: the organisation's.
    init(language: Language, colour: Colour?) {
        self.language = language
        let grounds = [Colour.white, Colour(Day.wash) ?? .white]
        accent = (colour ?? Colour(red: 20, green: 89, blue: 138)).readable(on: grounds, towards: .black)
    }

    // MARK: - Parts

    /// The organisation's name above everything, under a bar of its colour.
    mutating func banner(_ name: String) {
        rows.append(
            """
            <tr><td height="6" bgcolor="\(accent)" \
            style="height:6px;font-size:1px;line-height:1px;background-color:\(accent)">&nbsp;</td></tr>
            <tr><td class="card ink" bgcolor="\(Day.card)" style="padding:20px 24px 14px \
            24px;background-color:\(Day.card);color:\(Day.ink);\(Self.font);font-size:18px;line-height:26px">\
            <strong>\(HTML.escape(name))</strong></td></tr>
            """)
    }

    /// Words.
    mutating func paragraph(_ words: String, isSmall: Bool = false) {
        cell(Self.shown(words), isSmall: isSmall)
    }

    /// Numbered words.
    mutating func steps(_ words: [String]) {
        let items = words.enumerated().map { number, item in
            """
            <tr><td class="ink" width="30" valign="top" style="\(text(17, Day.ink));padding:0 0 8px 0">\
            <strong>\(number + 1).</strong></td>
            <td class="ink" valign="top" style="\(text(17, Day.ink));padding:0 0 8px 0">\(Self.shown(item))</td></tr>
            """
        }
        cell(Self.table("width=\"100%\"", items.joined(separator: "\n")))
    }

    /// The one link: its words are its address, so nothing hides where it leads.
    mutating func link(_ address: String, label: String) {
        let shown = HTML.escape(address)
        let anchor = """
            <a href="\(shown)" class="accent" \
            style="color:\(accent);font-weight:bold;text-decoration:underline;word-break:break-all;\
            overflow-wrap:anywhere">\(shown)</a>
            """
        let button = """
            <tr><td class="wash" align="center" bgcolor="\(Day.wash)" style="padding:16px 14px;border:2px solid \
            \(accent);border-radius:8px;background-color:\(Day.wash);\(text(17, Day.ink))">\(anchor)</td></tr>
            """
        cell("<strong>\(Self.shown(label))</strong>", bottom: 6)
        cell(Self.table("width=\"100%\" style=\"table-layout:fixed\"", button), bottom: 20)
    }

    /// Letters to be typed or compared. Groups with spaces between them break at these only.
    mutating func code(_ code: String, label: String) {
        let breaks = code.contains(" ") ? "" : ";word-break:break-all"
        cell(
            """
            \(Self.shown(label))<br><span style="font-family:'Courier \
            New',Courier,monospace;font-size:17px\(breaks)">\(HTML.escape(code))</span>
            """)
    }

    /// A quiet box with a heading and points.
    mutating func box(heading: String, _ points: [String]) {
        let items = points.map {
            "<tr><td class=\"ink\" style=\"\(text(16, Day.ink));padding:6px 0 0 0\">\(Self.shown($0))</td></tr>"
        }
        let inner = """
            <tr><td class="wash ink" bgcolor="\(Day.wash)" style="padding:14px \
            16px;border-radius:8px;background-color:\(Day.wash);\(text(16, Day.ink))">\
            <strong>\(Self.shown(heading))</strong>
            \(Self.table("width=\"100%\"", items.joined(separator: "\n")))</td></tr>
            """
        cell(Self.table("width=\"100%\"", inner), bottom: 20)
    }

    // MARK: - The whole

    /// The document.
    /// - Parameter preheader: what lists of mails show beside the subject.
    func document(title: String, preheader: String) -> String {
        let inner = Self.table(
            "class=\"card\" width=\"100%\" bgcolor=\"\(Day.card)\" dir=\"ltr\" lang=\"\(language.rawValue)\" "
                + "style=\"table-layout:fixed;width:100%;max-width:600px;text-align:left;background-color:\(Day.card);"
                + "border:1px solid \(Day.line)\"",
            (rows + [
                "<tr><td class=\"card\" height=\"12\" bgcolor=\"\(Day.card)\" style=\"font-size:1px\">&nbsp;</td></tr>"
            ])
            .joined(separator: "\n"))
        let outer = Self.table(
            "class=\"paper\" width=\"100%\" bgcolor=\"\(Day.paper)\" style=\"background-color:\(Day.paper)\"",
            """
            <tr><td align="center" style="padding:16px 8px">
            <!--[if mso]><table role="presentation" width="600" align="center" cellpadding="0" cellspacing="0" \
            border="0"><tr><td><![endif]-->
            \(inner)
            <!--[if mso]></td></tr></table><![endif]-->
            </td></tr>
            """)
        return """
            <!DOCTYPE html>
            <html lang="\(language.rawValue)" dir="ltr">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="supported-color-schemes" content="light dark">
            <meta name="format-detection" content="telephone=no, date=no, address=no, email=no">
            <title>\(HTML.escape(title))</title>
            <style>
            \(sheet)
            </style>
            </head>
            <body class="paper" bgcolor="\(Day.paper)" style="margin:0;padding:0;background-color:\(Day.paper)">
            <div \
            style="display:none;max-height:0;overflow:hidden;font-size:1px;line-height:1px;\
            color:\(Day.paper);mso-hide:all">\(HTML.escape(preheader))</div>
            \(outer)
            </body>
            </html>
            """
    }

    /// The night's colours, and what Word wants to be told.
    private var sheet: String {
        let night = accent.readable(
            on: [Colour(red: 26, green: 34, blue: 44), Colour(red: 33, green: 48, blue: 62)], towards: .white)
        return """
            :root { color-scheme: light dark; supported-color-schemes: light dark; }
            table { border-collapse: separate; mso-table-lspace: 0; mso-table-rspace: 0; }
            @media (prefers-color-scheme: dark) {
            .paper { background-color: #10161d !important; }
            .card { background-color: #1a222c !important; border-color: #35424f !important; }
            .wash { background-color: #21303e !important; border-color: \(night) !important; }
            .ink { color: #e9eff5 !important; }
            .soft { color: #a9b6c4 !important; }
            .accent { color: \(night) !important; }
            }
            """
    }

    // MARK: - Pieces

    /// Escaped words. The hyphen of an e-mail is no place for a line to end.
    private static func shown(_ words: String) -> String {
        HTML.escape(words).replacing(/\b[Ee]-[Mm]ails?\b/) { "<span style=\"white-space:nowrap\">\($0.output)</span>" }
    }

    private func text(_ pixels: Int, _ colour: String) -> String {
        "\(Self.font);font-size:\(pixels)px;line-height:\(pixels * 3 / 2)px;color:\(colour)"
    }

    private mutating func cell(_ html: String, isSmall: Bool = false, bottom: Int = 14) {
        let (size, colour, name) = isSmall ? (15, Day.soft, "soft") : (17, Day.ink, "ink")
        rows.append(
            """
            <tr><td class="card \(name)" bgcolor="\(Day.card)" style="padding:0 24px \(bottom)px \
            24px;background-color:\(Day.card);\(text(size, colour))">\(html)</td></tr>
            """)
    }

    private static func table(_ attributes: String, _ rows: String) -> String {
        """
        <table role="presentation" cellpadding="0" cellspacing="0" border="0" \(attributes)>
        \(rows)
        </table>
        """
    }
}
