// Which styles hide text, or turn its order round (CSS 2.1, CSS Writing Modes): declarations of a `style` attribute and
// simple rules of a `<style>` sheet. Generated content and scripts are out of reach. Pure; linear.

/// What some declarations do to the text under them.
struct HTMLStyle: Equatable {
    /// Nothing inside is seen, whatever it says itself.
    var hides = false
    /// True: of no size, or not visible; false: of some size, or visible again; nil: as around it.
    var isTiny: Bool?
    var isInvisible: Bool?
    var isRightToLeft: Bool?
    /// True where characters stand in the order that `direction` says.
    var overrides = false

    /// True where text would look different without it.
    var matters: Bool { hides || isTiny == true || isInvisible == true || overrides }

    /// Takes over what another says.
    mutating func merge(_ other: HTMLStyle) {
        hides = hides || other.hides
        overrides = overrides || other.overrides
        isTiny = other.isTiny ?? isTiny
        isInvisible = other.isInvisible ?? isInvisible
        isRightToLeft = other.isRightToLeft ?? isRightToLeft
    }

    init() {}

    /// - Parameter declarations: `name: value; …`.
    init(_ declarations: Slice<UnsafeRawBufferPointer>) {
        var isEmptyBox = false
        var isCut = false
        var isMoved = false
        var isPlaced = false
        for declaration in declarations.split(separator: UInt8(ascii: ";")) {
            guard let colon = declaration.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let name = declaration[..<colon].drop { $0 <= 32 }
            guard Self.mayMatter(name) else { continue }
            let value = declaration[(colon + 1)...].prefix(64)
            func text() -> String {
                String(decoding: value.drop { $0 <= 32 }, as: UTF8.self).lowercased()
            }
            switch String(decoding: name.prefix(20).prefix { $0 > 32 }, as: UTF8.self).lowercased() {
            case "display": if text().hasPrefix("none") { hides = true }
            case "visibility": isInvisible = text().hasPrefix("hidden") || text().hasPrefix("collapse")
            case "content-visibility": if text().hasPrefix("hidden") { hides = true }
            case "font-size": isTiny = Self.isTiny(text())
            case "font": if let size = Self.fontSize(text()) { isTiny = Self.isTiny(size) }
            case "opacity": if Self.number(text()).map({ $0 < 0.05 }) == true { hides = true }
            case "mso-hide": if text().hasPrefix("all") { hides = true }
            case "color": if text().hasPrefix("transparent") { hides = true }
            case "max-height", "max-width", "height", "width": if Self.number(text()) == 0 { isEmptyBox = true }
            case "overflow", "overflow-x", "overflow-y":
                if text().hasPrefix("hidden") || text().hasPrefix("clip") { isCut = true }
            case "position": isPlaced = text().hasPrefix("absolute") || text().hasPrefix("fixed")
            case "left", "top", "right", "bottom", "margin-left", "margin-top":
                if let number = Self.number(text()), number <= -500 { isMoved = true }
            case "text-indent": if let number = Self.number(text()), number <= -500 { hides = true }
            case "clip", "clip-path":
                let text = text()
                if ["rect(0", "rect(1px", "inset(50", "inset(100"].contains(where: text.hasPrefix) { hides = true }
            case "transform": if text().hasPrefix("scale(0)") { hides = true }
            case "direction": isRightToLeft = text().hasPrefix("rtl")
            case "unicode-bidi": if text().contains("override") { overrides = true }
            default: break
            }
        }
        if isEmptyBox && isCut || isMoved && isPlaced { hides = true }
    }

    /// Most declarations of mail are about colours and margins: first letter and length tell without making a string.
    private static func mayMatter(_ name: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard let first = name.first else { return false }
        let count = name.prefix { $0 > 32 }.count
        switch first | 0x20 {
        case UInt8(ascii: "d"): return count == 7 || count == 9
        case UInt8(ascii: "v"): return count == 10
        case UInt8(ascii: "c"): return count == 4 || count == 5 || count == 9 || count == 18
        case UInt8(ascii: "f"): return count == 9 || count == 4
        case UInt8(ascii: "o"): return count == 7 || count == 8 || count == 10
        case UInt8(ascii: "m"): return [8, 9, 10, 11].contains(count)
        case UInt8(ascii: "h"): return count == 6
        case UInt8(ascii: "w"): return count == 5
        case UInt8(ascii: "p"): return count == 8
        case UInt8(ascii: "l"): return count == 4
        case UInt8(ascii: "t"): return count == 3 || count == 9 || count == 11
        case UInt8(ascii: "r"): return count == 5
        case UInt8(ascii: "b"): return count == 6
        case UInt8(ascii: "u"): return count == 12
        default: return false
        }
    }

