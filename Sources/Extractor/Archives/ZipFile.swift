// Zip archives, and the documents that are zip archives: Office Open XML (ECMA-376 part 2) and OpenDocument (part 2).
// What the parts of a document are is told by what they hold, as programs follow types and relationships and not names.
// Of a document every XML part is text, in one text, so that words near each other stay near; what else it holds
// (pictures, programs, other documents) is listed and looked into like the files of any archive.

import ExtractionWire
import Mail

/// A zip archive being read.
struct ZipFile {
    private enum Flavour { case plain, office, openDocument }

    private let file: Examiner.File
    private let examiner: Examiner
    private let collector: Collector

    init(_ file: Examiner.File, _ examiner: Examiner, _ collector: Collector) {
        self.file = file
        self.examiner = examiner
        self.collector = collector
    }

    /// True where the end of a zip archive's directory stands near the end.
    static func endsAsZip(_ bytes: [UInt8]) -> Bool {
        Search.find([0x50, 0x4B, 5, 6], in: bytes.suffix(65_557 + 22)) != nil
            && Search.find([0x50, 0x4B, 1, 2], in: bytes[...]) != nil
    }

    func read() {
        guard flavour() != .plain else { return ArchiveFile(file, examiner, collector).read(isPlain: false) }
        var document = PackageText(limitBytes: collector.textRoom)
        var isEncrypted = false
        ArchiveFile.forEachEntry(of: file.bytes, isPlain: false) { event in
            switch event {
            case .problem(let text): collector.problem("\(examiner.shown(file)): \(text)")
            case .encrypted: isEncrypted = true
            case .entry(let entry): return take(entry, &document, &isEncrypted)
            }
            return true
        }
        if isEncrypted { return collector.encrypted(examiner.shown(file)) }
        document.finish()
        collector.text(document.forms, name: file.path)
        collector.text([document.about.joined(separator: "\n")], name: file.path, role: .about)
        if let problem = document.problem { collector.problem("\(examiner.shown(file)): \(problem)") }
    }

    /// By its contents: what libmagic says depends on their order.
    private func flavour() -> Flavour {
        var flavour = Flavour.plain
        var count = 0
        ArchiveFile.forEachEntry(of: file.bytes, isPlain: false) { event in
            guard case .entry(let entry) = event else { return true }
            count += 1
            if entry.name.lowercased() == "[content_types].xml" { flavour = .office }
            if entry.name == "META-INF/manifest.xml", flavour == .plain { flavour = .openDocument }
            return flavour == .plain && count <= collector.limits.files
        }
        return flavour
    }

    /// - Returns: false where a limit is reached.
    private func take(_ entry: ArchiveFile.Entry, _ document: inout PackageText, _ isEncrypted: inout Bool) -> Bool {
        if entry.isEncrypted {
            isEncrypted = true
            return collector.member(file.path(of: entry.name), isEncrypted: true) != nil
        }
        switch entry.contents(collector) {
        case .tooMuch: return false
        case .unreadable(let reason):
            collector.problem("\(examiner.shown(file)): \(reason)")
            return collector.countFile()
        case .bytes(let bytes):
            if entry.name == "META-INF/manifest.xml" {
                // OpenDocument part 2, section 3.4.1.
                if Search.find(Array("encryption-data".utf8), in: bytes[...]) != nil { isEncrypted = true }
                return collector.countFile()
            }
            if entry.name == "mimetype" { return collector.countFile() }
            if let root = Self.xmlRoot(bytes, entry.name) {
                guard collector.countFile() else { return false }
                document.take(bytes, root: root, name: entry.name, isEncrypted: isEncrypted)
                return true
            }
            return takeOther(bytes, entry.name, isEncrypted)
        }
    }

    /// The first element of a part that is XML; nil for anything else, and for what has a reader of its own.
    private static func xmlRoot(_ bytes: [UInt8], _ name: String) -> String? {
        let ending = Kind.ending(of: name)
        guard XMLCharset.begins(bytes) || ["xml", "rels", "vml"].contains(ending) else { return nil }
        let root = XMLText.root(bytes)
        if ["htm", "html", "xhtml", "mht", "mhtml"].contains(ending) || htmlRoots.contains(root.lowercased()) {
            return nil
        }
        return root.isEmpty && !["xml", "rels", "vml"].contains(ending) || root == "svg" ? nil : root
    }

    /// A page that was put into the document as it is (`w:altChunk`) may begin with any of these.
    private static let htmlRoots: Set<String> = [
        "html", "p", "div", "span", "body", "head", "h1", "h2", "h3", "font", "center", "meta", "ul", "ol", "br",
    ]

    private func takeOther(_ bytes: [UInt8], _ name: String, _ isEncrypted: Bool) -> Bool {
        guard let member = collector.member(file.path(of: name), isEncrypted: false) else { return false }
        let type = examiner.type(of: bytes)
        let isPage = XMLCharset.begins(bytes) && Self.htmlRoots.contains(XMLText.root(bytes).lowercased())
        let claimed = isPage ? "text/html" : ""
        let kind = Kind(bytes, realType: type, claimed: claimed, name: name)
        if isEncrypted || isOrnament(name, kind) {
            collector.complete(member, realType: type, bytes: bytes.count)
            return true
        }
        examiner.lookInside(
            Examiner.File(
                bytes: bytes, name: name, path: file.path(of: name), claimed: claimed, depth: file.depth + 1),
            listedAs: member, collector)
        return true
    }

