// Looks into one attachment: what it really is, its texts, the files in it, whatever is in these. The file to open
// first. Runs inside the walls of Sandbox.swift; a crash here costs one process and one fact.

package import ExtractionWire
package import Mail

/// Looks into attachments, one after the other.
package final class Examiner {
    private let magic: Magic
    private let pdf: PDFText?
    private let notes: PDFNotes?

    /// - Parameters:
    ///   - pdftotext: the program, or nil where there is none.
    ///   - qpdf: likewise.
    /// - Returns: nil where libmagic's database cannot be read.
    package init?(pdftotext: String?, qpdf: String?) {
        guard let magic = Magic() else { return nil }
        self.magic = magic
        pdf = pdftotext.map(PDFText.init)
        notes = qpdf.map(PDFNotes.init)
    }

    /// Looks into one attachment.
    package func examine(_ job: ExtractionJob, _ bytes: [UInt8]) -> ExtractedPart {
        let collector = Collector(job.limits, attachmentBytes: bytes.count)
        let type = magic.type(of: bytes)
        collector.setRealType(type)
        if Self.signatures.contains(job.claimedType), SignatureFile.isDetached(bytes) { return collector.part }
        let file = File(
            bytes: bytes, name: job.name, path: "", claimed: job.claimedType, charset: job.claimedCharset, depth: 0)
        let kind = Kind(bytes, realType: type, claimed: job.claimedType, name: job.name)
        look(file, kind, collector, isRead: job.textIsRead)
        return collector.part
    }

    private static let signatures: Set<String> = ["application/pkcs7-signature", "application/x-pkcs7-signature"]

    /// A file, at any depth.
    struct File {
        var bytes: [UInt8]
        /// Its own name.
        var name: String
        /// Its place: "" for the attachment itself.
        var path: String
        var claimed = ""
        var charset: String?
        /// Archives around it.
        var depth: Int

        /// Where a file inside of it lies.
        func path(of member: String) -> String { path.isEmpty ? member : "\(path)/\(member)" }

        /// What follows the last dot of its name, in lower case.
        var ending: String { Kind.ending(of: name) }
    }

    /// A file found inside another: listed, told apart, looked into.
    func lookInside(_ file: File, listedAs member: Int?, _ collector: Collector) {
        let type = magic.type(of: file.bytes)
        if let member { collector.complete(member, realType: type, bytes: file.bytes.count) }
        look(file, Kind(file.bytes, realType: type, claimed: file.claimed, name: file.name), collector, isRead: false)
    }

    /// What a file really is.
    func type(of bytes: [UInt8]) -> String? { magic.type(of: bytes) }

    /// - Parameter isRead: the reader of messages has read it as a text.
    private func look(_ file: File, _ kind: Kind, _ collector: Collector, isRead: Bool) {
        guard file.depth <= collector.limits.depth else {
            return collector.problem("archives nested deeper than \(collector.limits.depth)")
        }
        switch kind {
        case .zip: ZipFile(file, self, collector).read()
        case .archive: ArchiveFile(file, self, collector).read(isPlain: false)
        case .compressed: ArchiveFile(file, self, collector).read(isPlain: true)
        case .pdf: readPDF(file, collector)
        case .rtf:
            let result = RTFText.read(file.bytes, limitBytes: collector.textRoom)
            keep(result.forms, result.problem, file, collector)
        case .xml: readXML(file, collector, isRead: isRead)
        case .html: TextFile(self, collector).readHTML(file, isRead: isRead)
        case .text: TextFile(self, collector).readPlain(file, isRead: isRead)
        case .mail: MailFile(self, collector).read(file)
        case .ole: readOLE(file, collector)
        case .silent: break
        case .unknown:
            if !Printable.isText(file.bytes) {
                collector.problem("\(shown(file)) is of no kind that can be read")
            }
        }
        if !kind.isRead(as: file), Printable.isText(file.bytes) {
            TextFile(self, collector).readPlain(file, isRead: isRead)
        }
        // A zip archive may stand behind anything: a program that unpacks itself, a picture.
        if kind != .zip, ZipFile.endsAsZip(file.bytes) { ZipFile(file, self, collector).read() }
    }

    private func keep(
        _ forms: [String], _ problem: String?, _ file: File, _ collector: Collector,
        role: ExtractedPart.Text.Role = .content
    ) {
        collector.text(forms, name: file.path, role: role)
        if let problem { collector.problem("\(shown(file)): \(problem)") }
    }

    private func readXML(_ file: File, _ collector: Collector, isRead: Bool) {
        if XMLText.root(file.bytes).lowercased() == "html" {
            return TextFile(self, collector).readHTML(file, isRead: isRead)
        }
        let result = XMLText.readFile(file.bytes, limitBytes: collector.textRoom)
        keep(result.forms, result.problem, file, collector, role: isRead ? .rereading : .content)
        for (number, bytes) in result.files.enumerated() {
            let name = "file \(number + 1)"
            guard let member = collector.member(file.path(of: name), isEncrypted: false),
                collector.unpack(bytes.count)
            else { return }
            lookInside(
                File(bytes: bytes, name: name, path: file.path(of: name), depth: file.depth + 1), listedAs: member,
                collector)
        }
    }

    private func readPDF(_ file: File, _ collector: Collector) {
        guard let pdf else { return collector.problem("pdftotext is not installed") }
        switch pdf.read(file.bytes, limitBytes: collector.textRoom) {
        case .text(let forms, let problem): keep(forms, problem, file, collector)
        case .encrypted: return collector.encrypted(shown(file))
        case .temporary(let reason): return collector.temporary(reason)
        }
        readNotes(file, collector)
    }

    private func readNotes(_ file: File, _ collector: Collector) {
        guard let notes else {
            if PDFNotes.areLikely(in: file.bytes) {
                collector.problem("\(shown(file)) may hold notes, forms or files, and qpdf is not installed")
            }
            return
        }
        let found = notes.read(file.bytes, limitBytes: collector.textRoom)
        if found.isTemporary { return collector.temporary(found.problem ?? "") }
        keep([found.text], found.problem, file, collector)
        keep([found.about], nil, file, collector, role: .about)
    }

    /// Documents of old office programs, and encrypted ones of new office programs ([MS-OFFCRYPTO] section 2.3.1: a
    /// stream with this name in a compound file).
    private func readOLE(_ file: File, _ collector: Collector) {
        let name = "EncryptedPackage".utf8.flatMap { [$0, 0] as [UInt8] }
        if Search.find(name, in: file.bytes[...]) != nil {
            collector.encrypted(shown(file))
        } else {
            collector.problem("\(shown(file)) is of an old format that is not read")
        }
    }

    /// A file as a problem names it: never by its content.
    func shown(_ file: File) -> String { file.path.isEmpty ? "the file" : "a file inside" }
}
