// What a reader of an HTML mail sees, as text: tags, comments, scripts and styles out, character references decoded.
// Where mail programs differ it shows more rather than less: alternative texts of pictures, values of fields, Outlook's
// conditional comments, text hidden by style, and whatever stands behind something that never ends. A second form
// leaves out what a program hides that knows styles. Pure; linear.

import Glibc

/// HTML to text.
enum HTMLText {
    /// Types whose text has tags.
    static func isMarkup(_ type: MediaType) -> Bool {
        switch type.essence {
        case "text/html", "application/xhtml+xml", "text/xhtml", "text/enriched", "text/richtext", "text/xml",
            // What Gmail and Apple's watch show instead of another alternative.
            "text/x-amp-html", "text/amp-html", "text/watch-html":
            true
        default: false
        }
    }

    /// The visible text. White space is collapsed; block elements and rows of tables are on lines of their own, cells
    /// of a row are parted by TAB (an empty cell too); characters without width are left out, for nobody sees them
    /// inside a word.
    /// - Returns: all of it, and what is shown where styles hide some or turn its order round, else nil.
    static func forms(_ html: String, work: inout WorkCounter, depth: Int = 0) -> (visible: String, shown: String?) {
        var html = html
        return html.withUTF8 { octets in
            let octets = UnsafeRawBufferPointer(octets)
            var all = HTMLRenderer(octets, hides: false, depth: depth)
            all.run()
            work.steps += all.steps
            let visible = all.text
            guard all.hasHidden || octets.find([0xE2, 0x80, 0xAE], from: 0) != nil else { return (visible, nil) }
            var strict = HTMLRenderer(octets, hides: true, sheet: all.sheet, depth: depth)
            strict.run()
            work.steps += strict.steps
            let shown = strict.text
            let turned = DirectionOverride.visual(shown) ?? DirectionOverride.withoutMarks(shown)
            return (visible, turned == visible ? nil : turned)
        }
    }
}