    /// Less than two pixels, or zero of any unit.
    private static func isTiny(_ text: String) -> Bool {
        guard let number = number(text) else { return false }
        let unit = text.drop { $0.isNumber || $0 == "." || $0 == "-" || $0 == "+" }
        return number == 0 || (number < 2 && (unit.hasPrefix("px") || unit.hasPrefix("pt")))
    }

    /// The size in `font: italic 0/0 a`.
    private static func fontSize(_ text: String) -> String? {
        text.split(separator: " ").first { $0.first?.isNumber == true || $0.first == "." }
            .map { String($0.prefix { $0 != "/" }) }
    }

    private static func number(_ text: String) -> Double? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "-" || $0 == "+") }
        return digits.first == "." ? Double("0\(digits)") : Double(digits)
    }
}

/// The rules of a document's sheets that matter: by tag, class or id.
struct HTMLSheet {
    /// Rules kept at most.
    private static let limit = 500
    private var rules: [String: HTMLStyle] = [:]

    var isEmpty: Bool { rules.isEmpty }

    /// - Parameter sheet: what stands between `<style>` and `</style>`.
    mutating func read(_ sheet: Slice<UnsafeRawBufferPointer>) {
        var place = sheet.startIndex
        while place < sheet.endIndex, rules.count < Self.limit {
            guard let open = sheet[place...].firstIndex(of: UInt8(ascii: "{")) else { return }
            let prelude = Self.withoutComments(sheet[place..<open])
            let close = sheet[open...].firstIndex(of: UInt8(ascii: "}")) ?? sheet.endIndex
            if prelude.first == UInt8(ascii: "@"), !prelude.contains(UInt8(ascii: "(")),
                prelude.starts(with: "@media".utf8)
            {
                // Its rules follow as if they stood alone.
                place = open + 1
                continue
            }
            if prelude.first == UInt8(ascii: "@") {
                place = Self.behindBlock(sheet, open)
                continue
            }
            let style = HTMLStyle(sheet[(open + 1)..<max(open + 1, close)])
            if style.matters { keep(style, prelude) }
            place = min(sheet.endIndex, close + 1)
        }
    }

    private mutating func keep(_ style: HTMLStyle, _ selectors: [UInt8]) {
        for selector in String(decoding: selectors, as: UTF8.self).lowercased().split(separator: ",") {
            // Of `table td.x` the last piece says what is meant.
            guard let last = selector.split(whereSeparator: \.isWhitespace).last, !last.contains(":"),
                !last.contains("["), last != "*"
            else { continue }
            rules[String(last), default: HTMLStyle()].merge(style)
        }
    }

    /// What the sheets say of an element.
    func style(of tag: String, class names: String?, id: String?) -> HTMLStyle? {
        guard !rules.isEmpty else { return nil }
        var style = rules[tag]
        func add(_ key: String) {
            guard let rule = rules[key] else { return }
            style = style ?? HTMLStyle()
            style?.merge(rule)
        }
        for name in names?.lowercased().split(whereSeparator: \.isWhitespace).prefix(16) ?? [] {
            add(".\(name)")
            add("\(tag).\(name)")
        }
        if let id { add("#\(id.lowercased())") }
        return style
    }

    private static func behindBlock(_ sheet: Slice<UnsafeRawBufferPointer>, _ open: Int) -> Int {
        var depth = 0
        var place = open
        while place < sheet.endIndex {
            if sheet[place] == UInt8(ascii: "{") { depth += 1 }
            if sheet[place] == UInt8(ascii: "}") {
                depth -= 1
                if depth == 0 { return place + 1 }
            }
            place += 1
        }
        return sheet.endIndex
    }

    /// Without comments, `<!--`, closing braces of what was entered before, and white space around it.
    private static func withoutComments(_ prelude: Slice<UnsafeRawBufferPointer>) -> [UInt8] {
        var kept: [UInt8] = []
        var place = prelude.startIndex
        while place < prelude.endIndex {
            if prelude[place...].starts(with: "/*".utf8) {
                place += 2
                while place < prelude.endIndex, !prelude[place...].starts(with: "*/".utf8) { place += 1 }
                place = min(prelude.endIndex, place + 2)
                continue
            }
            kept.append(prelude[place])
            place += 1
        }
        if let end = kept.lastIndex(where: { $0 == UInt8(ascii: "}") || $0 == UInt8(ascii: ";") }) {
            kept.removeFirst(end + 1)
        }
        if let end = kept.lastIndex(of: UInt8(ascii: "-")), kept[...end].suffix(3).elementsEqual("!--".utf8) {
            kept.removeFirst(end + 1)
        }
        return Array(kept.drop { $0 <= 32 })
    }
}
