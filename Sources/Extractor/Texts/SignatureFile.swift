// Detached signatures of S/MIME (RFC 8551 section 3.5.3): one ContentInfo of CMS (RFC 5652) that is as long as the
// file, holds signed data, and no content of its own. Whatever else is called a signature is a file like others. Pure;
// linear.

/// CMS signatures.
package enum SignatureFile {
    /// `signedData`, 1.2.840.113549.1.7.2, as an OBJECT IDENTIFIER.
    private static let signedData: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02]

    /// True for a signature over something that lies elsewhere.
    package static func isDetached(_ octets: [UInt8]) -> Bool {
        guard octets.count <= 256 * 1024, let whole = element(octets[...]), whole.tag == 0x30, whole.end == octets.count
        else { return false }
        let inside = octets[whole.contents]
        guard inside.starts(with: signedData), let wrapper = element(inside.dropFirst(signedData.count)),
            wrapper.tag == 0xA0, wrapper.end == whole.contents.upperBound,
            let body = element(octets[wrapper.contents]), body.tag == 0x30
        else { return false }
        // version, digestAlgorithms, encapContentInfo
        guard let version = element(octets[body.contents]), version.tag == 0x02,
            let digests = element(octets[version.end..<body.contents.upperBound]), digests.tag == 0x31,
            let content = element(octets[digests.end..<body.contents.upperBound]), content.tag == 0x30,
            let kind = element(octets[content.contents]), kind.tag == 0x06
        else { return false }
        // Nothing behind the type of the content: it is detached.
        return kind.end == content.contents.upperBound
    }

    private struct Element {
        let tag: UInt8
        /// Without the marks of an indefinite length.
        let contents: Range<Int>
        let end: Int
    }

    /// The element that begins here; some programs write lengths that are indefinite (BER).
    private static func element(_ octets: ArraySlice<UInt8>, depth: Int = 0) -> Element? {
        guard depth < 32, octets.count >= 2, let tag = octets.first, tag & 0x1F != 0x1F else { return nil }
        var place = octets.startIndex + 1
        let first = octets[place]
        place += 1
        if first == 0x80 {
            let start = place
            while place + 2 <= octets.endIndex {
                if octets[place] == 0, octets[place + 1] == 0 {
                    return Element(tag: tag, contents: start..<place, end: place + 2)
                }
                guard let inner = element(octets[place...], depth: depth + 1) else { return nil }
                place = inner.end
            }
            return nil
        }
        var length = Int(first)
        if first > 0x80 {
            let count = Int(first & 0x7F)
            guard count <= 4, place + count <= octets.endIndex else { return nil }
            length = octets[place..<(place + count)].reduce(0) { $0 << 8 | Int($1) }
            place += count
        }
        guard length <= octets.endIndex - place else { return nil }
        return Element(tag: tag, contents: place..<(place + length), end: place + length)
    }
}
