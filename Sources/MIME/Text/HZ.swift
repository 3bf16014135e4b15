// HZ (RFC 1843), the Chinese of old newsgroups, which the C library does not have: GB 2312 in seven bits between `~{`
// and `~}`. And escapes of ISO 2022, which a program shows as nothing that does not know them. Pure; linear.

enum HZ {
    /// The same text as octets of GB 2312 (EUC-CN).
    static func asGB2312(_ octets: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(octets.count)
        var isTwo = false
        var place = 0
        while place < octets.count {
            let octet = octets[place]
            let next = place + 1 < octets.count ? octets[place + 1] : 0
            switch (octet, next) {
            case (UInt8(ascii: "~"), UInt8(ascii: "{")): isTwo = true
            case (UInt8(ascii: "~"), UInt8(ascii: "}")): isTwo = false
            case (UInt8(ascii: "~"), UInt8(ascii: "~")) where !isTwo: output.append(octet)
            // A line that goes on.
            case (UInt8(ascii: "~"), 10) where !isTwo: break
            case (33...126, 33...126) where isTwo: output += [octet | 0x80, next | 0x80]
            default:
                // A line end ends it (RFC 1843 section 1).
                if octet == 10 { isTwo = false }
                output.append(octet)
                place += 1
                continue
            }
            place += 2
        }
        return output
    }
}

enum ISO2022 {
    /// The octets with a space for every escape (ECMA-35 section 13.2.1: ESC, octets of column 2, a final one).
    static func withoutEscapes(_ octets: [UInt8]) -> [UInt8] {
        guard octets.contains(0x1B) else { return octets }
        var output: [UInt8] = []
        output.reserveCapacity(octets.count)
        var place = 0
        while place < octets.count {
            guard octets[place] == 0x1B else {
                output.append(octets[place])
                place += 1
                continue
            }
            place += 1
            while place < octets.count, (0x20...0x2F).contains(octets[place]) { place += 1 }
            // `$@` and `$B` are short for `$(@` and `$(B`.
            if place < octets.count, (0x30...0x7E).contains(octets[place]) { place += 1 }
            output.append(32)
        }
        return output
    }
}
