// Private keys as text: PEM (RFC 7468, RFC 5958, RFC 1421 as OpenSSL writes it), OpenSSH (PROTOCOL.key), OpenPGP (RFC
// 9580 section 6.2), SSH2 (RFC 4716's form) and PuTTY files. A heading alone, as this one mentions `PRIVATE KEY`, is
// none: base64 must follow. Pure.

/// Finds private keys.
enum PrivateKeys {
    /// Base64 digits in a row that must stand behind the heading, and how far behind.
    private static let leastDigits = 32
    private static let reachBytes = 600

    /// See ``Detector/find(in:_:)``. The value is the beginning of the key's base64.
    static func find(
        in text: UnsafeBufferPointer<UInt8>, _ work: inout DetectorWork, _ found: Detector.Found
    ) {
        var index = 0
        while index + 1 < text.count {
            defer { index += 1 }
            guard text[index] | 0x20 == UInt8(ascii: "p") else { continue }
            let heading: Int
            switch text[index + 1] | 0x20 {
            case UInt8(ascii: "r"), UInt8(ascii: "u"):
                if let end = Literal.end("PRIVATE KEY", text, index), isPEM(text, index, end) {
                    heading = end
                } else if let end = Literal.end("PUTTY-USER-KEY-FILE-", text, index) {
                    heading = end
                } else {
                    continue
                }
            default: continue
            }
            guard work.step(bytes: reachBytes) else { return }
            guard let key = body(text, from: heading) else { continue }
            if !found(Array(text[key.prefix(64)]), index..<key.upperBound) { return }
            index = key.upperBound
        }
    }

    /// `-----BEGIN … PRIVATE KEY-----`, `… PRIVATE KEY BLOCK-----`, `---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----`.
    private static func isPEM(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        var behind = Literal.end(" BLOCK", text, end) ?? end
        if behind < text.count, text[behind] == 32 { behind += 1 }
        guard Literal.end("----", text, behind) != nil else { return false }
        let before = max(0, start - 40)
        return (before..<start).contains { Literal.end("BEGIN", text, $0) != nil }
    }

    private static func body(_ text: UnsafeBufferPointer<UInt8>, from heading: Int) -> Range<Int>? {
        let limit = min(text.count, heading + reachBytes)
        var index = heading
        while index < limit {
            let start = index
            while index < text.count, index - start < 4096, isBase64(text[index]) { index += 1 }
            if index - start >= leastDigits { return start..<index }
            index += 1
        }
        return nil
    }

    private static func isBase64(_ octet: UInt8) -> Bool {
        Octet.isWord(octet) || octet == UInt8(ascii: "+") || octet == UInt8(ascii: "/") || octet == UInt8(ascii: "=")
    }
}

/// Literal text without regard to case.
enum Literal {
    /// Where a literal in upper case ends that starts at an offset; nil where it does not stand there.
    static func end(_ literal: StaticString, _ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
        let length = literal.utf8CodeUnitCount
        guard start >= 0, start + length <= text.count else { return nil }
        for offset in 0..<length where Octet.upper(text[start + offset]) != literal.utf8Start[offset] { return nil }
        return start + length
    }
}
