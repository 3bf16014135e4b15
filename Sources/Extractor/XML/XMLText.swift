// The text of an XML document of any kind: tells by its first element what it is, and has it read as that. Pure;
// linear.

/// Reads the text out of XML.
package struct XMLText {
    /// How elements part the text.
    package enum Style: Sendable {
        /// A word may go on over the ends of elements, but for paragraphs, cells and the like.
        case office
        /// Every element is a text of its own.
        case data
    }

    /// What was read.
    package struct Result: Sendable {
        /// The plausible readings, the one that programs show first; at most three.
        package var forms: [String]
        /// Files that were in it, in base64.
        package var files: [[UInt8]] = []
        /// nil where all was read.
        package var problem: String?
        /// The first reading.
        package var text: String { forms.first ?? "" }
    }

    /// - Parameter limitBytes: longest text; what is beyond is left out and a problem.
    package static func read(_ octets: [UInt8], style: Style, limitBytes: Int = .max) -> Result {
        guard let scanner = XMLScanner(octets) else { return Result(forms: [], problem: "XML in an unknown charset") }
        switch style {
        case .office: return office(scanner, limitBytes)
        case .data: return data(scanner, .data, limitBytes)
        }
    }

    /// A file by itself: an office document in one file, a picture, or data; of data the source is a reading too.
    package static func readFile(_ octets: [UInt8], limitBytes: Int) -> Result {
        guard let scanner = XMLScanner(octets) else { return Result(forms: [], problem: "XML in an unknown charset") }
        switch root(octets) {
        case "document", "package", "wordDocument", "Workbook": return office(scanner, limitBytes)
        case "svg": return data(scanner, .picture, limitBytes)
        default:
            var result = data(scanner, .data, limitBytes)
            // It says nothing new, but has names beside values: where there is no room for it, it is left out.
            if scanner.source.count + result.text.utf8.count <= limitBytes {
                let source = String(decoding: scanner.source, as: UTF8.self)
                if !result.forms.contains(source) { result.forms.append(source) }
            }
            return result
        }
    }

    /// A part of an office document. Parts that are no text of the document are data.
    static func readPart(_ octets: [UInt8], root: String, limitBytes: Int) -> Result {
        guard let scanner = XMLScanner(octets) else { return Result(forms: [], problem: "XML in an unknown charset") }
        return officeRoots.contains(root) ? office(scanner, limitBytes) : data(scanner, .package, limitBytes)
    }

    /// The name of the first element, without its prefix; "" where there is none.
    static func root(_ octets: [UInt8]) -> String {
        guard var scanner = XMLScanner(octets) else { return "" }
        while let event = scanner.next() {
            if case .start(let tag) = event { return tag.name }
        }
        return ""
    }

    private static func office(_ scanner: XMLScanner, _ limit: Int) -> Result {
        let result = OfficeText.read(scanner, limitBytes: limit)
        let forms = [result.shown] + (result.other.map { [$0] } ?? [])
        return Result(forms: forms.map { text($0, limit) }, files: result.files, problem: result.problem)
    }

    private static func data(_ scanner: XMLScanner, _ style: DataText.Style, _ limit: Int) -> Result {
        let (forms, problem) = DataText.read(scanner, style: style, limitBytes: limit)
        return Result(forms: forms.map { text($0, limit) }, problem: problem)
    }

    private static func text(_ octets: [UInt8], _ limit: Int) -> String {
        String(decoding: octets.prefix(limit), as: UTF8.self)
    }

    /// First elements of parts that hold a document's text, or its looks.
    private static let officeRoots: Set<String> = [
        "document", "hdr", "ftr", "footnotes", "endnotes", "comments", "commentsEx", "commentsIds", "glossaryDocument",
        "styles", "settings", "webSettings", "fonts", "numbering", "theme", "themeOverride", "sld", "sldLayout",
        "sldMaster", "notes", "notesMaster", "handoutMaster", "presentation", "presentationPr", "viewPr", "tblStyleLst",
        "wsDr", "chartSpace", "workbook", "worksheet", "chartsheet", "dialogsheet", "sst", "styleSheet", "calcChain",
        "externalLink", "Types", "Relationships", "xml", "dataModel", "drawing", "layoutDef", "styleDef", "colorsDef",
        "userShapes", "chartStyle", "colorStyle", "ThreadedComments", "personList", "people", "document-content",
        "document-styles", "document-meta", "document-settings", "manifest",
    ]
}

/// Base64 in the middle of a text.
enum Base64Text {
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 255, count: 256)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for (value, letter) in alphabet.enumerated() { table[Int(letter)] = UInt8(value) }
        table[Int(UInt8(ascii: "-"))] = 62
        table[Int(UInt8(ascii: "_"))] = 63
        return table
    }()

    /// What it stands for; what is no base64 is passed over.
    static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        var count = 0
        for octet in text {
            let value = values[Int(octet)]
            if octet == UInt8(ascii: "=") {
                (bits, count) = (0, 0)
                continue
            }
            guard value < 64 else { continue }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return output
    }
}
