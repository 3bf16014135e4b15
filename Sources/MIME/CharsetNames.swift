// The charsets that are read, by the names that mail uses for them (IANA's registry, its aliases, and vendors' names).
// A smaller charset is read as the larger one that mail programs take for it (WHATWG Encoding, section 4.2).

/// What a declared charset means.
enum CharsetEncoding: Equatable {
    case utf8, ascii, windows1252, utf16
    /// A name for iconv.
    case iconv(String)
}

enum CharsetNames {
    /// - Returns: nil where the name is not known.
    static func encoding(_ declared: String?) -> CharsetEncoding? {
        guard let declared else { return .ascii }
        // Hyphens, underscores and the like are written and left out at will: "iso8859-1", "ISO_8859-1:1987", "utf8".
        let key = declared.lowercased().unicodeScalars.filter { !" _-.:'\"()".unicodeScalars.contains($0) }
        return table[String(String.UnicodeScalarView(key))]
    }

    static var known: [String] { table.keys.sorted() }

    private static let table: [String: CharsetEncoding] = {
        var table: [String: CharsetEncoding] = [:]
        for (encoding, names) in groups {
            for name in names.split(separator: " ") { table[String(name)] = encoding }
        }
        for number in [2, 3, 4, 5, 6, 7, 10, 13, 14, 15, 16] {
            table["iso8859\(number)"] = .iconv("ISO-8859-\(number)")
            table["8859\(number)"] = .iconv("ISO-8859-\(number)")
        }
        for number in [1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258] {
            for prefix in ["windows", "cp", "xcp", "win"] { table["\(prefix)\(number)"] = .iconv("CP\(number)") }
        }
        for number in [437, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866, 869] {
            for prefix in ["ibm", "cp", ""] { table["\(prefix)\(number)"] = .iconv("CP\(number)") }
        }
        return table
    }()

    private static let groups: [(CharsetEncoding, String)] = [
        (.utf8, "utf8 utf8mac unicode11utf8 xunicode20utf8 csutf8 utf8mb4"),
        (.ascii, "usascii ascii ansix341968 ansix341986 iso646us iso646irv1991 us csascii cp367 ibm367 isoir6 646"),
        (.windows1252, "windows1252 cp1252 xcp1252 win1252 ansi xansi iso88591 iso885911987 latin1 l1 cp819 ibm819"),
        (.windows1252, "isoir100 csisolatin1 88591 isolatin1"),
        (.utf16, "utf16 ucs2 iso10646ucs2 csunicode unicode"),
        (.iconv("UTF-16LE"), "utf16le ucs2le"), (.iconv("UTF-16BE"), "utf16be ucs2be unicodefffe"),
        (.iconv("UTF-32"), "utf32 ucs4 iso10646ucs4"), (.iconv("UTF-32LE"), "utf32le ucs4le"),
        (.iconv("UTF-32BE"), "utf32be ucs4be"), (.iconv("UTF-7"), "utf7 unicode11utf7 unicode20utf7 csunicode11utf7"),
        (.iconv("ISO-8859-2"), "latin2 l2 iso885921987 csisolatin2"), (.iconv("ISO-8859-3"), "latin3 iso885931988"),
        (.iconv("ISO-8859-4"), "latin4 iso885941988"), (.iconv("ISO-8859-5"), "cyrillic iso885951988"),
        (.iconv("ISO-8859-6"), "arabic iso885961987 iso88596i iso88596e asmo708 ecma114"),
        (.iconv("ISO-8859-7"), "greek greek8 iso885971987 elot928 ecma118 suneugreek"),
        (.iconv("ISO-8859-8"), "hebrew iso88598 iso88598i iso88598e iso885981988 logical visual"),
        (.iconv("CP1254"), "iso88599 iso885991989 latin5 l5"), (.iconv("ISO-8859-10"), "latin6"),
        (.iconv("ISO-8859-15"), "latin9 l9 csisolatin9 latin0"), (.iconv("ISO-8859-16"), "latin10"),
        (.iconv("CP874"), "windows874 cp874 tis620 tis62025330 iso885911 tis62025291 dos874"),
        (.iconv("KOI8-R"), "koi8r koi8 koi cskoi8r"), (.iconv("KOI8-U"), "koi8u koi8ru"),
        (.iconv("MACINTOSH"), "macintosh mac xmacroman macroman"),
        (.iconv("MAC-CYRILLIC"), "maccyrillic xmaccyrillic xmacukrainian"),
        (.iconv("CP932"), "shiftjis sjis xsjis cp932 windows31j mskanji csshiftjis mscp932 ms932"),
        (.iconv("EUC-JP-MS"), "eucjp xeucjp eucjpms cseucpkdfmtjapanese eucjpwin cp51932"),
        (
            .iconv("ISO-2022-JP-3"),
            "iso2022jp iso2022jp1 iso2022jp3 iso2022jpms csiso2022jp cp50220 cp50221 cp50222 jis"
        ),
        (.iconv("ISO-2022-JP-2"), "iso2022jp2 csiso2022jp2"),
        (.iconv("CP949"), "euckr ksc56011987 ksc5601 ksc56011989 korean cp949 windows949 uhc cseuckr ms949"),
        (.iconv("ISO-2022-KR"), "iso2022kr csiso2022kr"), (.iconv("ISO-2022-CN"), "iso2022cn"),
        (.iconv("GB18030"), "gb18030 gbk gb2312 cngb gb231280 xgbk cp936 windows936 ms936 euccn chinese csgb2312"),
        (.iconv("BIG5-HKSCS"), "big5 cnbig5 xxbig5 big5hkscs csbig5 cp950 windows950"),
        (.iconv("EUC-TW"), "euctw xeuctw"),
        (.iconv("VISCII"), "viscii csviscii"), (.iconv("TCVN5712-1"), "tcvn tcvn5712 tcvn57121"),
        (.iconv("ARMSCII-8"), "armscii8"), (.iconv("GEORGIAN-PS"), "georgianps"),
        (.iconv("GEORGIAN-ACADEMY"), "georgianacademy"), (.iconv("HP-ROMAN8"), "hproman8 roman8"),
    ]
}
