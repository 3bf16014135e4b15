// Small valid files for the attachments of cases: ZIP archives (stored, APPNOTE.TXT 6.3), Word documents (ECMA-376: a
// ZIP with one XML part that matters) and one-page PDF (ISO 32000-1). Pure; writes what a reader must accept, no more.

import Foundation

enum FileBuilder {
    /// A file in an archive.
    struct Member {
        let name: String
        let content: [UInt8]
        /// Marked as encrypted (its bytes are not those of any cipher: nobody can open it).
        var isLocked = false
    }

    /// A ZIP archive whose members are stored as they are.
    static func zip(_ members: [Member]) -> [UInt8] {
        var out: [UInt8] = []
        var directory: [UInt8] = []
        for member in members {
            let name = Array(member.name.utf8)
            // Bit 0: encrypted; bit 11: the name is UTF-8.
            var common = little(20, 2) + little(member.isLocked ? 0x0801 : 0x0800, 2) + little(0, 2) + little(0, 4)
            common += little(Int(crc32(member.content)), 4) + little(member.content.count, 4)
            common += little(member.content.count, 4) + little(name.count, 2) + little(0, 2)
            directory += [0x50, 0x4B, 1, 2] + little(20, 2) + common + little(0, 2) + little(0, 2) + little(0, 2)
            directory += little(0, 4) + little(out.count, 4) + name
            out += [0x50, 0x4B, 3, 4] + common + name + member.content
        }
        let start = out.count
        out += directory
        out += [0x50, 0x4B, 5, 6] + little(0, 4) + little(members.count, 2) + little(members.count, 2)
        return out + little(directory.count, 4) + little(start, 4) + little(0, 2)
    }

    /// A Word document, a paragraph per line.
    static func docx(_ text: String) -> [UInt8] {
        let paragraphs = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            "<w:p><w:r><w:t xml:space=\"preserve\">\(HTMLPage.escape(String($0)))</w:t></w:r></w:p>"
        }
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
        let types = "http://schemas.openxmlformats.org/package/2006"
        let main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
        let word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
        let parts = [
            (
                "[Content_Types].xml",
                "<Types xmlns=\"\(types)/content-types\"><Default Extension=\"rels\""
                    + " ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
                    + "<Override PartName=\"/word/document.xml\" ContentType=\"\(main)\"/></Types>"
            ),
            (
                "_rels/.rels",
                "<Relationships xmlns=\"\(types)/relationships\"><Relationship Id=\"r1\" Type=\"\(office)\""
                    + " Target=\"word/document.xml\"/></Relationships>"
            ),
            (
                "word/document.xml",
                "<w:document xmlns:w=\"\(word)\"><w:body>\(paragraphs.joined())</w:body></w:document>"
            ),
        ]
        return zip(parts.map { Member(name: $0.0, content: Array((head + $0.1).utf8)) })
    }

    /// A page with lines of text. Letters outside of Latin-1 become `?`.
    static func pdf(_ text: String) -> [UInt8] {
        var page = "BT /F1 11 Tf 50 790 Td 14 TL\n"
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var literal = ""
            for scalar in line.unicodeScalars {
                switch scalar.value {
                case 0x28, 0x29, 0x5C: literal += "\\\(scalar)"
                case 0x20..<0x7F: literal.unicodeScalars.append(scalar)
                case 0xA0..<0x100: literal += "\\" + String(scalar.value, radix: 8)
                default: literal += "?"
                }
            }
            page += "(\(literal)) Tj T*\n"
        }
        page += "ET"
        let objects = [
            "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
                + " /Resources << /Font << /F1 4 0 R >> >> >>",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            "<< /Length \(page.utf8.count) >>\nstream\n\(page)\nendstream",
        ]
        var out = "%PDF-1.4\n"
        var offsets: [Int] = []
        for (index, object) in objects.enumerated() {
            offsets.append(out.utf8.count)
            out += "\(index + 1) 0 obj\n\(object)\nendobj\n"
        }
        let table = out.utf8.count
        out += "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
        for offset in offsets {
            let digits = String(offset)
            out += "\(String(repeating: "0", count: max(0, 10 - digits.count)))\(digits) 00000 n \n"
        }
        out += "trailer\n<< /Size \(objects.count + 1) /Root 1 0 R >>\nstartxref\n\(table)\n%%EOF\n"
        return Array(out.utf8)
    }

    private static func little(_ value: Int, _ octets: Int) -> [UInt8] {
        (0..<octets).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// CRC-32 of ISO 3309.
    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }
}
