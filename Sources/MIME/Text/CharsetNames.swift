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

    /// True where ASCII octets are ASCII in a charset. Of a name that nobody knows that is so unless it belongs to a
    /// family that writes letters as other octets.
    static func keepsASCII(_ name: String) -> Bool {
        switch encoding(name) {
        case .utf8, .ascii, .windows1252: return true
        case .utf16: return false
        case .iconv(let known): return !["UTF-", "ISO-2022", "HZ"].contains(where: known.hasPrefix)
        case nil: return !hidesLetters(name)
        }
    }

    /// Charsets in which ASCII letters are written as other octets: unknown to us, they can hide what a text says.
    static func hidesLetters(_ label: String) -> Bool {
        let label = label.lowercased()
        return ["utf", "ucs", "unicode", "10646", "2022", "hz", "ebcdic", "cp037", "ibm"].contains {
            label.contains($0)
        }
    }

    static var known: [String] { table.keys.sorted() }

    /// Names of iconv to labels of the WHATWG, where these are not the same but for their case.
    private static let webLabels = [
        "CP874": "windows-874", "CP932": "shift_jis", "EUC-JP-MS": "euc-jp", "CP949": "euc-kr", "CP866": "ibm866",
        "BIG5-HKSCS": "big5", "MAC-CYRILLIC": "x-mac-cyrillic",
    ]

    /// The label of a browser's decoder, or nil where it has none. Not of UTF-16 by its byte order mark, which browsers
    /// take for little-endian, nor of ISO-2022-JP with characters that theirs lacks.
    static func webLabel(_ encoding: CharsetEncoding) -> String? {
        switch encoding {
        case .utf8: return "utf-8"
        case .ascii: return "us-ascii"
        case .windows1252: return "windows-1252"
        case .utf16: return nil
        case .iconv(let name):
            if let label = webLabels[name] { return label }
            if ["CP1250", "CP1251", "CP1253", "CP1254", "CP1255", "CP1256", "CP1257", "CP1258"].contains(name) {
                return "windows-\(name.dropFirst(2))"
            }
            let same = ["ISO-8859-", "KOI8-", "MACINTOSH", "GB18030", "UTF-16"]
            return same.contains(where: name.hasPrefix) ? name.lowercased() : nil
        }
    }

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
        (.utf8, "utf8 utf8mac unicode11utf8 unicode20utf8 xunicode20utf8 csutf8 utf8mb4"),
        (.ascii, "usascii ascii ansix341968 ansix341986 iso646us iso646irv1991 us csascii cp367 ibm367 isoir6 646"),
        (.windows1252, "windows1252 cp1252 xcp1252 win1252 ansi xansi iso88591 iso885911987 latin1 l1 cp819 ibm819"),
        (.windows1252, "isoir100 csisolatin1 88591 isolatin1"),
        (.utf16, "utf16 ucs2 iso10646ucs2 csunicode unicode csutf16"),
        (.iconv("UTF-16LE"), "utf16le ucs2le unicodefeff"), (.iconv("UTF-16BE"), "utf16be ucs2be unicodefffe"),
        (.iconv("UTF-32"), "utf32 ucs4 iso10646ucs4"), (.iconv("UTF-32LE"), "utf32le ucs4le"),
        (.iconv("UTF-32BE"), "utf32be ucs4be"), (.iconv("UTF-7"), "utf7 unicode11utf7 unicode20utf7 csunicode11utf7"),
        (.iconv("ISO-8859-2"), "latin2 l2 iso885921987 csisolatin2 isoir101"),
        (.iconv("ISO-8859-3"), "latin3 l3 iso885931988 csisolatin3 isoir109"),
        (.iconv("ISO-8859-4"), "latin4 l4 iso885941988 csisolatin4 isoir110"),
        (.iconv("ISO-8859-5"), "cyrillic iso885951988 csisolatincyrillic isoir144"),
        (
            .iconv("ISO-8859-6"),
            "arabic iso885961987 iso88596i iso88596e asmo708 ecma114 csisolatinarabic csiso88596e csiso88596i isoir127"
        ),
        (.iconv("ISO-8859-7"), "greek greek8 iso885971987 elot928 ecma118 suneugreek csisolatingreek isoir126"),
        (
            .iconv("ISO-8859-8"),
            """
            hebrew iso88598 iso88598i iso88598e iso885981988 logical \
            visual csisolatinhebrew csiso88598e csiso88598i isoir138
            """
        ),
        (.iconv("CP1254"), "iso88599 iso885991989 latin5 l5 csisolatin5 isoir148"),
        (.iconv("ISO-8859-10"), "latin6 l6 csisolatin6 isoir157"),
        (.iconv("ISO-8859-15"), "latin9 l9 csisolatin9 latin0"), (.iconv("ISO-8859-16"), "latin10"),
        (.iconv("CP874"), "windows874 cp874 tis620 tis62025330 iso885911 tis62025291 dos874"),
        (.iconv("KOI8-R"), "koi8r koi8 koi cskoi8r"), (.iconv("KOI8-U"), "koi8u koi8ru"),
        (.iconv("MACINTOSH"), "macintosh mac xmacroman macroman csmacintosh"),
        (.iconv("MAC-CYRILLIC"), "maccyrillic xmaccyrillic xmacukrainian"),
        (.iconv("CP932"), "shiftjis sjis xsjis cp932 windows31j mskanji csshiftjis mscp932 ms932"),
        (.iconv("EUC-JP-MS"), "eucjp xeucjp eucjpms cseucpkdfmtjapanese eucjpwin cp51932"),
        (
            .iconv("ISO-2022-JP-3"),
            "iso2022jp iso2022jp1 iso2022jp3 iso2022jpms csiso2022jp cp50220 cp50221 cp50222 jis"
        ),
        (.iconv("ISO-2022-JP-2"), "iso2022jp2 csiso2022jp2"),
        (
            .iconv("CP949"),
            "euckr ksc56011987 ksc5601 ksc56011989 korean cp949 windows949 uhc cseuckr ms949 csksc56011987 isoir149"
        ),
        (.iconv("ISO-2022-KR"), "iso2022kr csiso2022kr"), (.iconv("ISO-2022-CN"), "iso2022cn"),
        (
            .iconv("GB18030"),
            """
            gb18030 gbk gb2312 cngb gb231280 xgbk cp936 windows936 ms936 euccn chinese csgb2312 csiso58gb231280 isoir58
            """
        ),
        (.iconv("HZ"), "hz hzgb hzgb2312"),
        (.iconv("BIG5-HKSCS"), "big5 cnbig5 xxbig5 big5hkscs csbig5 cp950 windows950"),
        (.iconv("EUC-TW"), "euctw xeuctw"), (.iconv("CP866"), "csibm866"),
        (.iconv("VISCII"), "viscii csviscii"), (.iconv("TCVN5712-1"), "tcvn tcvn5712 tcvn57121"),
        (.iconv("ARMSCII-8"), "armscii8"), (.iconv("GEORGIAN-PS"), "georgianps"),
        (.iconv("GEORGIAN-ACADEMY"), "georgianacademy"), (.iconv("HP-ROMAN8"), "hproman8 roman8"),
    ]
}
