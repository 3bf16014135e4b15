// The text of an RTF document (Microsoft's Rich Text Format Specification 1.9.1): groups, control words, octets of code
// pages. Groups that hold no text of the document are left out. Pure; linear.

import MIME

/// Reads the text out of RTF.
package struct RTFText {
    /// What was read.
    package struct Result: Sendable {
        /// As programs show it, and where that differs, with hidden and deleted text.
        package var forms: [String]
        /// nil where all was read.
        package var problem: String?
        /// The first reading.
        package var text: String { forms.first ?? "" }
    }

    /// A text that is written to: the document's, or one that stands beside it (a note, a header, a title).
    private struct Flow {
        var shown: [UInt8] = []
        /// With hidden and deleted text; nil where nothing differs so far.
        var all: [UInt8]?
    }

    private struct Group {
        var isSkipped = false
        /// Characters to leave out behind `\u` (`\uc`).
        var fallbacks = 1
        var codePage = 0
        /// `\v`, `\deleted`.
        var isHidden = false
        var isDeleted = false
        /// This group has a text of its own.
        var isAside = false
    }

    private let octets: [UInt8]
    private let limit: Int
    private var place = 0
    private var groups: [Group] = []
    private var now = Group()
    /// The document's text, and of notes and the like those that are open.
    private var flows = [Flow()]
    /// Texts beside the document's that are complete.
    private var asides: [UInt8] = []
    private var size = 0
    /// Octets of a code page that are not decoded yet: a character may have two.
    private var pending: [UInt8] = []
    private var skipsLeft = 0
    private var highSurrogate: UInt32 = 0
    private var isDestinationNext = false
    private var codePage = 1252
    private var currentFont = 0
    private var fontPages: [Int: Int] = [:]
    private var isInFontTable = false
    private var fontTableDepth = 0
    private var problem: String?

    private init(_ octets: [UInt8], _ limit: Int) {
        self.octets = octets
        self.limit = limit
    }

    /// - Parameter limitBytes: longest text; what is beyond is left out and a problem.
    package static func read(_ octets: [UInt8], limitBytes: Int = .max) -> Result {
        var reader = RTFText(octets, limitBytes)
        reader.run()
        while reader.flows.count > 1 { reader.endAside() }
        let flow = reader.flows[0]
        let forms = [flow.shown + reader.asides] + (flow.all.map { [$0 + reader.asides] } ?? [])
        if forms.contains(where: { $0.count > limitBytes }) {
            reader.problem = reader.problem ?? "more text than is kept"
        }
        return Result(
            forms: forms.map { String(decoding: $0.prefix(limitBytes), as: UTF8.self) }, problem: reader.problem)
    }

    private mutating func run() {
        while place < octets.count {
            guard size <= limit else { return }
            let octet = octets[place]
            place += 1
            switch octet {
            case UInt8(ascii: "{"):
                flush()
                skipsLeft = 0
                guard groups.count < 1000 else {
                    problem = problem ?? "RTF is nested deeper than 1000"
                    return
                }
                groups.append(now)
                now.isAside = false
            case UInt8(ascii: "}"): endGroup()
            case UInt8(ascii: "\\"): takeControl()
            case 10, 13, 0: break
            default: take(octet)
            }
        }
        flush()
        if !groups.isEmpty { problem = problem ?? "RTF is cut off" }
    }

    private mutating func endGroup() {
        flush()
        skipsLeft = 0
        if isInFontTable, groups.count <= fontTableDepth { isInFontTable = false }
        if now.isAside { endAside() }
        if let outer = groups.popLast() { now = outer }
    }

    private mutating func beginAside() {
        flush()
        guard !now.isAside, !now.isSkipped else { return }
        now.isAside = true
        now.isHidden = false
        now.isDeleted = false
        flows.append(Flow())
    }

    private mutating func endAside() {
        guard flows.count > 1, let flow = flows.popLast() else { return }
        for text in [flow.shown] + (flow.all.map { [$0] } ?? []) where !text.isEmpty {
            asides.append(contentsOf: text)
            if text.last != 10 { asides.append(10) }
        }
    }

    private mutating func write(_ text: some Collection<UInt8>) {
        let last = flows.count - 1
        size += text.count
        if now.isHidden || now.isDeleted {
            if flows[last].all == nil { flows[last].all = flows[last].shown }
        } else {
            flows[last].shown.append(contentsOf: text)
        }
        flows[last].all?.append(contentsOf: text)
    }

    // MARK: Text

    private mutating func take(_ octet: UInt8) {
        if isDestinationNext { isDestinationNext = false }
        if skipsLeft > 0 {
            skipsLeft -= 1
        } else if !now.isSkipped {
            // An octet below 128 may be the second half of a character.
            if octet >= 128 || !pending.isEmpty { pending.append(octet) } else { write(CollectionOfOne(octet)) }
            if octet < 128, !pending.isEmpty, !isDoubleByte { flush() }
        }
    }

    private var page: Int { now.codePage != 0 ? now.codePage : codePage }
    private var isDoubleByte: Bool { [932, 936, 949, 950].contains(page) }

    private mutating func flush() {
        guard !pending.isEmpty else { return }
        let names = [932: "shift_jis", 936: "gbk", 949: "euc-kr", 950: "big5", 65001: "utf-8", 10000: "macintosh"]
        let name = names[page] ?? (page == 437 || page == 850 ? "ibm\(page)" : "windows-\(page)")
        let decoded = Charset.decode(pending, declared: name) ?? Charset.decode(pending, declared: "windows-1252")
        write((decoded?.text ?? "").utf8)
        pending.removeAll(keepingCapacity: true)
    }

    private mutating func append(_ scalar: UInt32) {
        flush()
        guard !now.isSkipped else { return }
        if (0xD800..<0xDC00).contains(scalar) {
            highSurrogate = scalar
            return
        }
        var value = scalar
        if (0xDC00..<0xE000).contains(scalar), highSurrogate != 0 {
            value = 0x10000 + (highSurrogate - 0xD800) << 10 + (scalar - 0xDC00)
        }
        highSurrogate = 0
        let character = Unicode.Scalar(value) ?? "\u{FFFD}"
        write(UTF8.encode(character) ?? UTF8.encodedReplacementCharacter)
    }

    // MARK: Control words

    private mutating func takeControl() {
        guard place < octets.count else { return }
        let octet = octets[place]
        guard isLetter(octet) else {
            place += 1
            return takeSymbol(octet)
        }
        let start = place
        while place < octets.count, isLetter(octets[place]), place - start < 32 { place += 1 }
        let word = String(decoding: octets[start..<place], as: UTF8.self)
        let numberStart = place
        if place < octets.count, octets[place] == UInt8(ascii: "-") { place += 1 }
        while place < octets.count, (48...57).contains(octets[place]), place - numberStart < 11 { place += 1 }
        let number = Int(String(decoding: octets[numberStart..<place], as: UTF8.self))
        if place < octets.count, octets[place] == 32 { place += 1 }
        obey(word, number)
    }

    private mutating func takeSymbol(_ octet: UInt8) {
        switch octet {
        case UInt8(ascii: "'"):
            let digits = octets[place..<min(place + 2, octets.count)]
            place += digits.count
            guard let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else { return }
            if skipsLeft > 0 {
                skipsLeft -= 1
            } else if !now.isSkipped {
                pending.append(value)
            }
        case UInt8(ascii: "*"): isDestinationNext = true
        case UInt8(ascii: "~"): append(32)
        case UInt8(ascii: "_"): append(45)
        case UInt8(ascii: "-"): break
        case 10, 13: append(10)
        case UInt8(ascii: "\\"), UInt8(ascii: "{"), UInt8(ascii: "}"): take(octet)
        default: break
        }
    }

    private mutating func obey(_ word: String, _ number: Int?) {
        let isMarked = isDestinationNext
        isDestinationNext = false
        if isMarked, !Self.shownThoughMarked.contains(word) { now.isSkipped = true }
        if Self.skipped.contains(word) { now.isSkipped = true }
        if Self.asideWords.contains(word) { beginAside() }
        switch word {
        case "par", "line", "sect", "page", "row", "column", "nestrow": append(10)
        case "v":
            flush()
            now.isHidden = number != 0
        case "deleted":
            flush()
            now.isDeleted = number != 0
        case "plain":
            flush()
            (now.isHidden, now.isDeleted) = (false, false)
        case "tab", "cell", "nestcell": append(9)
        case "emdash", "endash": append(45)
        case "lquote", "rquote": append(39)
        case "ldblquote", "rdblquote": append(34)
        case "emspace", "enspace", "qmspace": append(32)
        case "u": takeUnicode(number ?? 63)
        case "uc": now.fallbacks = min(max(number ?? 1, 0), 16)
        case "bin": place = min(octets.count, place + min(max(number ?? 0, 0), octets.count))
        case "ansicpg": codePage = number ?? 1252
        case "pc": codePage = 437
        case "pca": codePage = 850
        case "mac": codePage = 10000
        case "fonttbl":
            isInFontTable = true
            fontTableDepth = groups.count
        case "f": takeFont(number ?? 0)
        case "fcharset": if isInFontTable { fontPages[currentFont] = Self.pages[number ?? 0] ?? 0 }
        case "objdata": problem = problem ?? "RTF holds an embedded object"
        default: break
        }
    }

    private mutating func takeUnicode(_ number: Int) {
        append(UInt32(truncatingIfNeeded: number < 0 ? number + 65536 : number) & 0x1FFFFF)
        skipsLeft = now.fallbacks
    }

    private mutating func takeFont(_ number: Int) {
        if isInFontTable {
            currentFont = number
        } else {
            flush()
            now.codePage = fontPages[number] ?? 0
        }
    }

    private func isLetter(_ octet: UInt8) -> Bool { (97...122).contains(octet | 0x20) }

    /// `\fcharset` to code page.
    private static let pages = [
        77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256,
        186: 1257, 204: 1251, 222: 874, 238: 1250, 255: 437,
    ]
    private static let skipped: Set<String> = [
        "fonttbl", "colortbl", "stylesheet", "pict", "objdata", "themedata", "colorschememapping", "datastore",
        "listtable", "listoverridetable", "rsidtbl", "generator", "xmlnstbl", "latentstyles", "filetbl", "revtbl",
        "blipuid", "datafield", "mmathPr",
    ]
    /// Destinations whose text stands beside the document's.
    private static let asideWords: Set<String> = [
        "annotation", "atnid", "atnauthor", "footnote", "header", "headerl", "headerr", "headerf", "footer", "footerl",
        "footerr", "footerf", "title", "subject", "author", "manager", "company", "operator", "category", "keywords",
        "comment", "doccomm", "hlinkbase", "shptxt", "sn", "sv", "fldinst", "bkmkstart", "bkmkend", "propname",
        "staticval", "xe", "tc", "ftnsep", "ftnsepc", "aftnsep", "aftnsepc",
    ]
    private static let shownThoughMarked: Set<String> = [
        "annotation", "atnid", "atnauthor", "shptxt", "shpinst", "bkmkstart", "fldinst", "hlinkbase", "company",
        "manager", "category", "nesttableprops", "ud", "upr", "pnseclvl", "pntext", "pgdsctbl", "userprops", "propname",
        "staticval",
    ]
}
