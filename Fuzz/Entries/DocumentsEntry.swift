// Any bytes as what documents are made of: parts of workbooks and letters, XML files, calendars and cards, mailbox files,
// qpdf's JSON, signatures. The first octet says which. Nothing traps, and no text is longer than it may become.

import Extractor
import MIME

enum DocumentsEntry {
    private static let limit = 2048

    static func run(_ input: [UInt8]) {
        var dice = Dice(input)
        let kind = dice.octet()
        let bytes = dice.rest
        switch kind % 6 {
        case 0: workbook(bytes)
        case 1: file(bytes)
        case 2: lines(bytes)
        case 3: objects(bytes)
        case 4:
            for message in MailboxFile.messages(in: bytes) {
                promise(message.lowerBound >= 0 && message.upperBound <= bytes.count, "a message beyond the mailbox")
            }
        default: _ = SignatureFile.isDetached(bytes)
        }
    }

    /// Parts behind each other, parted by a line with a dot.
    private static func workbook(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: 0, omittingEmptySubsequences: true).map(Array.init)
        var document = PackageText(limitBytes: limit)
        for (part, root) in zip(
            parts, ["sst", "styleSheet", "worksheet", "document", "pivotCacheDefinition", "worksheet"])
        {
            document.take(part, root: root, name: "xl/\(root).xml", isEncrypted: false)
        }
        document.finish()
        for form in document.forms {
            // The text of each part has the limit; strings that no sheet shows come behind.
            promise(form.utf8.count <= 6 * (limit + 64) * 3 + bytes.count * 3, "a document of \(form.utf8.count) bytes")
        }
    }

    private static func file(_ bytes: [UInt8]) {
        let result = XMLText.readFile(bytes, limitBytes: limit)
        promise(result.forms.count <= 3, "\(result.forms.count) forms")
        for form in result.forms { promise(form.utf8.count <= limit * 3 + 16, "XML of \(form.utf8.count) bytes") }
        let held = result.files.reduce(0) { $0 + $1.count }
        promise(held <= bytes.count, "files of \(held) bytes")
    }

    private static func lines(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let shown = ContentLines.shown(text)
        promise(shown.utf8.count <= 3 * text.utf8.count + 16, "lines grow to \(shown.utf8.count) bytes")
        let files = ContentLines.files(in: text, limit: 3)
        promise(files.count <= 3, "\(files.count) files")
        if !files.isEmpty {
            promise(ContentLines.mayHoldFiles(text) || text.contains("="), "files that were not there")
        }
    }

    private static func objects(_ bytes: [UInt8]) {
        let (notes, about, _) = PDFObjects.texts(bytes, limitBytes: limit)
        promise(notes.utf8.count + about.utf8.count <= limit + 3 * bytes.count + 16, "notes grow")
        let text = String(decoding: bytes, as: UTF8.self)
        let joined = CombFields.joined(text) ?? ""
        promise(joined.utf8.count <= 2 * text.utf8.count + 16, "boxes grow to \(joined.utf8.count) bytes")
    }
}
