// The elements that are open at one place of an HTML document, as far as they decide whether text is shown. Pure;
// linear: an element is closed once.

/// Open elements, innermost last.
struct HTMLElements {
    private struct Element {
        let name: String
        let isHidden: Bool
        let isTiny: Bool
        let isInvisible: Bool
        let isRightToLeft: Bool
        /// True where a mark that turns the order round has to be taken back.
        let isMarked: Bool
    }

    /// Browsers nest no deeper either (HTML 13.2.10.3 lets them); deeper elements count as their parents.
    private static let depthLimit = 512
    private var open: [Element] = []
    private var counts: [String: Int] = [:]

    /// True where text is seen.
    var isShown: Bool { open.last.map { !$0.isHidden && !$0.isTiny && !$0.isInvisible } ?? true }
    /// True where elements break lines: seen or not, they stand in the page.
    var isInPage: Bool { !(open.last?.isHidden ?? false) }

    mutating func open(_ name: String, _ style: HTMLStyle?, _ output: inout HTMLOutput) {
        closeImplied(by: name, &output)
        guard !Self.voids.contains(name), open.count < Self.depthLimit else { return }
        let around = open.last
        let isRightToLeft = style?.isRightToLeft ?? around?.isRightToLeft ?? false
        let isMarked = style?.overrides ?? false
        if isMarked {
            output.mark(isRightToLeft ? DirectionOverride.rightToLeft : DirectionOverride.leftToRight)
        }
        open.append(
            Element(
                name: name, isHidden: (around?.isHidden ?? false) || (style?.hides ?? false),
                isTiny: style?.isTiny ?? around?.isTiny ?? false,
                isInvisible: style?.isInvisible ?? around?.isInvisible ?? false, isRightToLeft: isRightToLeft,
                isMarked: isMarked))
        counts[name, default: 0] += 1
    }

    /// Closes the innermost element of a name and all in it; nothing where none is open.
    mutating func close(_ name: String, _ output: inout HTMLOutput) {
        guard counts[name, default: 0] > 0 else { return }
        while let last = open.popLast() {
            counts[last.name, default: 1] -= 1
            if last.isMarked { output.mark(DirectionOverride.pop) }
            if last.name == name { return }
        }
    }

    /// Elements whose end need not be written (HTML 13.1.2.4).
    private mutating func closeImplied(by name: String, _ output: inout HTMLOutput) {
        guard let last = open.last else { return }
        let isImplied =
            switch last.name {
            case "p": Self.endsParagraph.contains(name)
            case "li", "option", "tr": name == last.name
            case "td", "th": ["td", "th", "tr"].contains(name)
            case "dt", "dd": ["dt", "dd"].contains(name)
            default: false
            }
        if isImplied { close(last.name, &output) }
    }

    /// What an element does by itself.
    /// - Parameter isInBody: a title there is hidden, and shown in the head, where it is that of the window.
    static func own(_ name: String, isOpen: Bool, isInBody: Bool) -> HTMLStyle? {
        guard special.contains(name) else { return nil }
        var style = HTMLStyle()
        switch name {
        case "bdo": style.overrides = true
        case "template", "datalist", "noframes", "noembed", "iframe", "rp", "audio", "video", "canvas":
            style.hides = true
        case "dialog": style.hides = !isOpen
        case "title": style.hides = isInBody
        default: return nil
        }
        return style
    }

    private static let special: Set<String> = [
        "bdo", "template", "datalist", "noframes", "noembed", "iframe", "rp", "audio", "video", "canvas", "dialog",
        "title",
    ]
    private static let voids: Set<String> = [
        "img", "input", "br", "hr", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr", "param",
    ]
    private static let endsParagraph: Set<String> = [
        "p", "div", "ul", "ol", "dl", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre", "blockquote",
        "section", "article", "header", "footer", "address", "form", "fieldset", "center",
    ]
}