    /// What office programs put beside the text in formats that nobody else reads: drawings, fonts, settings of
    /// printers, and compiled macros. By place and name together: a document that somebody has put there is looked
    /// into.
    private func isOrnament(_ name: String, _ kind: Kind) -> Bool {
        let path = name.lowercased().split(separator: "/")
        guard let file = path.last, path.count > 1 else { return false }
        if kind == .ole { return file == "vbaproject.bin" }
        guard kind == .unknown else { return false }
        let folders: Set<Substring> = [
            "media", "pictures", "printersettings", "objectreplacements", "fonts", "thumbnails", "docprops",
        ]
        let endings = [".emf", ".wmf", ".emz", ".wmz", ".bin", ".odttf", ".fntdata", ".wdp"]
        return path.dropLast().contains { folders.contains($0) }
            && (endings.contains { file.hasSuffix($0) } || !file.contains("."))
    }
}

/// The text of a document that is put together from its XML parts.
package struct PackageText {
    /// Both forms of each part, where there are two.
    private var parts: [(shown: String, other: String?)] = []
    /// Title, author, the texts of templates.
    package private(set) var about: [String] = []
    package private(set) var problem: String?
    private var strings = SharedStrings()
    private var hasStrings = false
    private var hasFormats = false
    private var formats = NumberFormats()
    /// They need the strings and formats, which may come behind them.
    private var sheets: [(name: String, bytes: [UInt8])] = []
    private let limit: Int

    package init(limitBytes: Int) { limit = limitBytes }

    /// The readings: as it is shown, and with what else its parts say.
    package var forms: [String] {
        let shown = Self.joined(parts.map(\.shown))
        guard parts.contains(where: { $0.other != nil }) else { return [shown] }
        return [shown, Self.joined(parts.map { $0.other ?? $0.shown })]
    }

    private static func joined(_ texts: [String]) -> String {
        texts.filter { !$0.isEmpty }.map { $0.hasSuffix("\n") ? $0 : $0 + "\n" }.joined()
    }

    /// Takes a part in.
    /// - Parameters:
    ///   - root: the name of its first element, without the prefix.
    ///   - name: its place in the document.
    package mutating func take(_ bytes: [UInt8], root: String, name: String, isEncrypted: Bool) {
        // Of an encrypted document everything looks broken, and its manifest comes last.
        if isEncrypted { return }
        switch root {
        case "worksheet", "macrosheet", "dialogsheet": sheets.append((name, bytes))
        case "sst":
            guard let scanner = XMLScanner(bytes) else { return note("XML in an unknown charset") }
            let more = SharedStrings(scanner)
            note(more.problem)
            // Programs take the one that a relationship names; the others' strings are read all the same.
            if hasStrings { note("a workbook with two lists of strings") }
            keep([text(of: strings.unused)])
            hasStrings = true
            strings = more
        case "styleSheet":
            guard let scanner = XMLScanner(bytes) else { return note("XML in an unknown charset") }
            if hasFormats { note("a workbook with two lists of formats") }
            hasFormats = true
            formats = NumberFormats(scanner)
            note(formats.problem)
        default:
            let result = XMLText.readPart(bytes, root: root, limitBytes: limit)
            note(result.problem)
            if Self.isAbout(name, root) {
                if !result.text.isEmpty { about.append(result.text) }
            } else {
                keep(result.forms)
            }
        }
    }

    /// Reads the sheets, once all parts are there.
    package mutating func finish() {
        var room = limit
        // `sheet10.xml` behind `sheet9.xml`.
        let ordered = sheets.sorted { ($0.name.utf8.count, $0.name) < ($1.name.utf8.count, $1.name) }
        for (_, bytes) in ordered {
            guard room > 0 else { break }
            guard let scanner = XMLScanner(bytes) else {
                note("XML in an unknown charset")
                continue
            }
            let result = SheetText.read(scanner, &strings, formats, limitBytes: room)
            note(result.problem)
            room -= result.shown.count
            keep([result.shown, result.other].compactMap { $0 }.map { String(decoding: $0, as: UTF8.self) })
        }
        sheets = []
        keep([text(of: strings.unused)])
    }

    private func text(of strings: [ArraySlice<UInt8>]) -> String {
        String(decoding: Array(strings.joined(separator: [10])).prefix(limit), as: UTF8.self)
    }

    private mutating func keep(_ forms: [String]) {
        guard let first = forms.first, forms.contains(where: { !$0.isEmpty }) else { return }
        parts.append((first, forms.count > 1 ? forms[1] : nil))
    }

    private mutating func note(_ text: String?) {
        if problem == nil { problem = text }
    }

    private static func isAbout(_ name: String, _ root: String) -> Bool {
        name.hasPrefix("docProps/") || name == "meta.xml"
            || ["sldLayout", "sldMaster", "notesMaster", "handoutMaster", "document-styles"].contains(root)
    }
}
