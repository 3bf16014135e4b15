// What an HTML mail quotes of another: what stands in `<blockquote>`. Pure; linear.

/// Takes quotations out of HTML.
package enum HTMLQuotes {
    /// The document without its quotations, as a reader sees it (in both forms where they differ) and as it is written.
    /// - Returns: nil where it quotes nothing. A quotation that never ends is none.
    package static func removed(from html: String) -> [String]? {
        var html = html
        let kept = html.withUTF8 { octets -> [UInt8]? in unquoted(octets) }
        guard let kept else { return nil }
        let text = String(decoding: kept, as: UTF8.self)
        var work = WorkCounter()
        let (visible, shown) = HTMLText.forms(text, work: &work)
        return [shown, visible, text].compactMap { $0 }
    }

    private static func unquoted(_ octets: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var kept: [UInt8] = []
        var copied = 0
        var starts: [Int] = []
        var index = 0
        while index < octets.count {
            guard octets[index] == UInt8(ascii: "<") else {
                index += 1
                continue
            }
            if isTag("<blockquote", octets, index) {
                starts.append(index)
            } else if isTag("</blockquote", octets, index), let start = starts.popLast(), starts.isEmpty {
                kept.append(contentsOf: octets[copied..<start])
                copied = index
            }
            index += 1
        }
        guard copied > 0 else { return nil }
        kept.append(contentsOf: octets[copied...])
        return kept
    }

    private static func isTag(_ name: StaticString, _ octets: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
        let end = start + name.utf8CodeUnitCount
        guard end < octets.count else { return false }
        for offset in 0..<name.utf8CodeUnitCount {
            let octet = octets[start + offset]
            let lower = octet &- 65 < 26 ? octet | 0x20 : octet
            if lower != name.utf8Start[offset] { return false }
        }
        return octets[end] <= 32 || octets[end] == UInt8(ascii: ">") || octets[end] == UInt8(ascii: "/")
    }
}
