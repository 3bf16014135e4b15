// Business identifier codes (ISO 9362): four letters, a country, two letters or digits, three more or none. There is no
// check sum, and every eighth word in capitals has the form: so `BIC` or `SWIFT` must stand near. Countries of ISO
// 3166-1. Pure.

/// How BICs are written.
enum BIC {
    static let numbers = NumberForm(
        ways: [.init("aaaaaaccccc", needsWord: true), .init("aaaaaacc", needsWord: true)], words: ["bic", "swift"],
        reach: (40, 20), upperCaseOnly: true,
        isValid: { value in countries.contains(UInt16(value[4]) << 8 | UInt16(value[5])) && !isWord(value) })

    /// Words in capitals that stand beside `BIC` themselves.
    private static func isWord(_ value: NumberValue) -> Bool {
        ["REMITTER", "RECEIVER", "CUSTOMER"].contains(String(decoding: value, as: UTF8.self))
    }

    private static let countries: Set<UInt16> = {
        let list = """
            ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCV\
            CWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIM\
            INIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMW\
            MXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSS\
            STSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW
            """
        let octets = Array(list.utf8)
        return Set(
            stride(from: 0, to: octets.count - 1, by: 2).map { UInt16(octets[$0]) << 8 | UInt16(octets[$0 + 1]) })
    }()
}
