// What stands at the head and foot of a printed sheet (ECMA-376 part 1, 18.3.1.46): a text with codes. Pure; linear.

/// Heads and feet of sheets.
enum SheetHeading {
    static let elements: Set<String> = [
        "oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter",
    ]

    /// The text without codes, its three sections on a line each.
    static func shown(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        var rest = text
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "&"), let code = rest.popFirst() else {
                output.append(octet)
                continue
            }
            switch code {
            case UInt8(ascii: "&"): output.append(code)
            case UInt8(ascii: "L"), UInt8(ascii: "C"), UInt8(ascii: "R"):
                if let last = output.last, last != 10 { output.append(10) }
            case UInt8(ascii: "\""):
                // A font.
                rest = rest.drop { $0 != UInt8(ascii: "\"") }.dropFirst()
            case UInt8(ascii: "K"):
                // A colour: RRGGBB, or TT+SSS of a theme.
                rest = rest.dropFirst(6)
            case 48...57:
                // A size, of two digits mostly.
                if let next = rest.first, (48...57).contains(next) { rest = rest.dropFirst() }
            default: break
            }
        }
        return output
    }
}
