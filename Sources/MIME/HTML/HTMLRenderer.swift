// One pass over an HTML document that collects its text. Pure; linear: each kind of end is looked for to the end of the
// text at most once in vain.

/// Reads tags, references and text (HTML 13.2.5).
struct HTMLRenderer {
    private let octets: UnsafeRawBufferPointer
    /// True leaves out what is not shown.
    private let hides: Bool
    /// Documents around this one.
    private let depth: Int
    private static let depthLimit = 4
    private var place = 0
    private var output: HTMLOutput
    private var endsMissing: Set<String> = []
    private var elements: HTMLElements
    private var hasBody = false
    /// True where something was met that a program may leave out or turn round.
    private(set) var hasHidden = false
    /// What the sheets say.
    private(set) var sheet: HTMLSheet
    private(set) var steps = 0

    /// - Parameter sheet: with `hides`: all sheets of the document, those too that stand behind what they speak of.
    init(_ octets: UnsafeRawBufferPointer, hides: Bool, sheet: HTMLSheet = HTMLSheet(), depth: Int = 0) {
        self.octets = octets
        self.depth = depth
        self.hides = hides
        self.sheet = sheet
        output = HTMLOutput(keepsMarks: hides)
        elements = HTMLElements()
    }

    var text: String { output.finish() }

    mutating func run() {
        while place < octets.count {
            steps += 1
            switch octets[place] {
            case UInt8(ascii: "<"): takeMarkup()
            case UInt8(ascii: "&"): takeReference(until: octets.count)
            default:
                append(octets[place])
                place += 1
            }
        }
    }

    private mutating func append(_ octet: UInt8) {
        if !hides || elements.isShown { output.append(octet) }
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        if !hides || elements.isShown { output.append(scalar) }
    }

    // MARK: Markup

    private mutating func takeMarkup() {
        let next = place + 1 < octets.count ? octets[place + 1] : 0
        if next == UInt8(ascii: "!") {
            takeDeclaration()
        } else if next == UInt8(ascii: "?") {
            skip(past: ">", from: place + 2)
        } else if isLetter(next)
            || (next == UInt8(ascii: "/") && place + 2 < octets.count && isLetter(octets[place + 2]))
        {
            takeTag()
        } else if next == UInt8(ascii: "/") {
            // `</ …>` is a comment to browsers (HTML 13.2.5.7).
            skip(past: ">", from: place + 2)
        } else {
            append(octets[place])
            place += 1
        }
    }

    private mutating func takeDeclaration() {
        guard starts("<!--") else { return skip(past: ">", from: place + 2) }
        // Outlook shows what stands in `<!--[if mso]> … <![endif]-->`: only the marks go. Others do not.
        if starts("<!--[if"), !hides {
            hasHidden = true
            return skip(past: ">", from: place + 4)
        }
        if starts("<!-->") || starts("<!--->") { return skip(past: ">", from: place + 4) }
        skipComment(from: place + 4)
    }

    /// Goes behind `-->` or `--!>`, both of which end a comment (HTML 13.2.5.51 and 13.2.5.52).
    private mutating func skipComment(from start: Int) {
        steps += 1
        var search = min(start, octets.count)
        while !endsMissing.contains("-->"), let found = octets.find([45, 45], from: search) {
            let behind = found + 2
            if behind < octets.count, octets[behind] == UInt8(ascii: ">") {
                place = behind + 1
                return
            }
            if behind + 1 < octets.count, octets[behind] == UInt8(ascii: "!"), octets[behind + 1] == UInt8(ascii: ">") {
                place = behind + 2
                return
            }
            search = found + 1
            steps += 1
        }
        endsMissing.insert("-->")
        place = min(start, octets.count)
    }

    /// Goes behind an end mark. Where it is missing only the mark's beginning goes, and the rest is shown.
    private mutating func skip(past end: String, from start: Int) {
        steps += 1
        if !endsMissing.contains(end), let found = octets.find(Array(end.utf8), from: min(start, octets.count)) {
            place = found + end.utf8.count
        } else {
            endsMissing.insert(end)
            place = min(start, octets.count)
        }
    }

    private func starts(_ text: String) -> Bool {
        octets.count - place >= text.utf8.count
            && zip(octets[place...], text.utf8).allSatisfy { ($0 == $1) || ($0 | 0x20) == $1 }
    }

    private mutating func takeTag() {
        let isClosing = octets[place + 1] == UInt8(ascii: "/")
        var end = place + (isClosing ? 2 : 1)
        let nameStart = end
        while end < octets.count, octets[end] > 32, octets[end] != 47, octets[end] != 62 { end += 1 }
        steps += end - place
        let name = String(decoding: octets[nameStart..<min(end, nameStart + 16)], as: UTF8.self).lowercased()
        var attributes = HTMLAttributes(octets, from: end)
        guard !endsMissing.contains("tag"), attributes.run() else {
            steps += attributes.place - end
            // A tag that never ends: show what it would swallow.
            endsMissing.insert("tag")
            place += 1
            return
        }
        steps += attributes.place - end
        place = attributes.place
        if name == "body" { hasBody = true }
        let style = isClosing ? nil : style(of: name, attributes)
        if !hides, style?.matters == true { hasHidden = true }
        if hides, !isClosing { elements.open(name, style, &output) }
        // What is not there breaks no line; an empty element leaves nothing open that would say so.
        if !hides || elements.isInPage && style?.hides != true { output.breakFor(name, isClosing: isClosing) }
        if hides, isClosing { elements.close(name, &output) }
        guard !isClosing else { return }
        takeValues(name, attributes, isHidden: style?.hides ?? false)
        if name == "iframe", let range = attributes[.srcdoc] { takeDocument(range) }
        if name == "script" || name == "style" { skipRawText(name) }
    }

