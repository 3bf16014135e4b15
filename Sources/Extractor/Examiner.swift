// Looks into one attachment: what it really is, its texts, the files in it, whatever is in these. The file to open first.
// Runs inside the walls of Sandbox.swift; a crash here costs one process and one fact.

package import Mail

/// Looks into attachments, one after the other.
package final class Examiner {
    private let magic: Magic
    private let pdf: PDFText?

    /// - Parameter pdftotext: the program, or nil where there is none.
    /// - Returns: nil where libmagic's database cannot be read.
    package init?(pdftotext: String?) {
        guard let magic = Magic() else { return nil }
        self.magic = magic
        pdf = pdftotext.map(PDFText.init)
    }

    /// Looks into one attachment.
    package func examine(_ job: ExtractionJob, _ bytes: [UInt8]) -> ExtractedPart {
        let collector = Collector(job.limits, attachmentBytes: bytes.count)
        let type = magic.type(of: bytes)
        collector.setRealType(type)
        let kind = Kind(bytes, realType: type, claimed: job.claimedType, name: job.name)
        // A text that was read as one needs no second reading; whatever else it may be is looked at.
        if job.textIsRead, kind == .text || kind == .html || kind == .xml && type?.hasPrefix("image/") != true {
            return collector.part
        }
        if isSignature(job, bytes) { return collector.part }
        let file = File(
            bytes: bytes, name: job.name, path: "", claimed: job.claimedType, charset: job.claimedCharset, depth: 0)
        look(file, kind, collector)
        return collector.part
    }

    /// The signature of an S/MIME message (RFC 8551 section 3.5.3): DER, which libmagic does not know.
    private func isSignature(_ job: ExtractionJob, _ bytes: [UInt8]) -> Bool {
        ["application/pkcs7-signature", "application/x-pkcs7-signature"].contains(job.claimedType)
            && bytes.first == 0x30 && bytes.count <= 64 * 1024
    }

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
    }

    /// A file found inside another: listed, told apart, looked into.
    func lookInside(_ file: File, listedAs member: Int?, _ collector: Collector) {
        let type = magic.type(of: file.bytes)
        if let member { collector.complete(member, realType: type, bytes: file.bytes.count) }
        look(file, Kind(file.bytes, realType: type, claimed: file.claimed, name: file.name), collector)
    }

    /// What a file really is.
    func type(of bytes: [UInt8]) -> String? { magic.type(of: bytes) }

    private func look(_ file: File, _ kind: Kind, _ collector: Collector) {
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
            keep(result.text, result.problem, file, collector)
        case .xml:
            let result = XMLText.read(file.bytes, style: .data, limitBytes: collector.textRoom)
            keep(result.text, result.problem, file, collector)
        case .html: MailText(self, collector).readText(file, type: "text/html")
        case .text: MailText(self, collector).readText(file, type: "text/plain")
        case .mail: MailText(self, collector).readMail(file)
        case .ole: readOLE(file, collector)
        case .silent: break
        case .unknown: collector.problem("\(shown(file)) is of no kind that can be read")
        }
        // A zip archive may stand behind anything: a program that unpacks itself, a picture.
        if kind != .zip, ZipFile.endsAsZip(file.bytes) { ZipFile(file, self, collector).read() }
    }

    private func keep(_ text: String, _ problem: String?, _ file: File, _ collector: Collector) {
        collector.text(text, name: file.path)
        if let problem { collector.problem("\(shown(file)): \(problem)") }
    }

    private func readPDF(_ file: File, _ collector: Collector) {
        guard let pdf else { return collector.problem("pdftotext is not installed") }
        switch pdf.read(file.bytes, limitBytes: collector.textRoom) {
        case .text(let text, let problem): keep(text, problem, file, collector)
        case .encrypted: collector.encrypted(shown(file))
        case .temporary(let reason): collector.temporary(reason)
        }
        if Search.find(Array("/EmbeddedFile".utf8), in: file.bytes[...]) != nil {
            collector.problem("\(shown(file)) holds files")
        }
    }

    /// Documents of old office programs, and encrypted ones of new office programs ([MS-OFFCRYPTO] section 2.3.1: a stream
    /// with this name in a compound file).
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
