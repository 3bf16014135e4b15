// Files made for the tests: zip archives of any parts, letters, workbooks, PDF.

import Foundation

/// A zip archive with files that are not compressed.
func zipped(_ files: [(name: String, text: String)]) -> [UInt8] {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for file in files {
        let content = Array(file.text.utf8)
        let sizes =
            little(Int(crc(content)), 4) + little(content.count, 4) + little(content.count, 4)
            + little(file.name.utf8.count, 2)
        let start = bytes.count
        bytes += [0x50, 0x4B, 3, 4] + little(20, 2) + little(0, 8) + sizes + little(0, 2)
        bytes += Array(file.name.utf8) + content
        directory += [0x50, 0x4B, 1, 2] + little(20, 2) + little(20, 2) + little(0, 8) + sizes + little(0, 12)
        directory += little(start, 4) + Array(file.name.utf8)
    }
    let end = [0x50, 0x4B, 5, 6] + little(0, 4) + little(files.count, 2) + little(files.count, 2)
    return bytes + directory + end + little(directory.count, 4) + little(bytes.count, 4) + little(0, 2)
}

private func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 < 8 ? value >> ($0 * 8) : 0) }
}

private func crc(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
}

/// A letter (docx) with this inside of its body, in a part of this name.
func letter(_ body: String, part: String = "word/document.xml", _ more: [(name: String, text: String)] = []) -> [UInt8]
{
    let word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return zipped(
        [
            (
                "[Content_Types].xml",
                "<?xml version=\"1.0\"?><Types><Default Extension=\"xml\" ContentType=\"application/xml\"/>"
                    + "<Override PartName=\"/\(part)\" ContentType=\"\(word)\"/></Types>"
            ),
            (
                "_rels/.rels",
                "<Relationships><Relationship Id=\"r1\" Type=\"officeDocument\" Target=\"\(part)\"/></Relationships>"
            ),
            (part, "<?xml version=\"1.0\"?><w:document xmlns:w=\"w\"><w:body>\(body)</w:body></w:document>"),
        ] + more)
}

/// A workbook (xlsx) with this inside of `sheetData`, and with these shared strings and styles.
func workbook(
    _ rows: String, strings: String = "", styles: String = "", behind: String = "",
    _ more: [(name: String, text: String)] = []
) -> [UInt8] {
    zipped(
        [
            ("[Content_Types].xml", "<?xml version=\"1.0\"?><Types/>"),
            (
                "xl/workbook.xml",
                "<?xml version=\"1.0\"?><workbook><sheets><sheet name=\"Sheet1\"/></sheets></workbook>"
            ),
            (
                "xl/worksheets/sheet1.xml",
                "<?xml version=\"1.0\"?><worksheet>\n <sheetData>\n\(rows)\n</sheetData>\(behind)</worksheet>"
            ),
            ("xl/styles.xml", "<?xml version=\"1.0\"?><styleSheet>\(styles)</styleSheet>"),
            ("xl/sharedStrings.xml", "<?xml version=\"1.0\"?><sst>\(strings)</sst>"),
        ] + more)
}

/// A PDF of these objects, by number from 1; the first is the catalogue.
func pdf(_ objects: [String], trailer: String = "") -> [UInt8] {
    var bytes = Array("%PDF-1.4\n".utf8)
    var places: [Int] = []
    for (index, object) in objects.enumerated() {
        places.append(bytes.count)
        bytes += Array("\(index + 1) 0 obj\n\(object)\nendobj\n".utf8)
    }
    let start = bytes.count
    var table = "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
    for place in places { table += String(format: "%010d 00000 n \n", place) }
    table += "trailer << /Size \(objects.count + 1) /Root 1 0 R \(trailer) >>\nstartxref\n\(start)\n%%EOF\n"
    return bytes + Array(table.utf8)
}

/// A PDF of one page with this on it, more in its page, in its catalogue, and further objects from number 6.
func page(
    _ content: String, page: String = "", catalogue: String = "", trailer: String = "", _ more: [String] = []
) -> [UInt8] {
    pdf(
        [
            "<< /Type /Catalog /Pages 2 0 R \(catalogue) >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
                + "/Resources << /Font << /F1 5 0 R >> >> \(page) >>",
            "<< /Length \(content.utf8.count) >>\nstream\n\(content)\nendstream",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ] + more, trailer: trailer)
}
