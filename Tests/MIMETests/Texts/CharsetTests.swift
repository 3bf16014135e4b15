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

    /// Every label of the WHATWG Encoding standard (section 4.2) but those of `replacement` and `x-user-defined`, which
    /// are read as their octets.
    @Test func knowsTheLabelsOfBrowsers() {
        let labels = """
            unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8 866 cp866 csibm866 ibm866
            csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2 csisolatin3
            iso-8859-3 iso-ir-109 iso_8859-3:1988 l3 latin3 csisolatin4 iso-8859-4 iso-ir-110 iso_8859-4:1988 l4 latin4
            csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso_8859-5:1988 arabic asmo-708 csiso88596e csiso88596i
            csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e iso-8859-6-i iso-ir-127 iso_8859-6:1987 csisolatingreek
            ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso_8859-7:1987 sun_eu_greek csiso88598e
            csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso_8859-8:1988 visual csiso88598i iso-8859-8-i
            logical csisolatin6 iso-8859-10 iso-ir-157 l6 latin6 iso-8859-13 iso8859-13 iso885913 iso-8859-14 iso885914
            csisolatin9 iso-8859-15 iso_8859-15 l9 iso-8859-16 cskoi8r koi koi8 koi8-r koi8_r koi8-ru koi8-u csmacintosh
            mac macintosh x-mac-roman dos-874 iso-8859-11 tis-620 windows-874 cp1250 windows-1250 x-cp1250 cp1251
            windows-1251 ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1
            iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252 cp1253 windows-1253 cp1254 csisolatin5 iso-8859-9
            iso-ir-148 iso_8859-9:1989 l5 latin5 windows-1254 x-cp1254 cp1255 windows-1255 cp1256 windows-1256 cp1257
            windows-1257 cp1258 windows-1258 x-mac-cyrillic x-mac-ukrainian chinese csgb2312 csiso58gb231280 gb2312
            gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk gb18030 big5 big5-hkscs cn-big5 csbig5 x-x-big5 cseucpkdfmtjapanese
            euc-jp x-euc-jp csiso2022jp iso-2022-jp csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j
            x-sjis cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601
            windows-949 unicodefffe utf-16be csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le
            """
        for label in labels.split(whereSeparator: \.isWhitespace) {
            #expect(Charset.decode([0x41, 0x42], declared: String(label)) != nil, "\(label)")
        }
    }
}