    /// What hides the element, or turns it round.
    private func style(of name: String, _ attributes: HTMLAttributes) -> HTMLStyle? {
        var style = HTMLElements.own(name, isOpen: attributes[.open] != nil, isInBody: hasBody || !output.isEmpty)
        if !sheet.isEmpty,
            let rule = sheet.style(of: name, class: attributes.string(.class), id: attributes.string(.id))
        {
            style = style ?? HTMLStyle()
            style?.merge(rule)
        }
        if let range = attributes[.style] {
            let own = HTMLStyle(octets[range])
            style = style ?? HTMLStyle()
            style?.merge(own)
        }
        if attributes[.hidden] != nil {
            style = style ?? HTMLStyle()
            style?.hides = true
        }
        if let direction = attributes.text(.dir) {
            style = style ?? HTMLStyle()
            if style?.isRightToLeft == nil { style?.isRightToLeft = direction == "rtl" }
        }
        return style
    }

    /// Texts that stand in attributes: alternatives of pictures, values of fields, and notes that are shown beside the
    /// text.
    private mutating func takeValues(_ name: String, _ attributes: HTMLAttributes, isHidden: Bool) {
        if let range = attributes[.alt] {
            let isSmall = Self.isTiny(attributes.text(.width)) && Self.isTiny(attributes.text(.height))
            if isSmall || isHidden { hasHidden = true }
            if !hides || !(isSmall || isHidden) { takeValue(range) }
        }
        let isInvisible = isHidden || attributes.text(.type) == "hidden"
        for value in [HTMLAttributes.Name.value, .placeholder, .label] {
            guard let range = attributes[value], !range.isEmpty else { continue }
            if isInvisible { hasHidden = true }
            if !hides || !isInvisible { takeValue(range) }
        }
        if let range = attributes[.title], !range.isEmpty {
            hasHidden = true
            if !hides { takeValue(range) }
        }
    }

    /// One pixel or less.
    private static func isTiny(_ size: String?) -> Bool {
        size.map { $0.prefix { $0.isNumber } }.map { $0 == "0" || $0 == "1" } ?? false
    }

    /// A document of its own that stands in an attribute (HTML 4.8.5), on lines of its own.
    private mutating func takeDocument(_ range: Range<Int>) {
        guard depth < Self.depthLimit else { return }
        var value = HTMLRenderer(octets, hides: false)
        let inner = value.value(range)
        steps += range.count
        var work = WorkCounter()
        let forms = HTMLText.forms(inner, work: &work, depth: depth + 1)
        steps += work.steps
        if forms.shown != nil { hasHidden = true }
        output.breakFor("div", isClosing: false)
        for octet in (hides ? forms.shown ?? forms.visible : forms.visible).utf8 {
            if octet == 10 { output.breakFor("div", isClosing: false) } else { output.append(octet) }
        }
        output.breakFor("div", isClosing: true)
    }

    /// A value with its references decoded, white space as one space.
    private mutating func value(_ range: Range<Int>) -> String {
        takeValue(range)
        return output.finish()
    }

    private mutating func takeValue(_ range: Range<Int>) {
        let behind = place
        output.space()
        place = range.lowerBound
        while place < range.upperBound {
            if octets[place] == UInt8(ascii: "&") {
                takeReference(until: range.upperBound)
            } else {
                append(octets[place])
                place += 1
            }
        }
        steps += range.count
        output.space()
        place = behind
    }

    private mutating func skipRawText(_ name: String) {
        guard !endsMissing.contains(name) else { return }
        var search = place
        while let found = octets.find([60, 47], from: search) {
            steps += 1
            let behind = found + 2 + name.utf8.count
            if behind <= octets.count, zip(octets[(found + 2)..<behind], name.utf8).allSatisfy({ ($0 | 0x20) == $1 }) {
                if name == "style", !hides {
                    steps += found - place
                    sheet.read(octets[place..<found])
                    if !sheet.isEmpty { hasHidden = true }
                }
                place = found
                return
            }
            search = found + 2
        }
        endsMissing.insert(name)
    }

    private func isLetter(_ octet: UInt8) -> Bool { (97...122).contains(octet | 0x20) }

    // MARK: Character references

    private mutating func takeReference(until limit: Int) {
        var end = place + 1
        let isNumber = end < limit && octets[end] == UInt8(ascii: "#")
        if isNumber { end += 1 }
        while end < limit, isAlphanumeric(octets[end]), isNumber || end - place < 34 { end += 1 }
        steps += end - place
        let name = octets[(place + 1)..<end]
        if isNumber, let (scalar, behind) = HTMLEntities.number(octets, from: place + 2, to: end) {
            if scalar == DirectionOverride.rightToLeft { hasHidden = true }
            append(scalar)
            place = behind
        } else if !isNumber, let (text, length) = HTMLEntities.named(name) {
            for scalar in text.unicodeScalars { append(scalar) }
            place += 1 + length
        } else {
            append(octets[place])
            place += 1
            return
        }
        if place < limit, octets[place] == UInt8(ascii: ";") { place += 1 }
    }

    private func isAlphanumeric(_ octet: UInt8) -> Bool { isLetter(octet) || (48...57).contains(octet) }
}
