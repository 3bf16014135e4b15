// The text of an XML part of an office document: WordprocessingML, DrawingML, OpenDocument and their flat forms. A word
// goes on over the ends of runs and spans; what stands inside of a text without being part of it (text boxes, notes,
// codes of fields) comes behind it. Two forms: as the document shows it, and as it was before tracked changes, or as a
// sheet stores its values. Pure; linear.

/// Reads an office document's XML.
struct OfficeText {
    /// What was read.
    struct Result {
        var shown: [UInt8]
        /// nil where it is the same.
        var other: [UInt8]?
        /// Octets in base64 that are files of their own.
        var files: [[UInt8]] = []
        var problem: String?
    }

    private var shown = TextFlow()
    /// With deletions and without insertions, and with the values of cells for their looks; nil where nothing differs
    /// so far.
    private var other: TextFlow?
    /// Texts around the one that is read now.
    private var outer: [(name: String, depth: Int, shown: TextFlow, other: TextFlow?)] = []
    private var aside: [UInt8] = []
    private var deletions = 0
    private var insertions = 0
    /// `w:vanish` in the run that is read now (ECMA-376 part 1, 17.3.2.41).
    private var isHidden = false
    private var isInRun = false
    /// The cell's value has been written where its looks would stand.
    private var isMuted = false
    private var repeats: [Int] = []
    private var isData = false
    private var data: [UInt8] = []
    private var files: [[UInt8]] = []

    static func read(_ scanner: XMLScanner, limitBytes: Int) -> Result {
        var scanner = scanner
        var reader = OfficeText()
        while let event = scanner.next() {
            switch event {
            case .start(let tag):
                reader.begin(tag)
                if tag.isEmpty { reader.end(tag.name, tag) }
            case .end(let name): reader.end(name, nil)
            case .text(let text): reader.take(text)
            }
            if reader.size > limitBytes {
                scanner.note("more text than is kept")
                break
            }
        }
        return reader.finish(scanner.problem)
    }

    private var size: Int { max(shown.octets.count, other?.octets.count ?? 0) + aside.count }

    private mutating func finish(_ problem: String?) -> Result {
        while !outer.isEmpty { endAside() }
        let second = other.flatMap { $0 == shown ? nil : $0.octets + aside }
        return Result(shown: shown.octets + aside, other: second, files: files, problem: problem)
    }

    // MARK: Text

    private mutating func take(_ text: ArraySlice<UInt8>) {
        if isData {
            data.append(contentsOf: text)
            return
        }
        var text = text
        if text.contains(where: { $0 == 10 || $0 == 13 }) {
            // Between elements it is how the file is laid out; in a text a line end is a blank.
            guard text.contains(where: { $0 > 32 }) else { return }
            text = text.map { $0 == 10 || $0 == 13 ? 32 : $0 }[...]
        }
        // Blanks before the first text say nothing, however many there are.
        if shown.octets.isEmpty, !text.contains(where: { $0 > 32 }) { return }
        if deletions == 0, !isHidden { shown.append(text) }
        if deletions > 0 || isHidden || insertions == 0, !isMuted { other?.append(text) }
    }

    /// Both forms.
    private mutating func both(_ change: (inout TextFlow) -> Void) {
        change(&shown)
        if var flow = other {
            change(&flow)
            other = flow
        }
    }

    private mutating func fork() { if other == nil { other = shown } }

    // MARK: Elements

    private mutating func begin(_ tag: XMLTag) {
        takeAttributes(tag)
        switch tag.name {
        case "del", "moveFrom":
            guard !tag.isEmpty else { return }
            fork()
            deletions += 1
        case "ins", "moveTo":
            guard !tag.isEmpty else { return }
            fork()
            insertions += 1
        case "r": isInRun = !tag.isEmpty
        case "vanish", "specVanish": hide(tag)
        case "tc", "table-cell", "covered-table-cell", "Cell": beginCell(tag)
        case "binary-data", "binaryData": isData = !tag.isEmpty
        case _ where Self.asides.contains(tag.name) && !tag.isEmpty: beginAside(tag.name)
        default: break
        }
    }

    private mutating func end(_ name: String, _ tag: XMLTag?) {
        switch name {
        case "del", "moveFrom": if tag == nil { deletions = max(0, deletions - 1) }
        case "ins", "moveTo": if tag == nil { insertions = max(0, insertions - 1) }
        case "tc", "table-cell", "covered-table-cell", "Cell": endCell()
        case "r": (isHidden, isInRun) = (false, false)
        case "tr", "table-row", "row", "Row": both { $0.endRow() }
        case "sym": takeSymbol(tag)
        case "noBreakHyphen": take([UInt8(ascii: "-")])
        case "tab", "ptab": if tag?.number("pos") == nil || name == "ptab" { take([9]) }
        case "s": takeSpaces(tag)
        case "binary-data", "binaryData": endData()
        case _ where outer.last?.name == name:
            outer[outer.count - 1].depth -= 1
            if outer.last?.depth == 0 { endAside() }
        case _ where Self.blocks.contains(name): both { $0.endLine() }
        default: break
        }
    }

    private mutating func hide(_ tag: XMLTag) {
        let value = tag["val"].map { String(decoding: $0.prefix(8), as: UTF8.self) } ?? "true"
        guard isInRun, !["0", "false", "off"].contains(value) else { return }
        fork()
        isHidden = true
    }

