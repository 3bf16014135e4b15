// What programs make of a transfer encoding that is not what it says: base64 with other characters in it, plain text
// that is called base64, a word for an encoding that nobody knows. Only odd mail comes here. Linear.

import Mail
import Packets

extension PartBuilder {
    /// Further readings of base64 that is odd: by a program that stops there (and what stands behind it, on its own),
    /// by one that leaves out whole lines which are no base64, and by one that shows it as it stands.
    func oddBase64(
        _ body: Range<Int>, _ decoded: TransferDecoder.Decoded, stoppedAt end: Int, declared: String?
    ) throws -> [String] {
        func text(_ octets: some Sequence<UInt8>) -> String {
            CharsetReadings(Array(octets), declared: declared).texts.first ?? ""
        }
        var readings: [String] = []
        if end > 0, end < decoded.octets.count {
            readings.append(text(decoded.octets[..<end]) + "\n" + text(decoded.octets[end...]))
        }
        let raw = try bytes.slice(body).copy()
        // One form: what stands there is either base64 or not, so nothing is counted twice.
        let whole = raw.split(separator: 10).map { $0.trimmingBlanks }
            .filter { line in line.allSatisfy { $0 > 32 && Base64Kernels.values[Int($0)] != Base64Kernels.invalid } }
        readings.append(text(TransferDecoder.base64(Array(whole.joined())).octets) + "\n" + text(raw))
        return readings
    }

    /// True where octets say the same in every charset that is left where a label is doubtful.
    static func isPlainASCII(_ octets: [UInt8]) -> Bool {
        octets.allSatisfy { (32..<127).contains($0) || (9...13).contains($0) }
    }

    /// True for a text that stands as it is although its encoding has a name that nobody knows (`unencoded`). Then that
    /// is no problem of it.
    mutating func isPlainDespite(_ token: String, _ entity: ScannedEntity, _ body: Range<Int>) throws -> Bool {
        guard !UnknownEncoding.isName(token) else { return false }
        let octets = try bytes.slice(body).copy()
        work.steps += octets.count
        guard Self.isPlainASCII(octets), !UnknownEncoding.looksEncoded(octets) else { return false }
        if !entity.content.encodingsDiffer {
            problems.removeAll { $0.kind == .badTransferEncoding && $0.path == entity.path }
        }
        return true
    }
}

/// Encodings that are not known here, by name and by look.
enum UnknownEncoding {
    /// Pieces of names that stand for a real encoding, whatever the text looks like.
    private static let names = [
        "yenc", "hex", "base", "b64", "radix", "85", "zip", "flate", "btoa", "rot", "uu", "xx", "quot", "press",
        "crypt", "punycode", "utf-7", "utf7", "boo", "qp", "morse", "pgp",
    ]

    static func isName(_ token: String) -> Bool { names.contains(where: token.contains) }

    /// True where a word of the text is none: long, of base64's letters in both cases with digits or padding, of
    /// hexadecimal digits, or with octets as quoted-printable and URLs write them.
    static func looksEncoded(_ octets: [UInt8]) -> Bool {
        for word in octets.split(whereSeparator: { $0 <= 32 }) {
            if word.count >= 16, looksLikeBase64(word) { return true }
            if word.count >= 26, word.allSatisfy({ hexValue($0) != nil }) { return true }
            if word.last == UInt8(ascii: "=") || holdsEscape(word) { return true }
        }
        return false
    }

    private static func looksLikeBase64(_ word: ArraySlice<UInt8>) -> Bool {
        var kinds: UInt8 = 0
        for octet in word {
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): kinds |= 1
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): kinds |= 2
            case UInt8(ascii: "0")...UInt8(ascii: "9"): kinds |= 4
            case UInt8(ascii: "="): kinds |= 8
            case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "_"): break
            default: return false
            }
        }
        return kinds & 3 == 3 && (kinds > 3 || word.count >= 40)
    }

    private static func holdsEscape(_ word: ArraySlice<UInt8>) -> Bool {
        var place = word.startIndex
        while place + 2 < word.endIndex {
            if word[place] == UInt8(ascii: "=") || word[place] == UInt8(ascii: "%"), hexValue(word[place + 1]) != nil,
                hexValue(word[place + 2]) != nil
            {
                return true
            }
            place += 1
        }
        return false
    }
}

extension ArraySlice<UInt8> {
    /// Without white space at its ends.
    fileprivate var trimmingBlanks: ArraySlice<UInt8> {
        var line = drop { $0 <= 32 }
        while let last = line.last, last <= 32 { line.removeLast() }
        return line
    }
}
