// HTML that cannot be broken by what is put into it: only ``Markup`` made here or of literals is written as it is,
// every other text is escaped, and characters that would hide or turn it round are shown by their number.

/// A piece of HTML.
struct Markup: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    /// The HTML.
    private(set) var text: String

    /// A literal of ours.
    init(stringLiteral value: String) { text = value }

    /// A literal of ours with values in it: texts are escaped, markup is not.
    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.out }

    private init(raw: String) { text = raw }

    struct StringInterpolation: StringInterpolationProtocol {
        var out = ""
        init(literalCapacity: Int, interpolationCount: Int) { out.reserveCapacity(literalCapacity * 2) }
        mutating func appendLiteral(_ literal: String) { out += literal }
        mutating func appendInterpolation(_ markup: Markup) { out += markup.text }
        mutating func appendInterpolation(_ text: String) { out += Markup.escape(text) }
        mutating func appendInterpolation(_ number: Int) { out += String(number) }
    }

    static func + (left: Markup, right: Markup) -> Markup { Markup(raw: left.text + right.text) }
    static func += (left: inout Markup, right: Markup) { left.text += right.text }

    /// For text and for attributes in double or single quotes.
    static func escape(_ text: String) -> String {
        var out = ""
        out.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            case "\n": out += "\n"
            case "\u{A0}", "\u{202F}": out.unicodeScalars.append(scalar)
            default:
                if isTreacherous(scalar) {
                    out += "[U+\(String(scalar.value, radix: 16, uppercase: true))]"
                } else {
                    out.unicodeScalars.append(scalar)
                }
            }
        }
        return out
    }

    /// Control and format characters: among them those that turn the direction of what follows, or are not seen.
    private static func isTreacherous(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate: true
        default: false
        }
    }
}

extension Sequence<Markup> {
    /// One after the other.
    func joined(_ separator: Markup = "") -> Markup {
        var out: Markup = ""
        for (index, piece) in self.enumerated() { out += index == 0 ? piece : separator + piece }
        return out
    }
}

extension DefaultStringInterpolation {
    /// Markup in a text would be shown as Swift's description of it: it does not compile.
    @available(*, unavailable, message: "give the text the type Markup")
    mutating func appendInterpolation(_ markup: Markup) {}
}