    private mutating func beginCell(_ tag: XMLTag) {
        both { $0.beginCell() }
        repeats.append(tag.number("number-columns-repeated") ?? 1)
        if let value = tag["value"] ?? tag["date-value"] ?? tag["time-value"], !value.isEmpty {
            fork()
            other?.append(value)
            isMuted = true
        }
    }

    private mutating func endCell() {
        isMuted = false
        let times = repeats.popLast() ?? 1
        both { $0.endCell(times: times) }
    }

    /// `w:sym` (ECMA-376 part 1, 17.3.3.30): symbol fonts have their characters at U+F000 and above.
    private mutating func takeSymbol(_ tag: XMLTag?) {
        guard let digits = tag?["char"], var code = UInt32(String(decoding: digits.prefix(8), as: UTF8.self), radix: 16)
        else { return }
        if (0xF000...0xF0FF).contains(code) { code -= 0xF000 }
        guard let scalar = Unicode.Scalar(code), let octets = UTF8.encode(scalar) else { return }
        take(Array(octets)[...])
    }

    /// `text:s`: so many spaces.
    private mutating func takeSpaces(_ tag: XMLTag?) {
        guard let tag else { return }
        let count = min(max(tag.number("c") ?? 1, 1), 16)
        take([UInt8](repeating: 32, count: count)[...])
    }

    private mutating func endData() {
        if isData, !data.isEmpty { files.append(Base64Text.decoded(data[...])) }
        isData = false
        data = []
    }

    // MARK: Asides

    private mutating func beginAside(_ name: String) {
        if outer.last?.name == name {
            outer[outer.count - 1].depth += 1
            return
        }
        guard outer.count < 64 else { return both { $0.endLine() } }
        outer.append((name, 1, shown, other))
        shown = TextFlow()
        other = other == nil ? nil : TextFlow()
    }

    private mutating func endAside() {
        guard let around = outer.popLast() else { return }
        aside.append(contentsOf: shown.octets)
        if let last = aside.last, last != 10 { aside.append(10) }
        if let other, other != shown {
            aside.append(contentsOf: other.octets)
            if let last = aside.last, last != 10 { aside.append(10) }
        }
        let isForked = other != nil
        shown = around.shown
        other = around.other ?? (isForked ? shown : nil)
    }

    // MARK: Attributes

    private mutating func takeAttributes(_ tag: XMLTag) {
        for attribute in tag.attributes where !attribute.value.isEmpty {
            guard OfficeAttributes.isText(attribute, of: tag) else { continue }
            aside.append(contentsOf: attribute.value)
            aside.append(10)
        }
    }

    /// Elements whose text is no part of the text around them.
    private static let asides: Set<String> = [
        "txbxContent", "annotation", "note", "instrText", "delInstrText", "tracked-changes", "text-box", "rt", "rPh",
        "desc", "title",
    ]

    private static let blocks: Set<String> = [
        "p", "h", "c", "si", "br", "cr", "line-break", "list-item", "title", "creator", "subject", "description",
        "keywords", "lastModifiedBy", "category", "comment", "text", "fld", "pt", "v", "f", "is", "author", "footnote",
        "endnote", "docPart", "initials", "initial-creator", "keyword", "user-defined", "Company", "Manager", "lpwstr",
        "lpstr", "header", "footer", "tbl", "table", "Table", "evenHeader", "oddHeader", "evenFooter", "oddFooter",
        "firstHeader", "firstFooter", "formula", "formula1", "formula2", "definedName", "annotationEnd", "xmlData",
        "part", "body", "cell",
    ]
}

/// Which attributes of office documents hold text: what people have written, not what programs count, place and name.
enum OfficeAttributes {
    static func isText(_ attribute: XMLAttribute, of tag: XMLTag) -> Bool {
        switch attribute.name {
        case "descr", "alt", "title", "string-value", "tooltip", "formula", "display", "prompt", "promptTitle", "error",
            "errorTitle", "displayText", "instr", "string", "command", "connection", "location", "condition",
            "help-message", "current-value", "sourceFile":
            return true
        case "author": return tag.name == "comment"
        case "href": return isLink(attribute.value)
        case "Target": return tag["TargetMode"]?.elementsEqual("External".utf8) == true || isLink(attribute.value)
        case "val": return values.contains(tag.name)
        case "name": return names.contains(tag.name)
        case "value", "label": return fields.contains(tag.name)
        default: return false
        }
    }

    /// Outside of the document: not a name of a picture in it.
    private static func isLink(_ value: ArraySlice<UInt8>) -> Bool {
        value.contains(UInt8(ascii: ":")) && !value.starts(with: "data:".utf8)
    }

    private static let values: Set<String> = [
        "alias", "tag", "default", "listEntry", "statusText", "helpText", "docVar", "connectString", "query",
    ]
    private static let names: Set<String> = [
        "definedName", "sheet", "tableColumn", "cacheField", "table", "docVar", "field", "bookmark",
    ]
    private static let fields: Set<String> = [
        "listItem", "option", "item", "text", "textarea", "formatted-text", "hidden", "user-field-decl", "variable-set",
        "user-field-get", "checkbox", "radio", "combobox", "listbox",
    ]
}
