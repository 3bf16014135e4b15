// Zip archives, and the documents that are zip archives: Office Open XML (ECMA-376 part 2) and OpenDocument (part 2). Of a
// document every XML part is text, in one text, so that words near each other stay near; what else it holds (pictures,
// programs, other documents) is listed and looked into like the files of any archive.

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
        let flavour = self.flavour()
        guard flavour != .plain else { return ArchiveFile(file, examiner, collector).read(isPlain: false) }
        var text: [String] = []
        var isEncrypted = false
        var isComplete = true
        ArchiveFile.forEachEntry(of: file.bytes, isPlain: false) { event in
            switch event {
            case .problem(let text): collector.problem("\(examiner.shown(file)): \(text)")
            case .encrypted: isEncrypted = true
            case .entry(let entry):
                isComplete = take(entry, flavour, &text, &isEncrypted)
                return isComplete
            }
            return true
        }
        if isEncrypted { return collector.encrypted(examiner.shown(file)) }
        collector.text(text.joined(separator: "\n"), name: file.path)
    }

    /// By the names of its files: what libmagic says depends on their order.
    private func flavour() -> Flavour {
        var flavour = Flavour.plain
        var count = 0
        ArchiveFile.forEachEntry(of: file.bytes, isPlain: false) { event in
            guard case .entry(let entry) = event else { return true }
            count += 1
            if entry.name == "[Content_Types].xml" { flavour = .office }
            if entry.name == "META-INF/manifest.xml", flavour == .plain { flavour = .openDocument }
            return flavour == .plain && count <= collector.limits.files
        }
        return flavour
    }

    /// - Returns: false where a limit is reached.
    private func take(_ entry: ArchiveFile.Entry, _ flavour: Flavour, _ text: inout [String], _ isEncrypted: inout Bool)
        -> Bool
    {
        let isXML = entry.name.hasSuffix(".xml") || entry.name.hasSuffix(".rels") || entry.name.hasSuffix(".vml")
        if entry.isEncrypted { isEncrypted = true }
        var member: Int?
        if isXML || entry.name == "mimetype" {
            guard collector.countFile() else { return false }
        } else {
            member = collector.member(file.path(of: entry.name), isEncrypted: entry.isEncrypted)
            guard member != nil else { return false }
        }
        guard !entry.isEncrypted else { return true }
        switch entry.contents(collector) {
        case .tooMuch: return false
        case .unreadable(let reason): collector.problem("\(examiner.shown(file)): \(reason)")
        case .bytes(let bytes):
            if entry.name == "META-INF/manifest.xml" {
                // OpenDocument part 2, section 3.4.1.
                if Search.find(Array("encryption-data".utf8), in: bytes[...]) != nil { isEncrypted = true }
            } else if isXML {
                takeXML(bytes, entry.name, &text, isEncrypted)
            } else if entry.name != "mimetype" {
                takeOther(bytes, entry.name, member, isEncrypted)
            }
        }
        return true
    }

    private func takeXML(_ bytes: [UInt8], _ name: String, _ text: inout [String], _ isEncrypted: Bool) {
        let isBody = !name.hasPrefix("docProps/") && !name.hasPrefix("customXml/") && name != "meta.xml"
        let result = XMLText.read(bytes, style: isBody ? .office : .data, limitBytes: collector.textRoom)
        if !result.text.isEmpty { text.append(result.text) }
        // Of an encrypted document everything looks broken, and the manifest comes last.
        if let problem = result.problem, !isEncrypted { collector.problem("\(examiner.shown(file)): \(problem)") }
    }

    private func takeOther(_ bytes: [UInt8], _ name: String, _ member: Int?, _ isEncrypted: Bool) {
        let type = examiner.type(of: bytes)
        let kind = Kind(bytes, realType: type, claimed: "", name: name)
        if isEncrypted || isOrnament(name, kind) {
            if let member { collector.complete(member, realType: type, bytes: bytes.count) }
            return
        }
        examiner.lookInside(
            Examiner.File(bytes: bytes, name: name, path: file.path(of: name), depth: file.depth + 1),
            listedAs: member, collector)
    }

    /// What office programs put beside the text in formats that nobody else reads: drawings, fonts, settings of printers, and
    /// compiled macros. By place and name together: a document that somebody has put there is looked into.
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
