// Charsets of real mail, and octets that do not fit them.

import MIME
import Testing

@Suite struct CharsetTests {
    static let good: [(String, [UInt8], String)] = [
        ("utf-8", Array("zażółć".utf8), "zażółć"), ("\"UTF8\"", [0xEF, 0xBB, 0xBF, 0x61], "a"),
        ("iso-8859-1", [0x63, 0xE9, 0x80], "cé€"), ("Latin1", [0xE9], "é"), ("cp1252", [0x93, 0x61, 0x94], "“a”"),
        ("ISO_8859-15", [0xA4], "€"), ("iso8859-2", [0xB1], "ą"), ("windows-1251", [0xCF, 0xF0], "Пр"),
        ("koi8-r", [0xF0, 0xD2], "Пр"), ("koi8-u", [0xB4], "Є"), ("windows-1250", [0xB9], "ą"),
        ("gb2312", [0xD6, 0xD0], "中"), ("GBK", [0xE9, 0x46], "镕"), ("gb18030", [0x95, 0x34, 0xB0, 0x31], "𠮟"),
        ("big5", [0xA4, 0xA4], "中"), ("shift_jis", [0x83, 0x65, 0x87, 0x40], "テ①"), ("euc-jp", [0xA5, 0xC6], "テ"),
        ("iso-2022-jp", [0x1B, 0x24, 0x42, 0x25, 0x46, 0x1B, 0x28, 0x42, 0x61], "テa"), ("euc-kr", [0xB1, 0xE2], "기"),
        ("ks_c_5601-1987", [0x8C, 0x63], "똠"), ("utf-16le", [0x61, 0, 0xAC, 0x20], "a€"),
        ("utf-16be", [0x20, 0xAC], "€"),
        ("UTF-16", [0xFF, 0xFE, 0x61, 0], "a"), ("UTF-16", [0xFE, 0xFF, 0, 0x61], "a"),
        ("utf-7", Array("+IKw-".utf8), "€"),
        ("tis-620", [0xA1], "ก"), ("iso-8859-8-i", [0xE0], "א"), ("windows-1256", [0xC7], "ا"), ("ibm850", [0x82], "é"),
        ("macintosh", [0x8E], "é"), ("viscii", [0xE9], "é"), ("windows-1255", [0xE0], "א"), ("us-ascii", [0x41], "A"),
    ]
    @Test(arguments: good) func decodes(_ name: String, _ octets: [UInt8], _ text: String) throws {
        let decoded = try #require(Charset.decode(octets, declared: name))
        #expect(decoded.text == text)
        #expect(decoded.isClean)
    }

    static let damaged: [(String?, [UInt8], String)] = [
        ("utf-8", [0x61, 0xFF, 0x62], "a\u{FFFD}b"), (nil, [0x61, 0xE9], "aé"), ("us-ascii", Array("é".utf8), "é"),
        (nil, [0xC3, 0xA9, 0xE9, 0x62, 0xC3], "ééb\u{C3}"), ("euc-jp", [0x61, 0xFF, 0x62], "a\u{FFFD}b"),
        ("shift_jis", [0x61, 0x83], "a\u{FFFD}"), ("iso-2022-jp", [0x61, 0xE9, 0x62], "a\u{FFFD}b"),
        ("utf-16le", [0x61, 0, 0x62], "a\u{FFFD}"), ("utf-16", [0x61, 0, 0x62, 0], "ab"),
        ("utf-16", [0, 0x61, 0, 0x62], "ab"),
        ("gb18030", [0xFF, 0x61], "\u{FFFD}a"),
    ]
    @Test(arguments: damaged) func keepsWhatCanBeRead(_ name: String?, _ octets: [UInt8], _ text: String) throws {
        let decoded = try #require(Charset.decode(octets, declared: name))
        #expect(decoded.text == text)
        #expect(!decoded.isClean)
    }

    /// Names go to the C library only from our own table.
    @Test(arguments: [
        "klingon", "", "../../etc/passwd", "UTF-8//TRANSLIT//", "INTERNAL", "iso-8859-99", "\u{0}", "wchar_t",
    ])
    func refusesUnknownNames(_ name: String) {
        #expect(Charset.decode([0x61], declared: name) == nil || name == "")
    }

    /// Every name of the table can really be opened here.
    @Test func opensEveryCharset() {
        for name in Charset.knownNames {
            #expect(Charset.decode([0x41, 0x42, 0x43, 0x44], declared: name) != nil, "\(name)")
            #expect(Charset.decode([], declared: name)?.text == "", "\(name)")
        }
    }

    @Test func survivesEveryOctetInEveryCharset() {
        let octets = (0..<2048).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 / 256) }
        for name in Charset.knownNames { #expect(Charset.decode(octets, declared: name) != nil) }
    }
}
