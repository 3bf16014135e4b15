// SMTP replies (RFC 5321 section 4.2, RFC 2034): the value and its spelling on the wire.
// Takes text from anywhere; what it gives is printable ASCII in short lines. Pure; cannot fail.

package import Mail
package import NIOCore

/// One reply: code, enhanced status code, lines of text.
///
/// `550-5.7.1 first line` CRLF `550 5.7.1 last line` CRLF
package struct Reply: Sendable, Equatable, CustomStringConvertible {
    /// Text longer than this is wrapped into several lines, in octets (RFC 5321 section 4.5.3.1.5 allows 512 in all).
    package static let lineTextBytes = 400
    /// Lines of one reply that are made at most from a text; what is longer is cut.
    package static let wrappedLines = 20

    /// Three digits, 200 to 599.
    package let code: Int
    /// `class.subject.detail` (RFC 3463), or nil where the reply has none (greeting, EHLO, 354).
    package let enhanced: String?
    /// Text of each line, without codes; never empty.
    package let lines: [String]

    /// A reply whose text is made fit for the wire: printable ASCII, wrapped where it is long.
    /// - Parameters:
    ///   - code: 200 to 599; anything else becomes 451, because a code out of range would break the dialogue.
    ///   - enhanced: `x.y.z`; dropped where it is malformed or of another class than the code.
    package init(_ code: Int, _ enhanced: String?, _ text: String) {
        self.init(code, enhanced, lines: Self.wrapped(Self.printable(text)))
    }

    /// A reply of several lines, each made printable; none is wrapped. No line at all becomes one empty line.
    package init(_ code: Int, _ enhanced: String? = nil, lines: [String]) {
        self.code = (200..<600).contains(code) ? code : 451
        self.enhanced = enhanced.flatMap { [code = self.code] in Self.isEnhanced($0[...], for: code) ? $0 : nil }
        self.lines = lines.isEmpty ? [""] : lines.map(Self.printable)
    }

    /// The reply to a refused message or recipient: its codes and its public text, never its detail.
    ///
    /// 421 speaks of the connection, not of the message (RFC 5321 section 3.8): one that the next hop said to us
    /// becomes 451, because our own connection stays open.
    package init(_ refusal: Refusal) {
        self.init(refusal.replyCode == 421 ? 451 : refusal.replyCode, refusal.enhancedCode, refusal.publicText)
    }

    /// 2xx.
    package var isPositive: Bool { code < 300 }
    /// 3xx: go on (354 after DATA).
    package var isIntermediate: Bool { (300..<400).contains(code) }
    /// 4xx: try again later.
    package var isTransient: Bool { (400..<500).contains(code) }
    /// 5xx: do not try again.
    package var isPermanent: Bool { code >= 500 }
    /// All lines as one, for a log or a refusal.
    package var text: String { lines.joined(separator: " ") }
    /// The reply as one line, for a log: `550 5.7.1 text`.
    package var description: String {
        [String(code), enhanced ?? "", text].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// Appends the reply to `target` as it goes over the wire.
    package func encode(into target: inout ByteBuffer) {
        for (index, line) in lines.enumerated() {
            target.writeString(String(code))
            target.writeInteger(UInt8(ascii: index == lines.count - 1 ? " " : "-"))
            if let enhanced {
                target.writeString(enhanced)
                target.writeInteger(UInt8(ascii: " "))
            }
            target.writeString(line)
            target.writeStaticString("\r\n")
        }
    }

    /// True for `2.1.0` and the like whose class is the first digit of `code` (RFC 2034 section 4).
    package static func isEnhanced(_ text: Substring, for code: Int) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ (1...3).contains($0.count) && $0.allSatisfy(isDigit) }) else {
            return false
        }
        return parts[0].count == 1 && parts[0].first == UInt8(truncatingIfNeeded: 48 + code / 100)
            && [2, 4, 5].contains(code / 100)
    }

    /// One line of printable ASCII: control characters and white space become single spaces, other scalars `?`.
    package static func printable(_ text: String) -> String {
        if text.utf8.allSatisfy({ (33...126).contains($0) || $0 == 32 }) { return text }
        var result = ""
        var pendingSpace = false
        for scalar in text.unicodeScalars {
            if scalar.value <= 32 || (127...159).contains(scalar.value) || scalar.properties.isWhitespace {
                pendingSpace = !result.isEmpty
                continue
            }
            if pendingSpace { result.append(" ") }
            pendingSpace = false
            result.unicodeScalars.append(scalar.isASCII ? scalar : "?")
        }
        return result
    }

    /// Cuts printable ASCII into lines of at most ``lineTextBytes``, at a space where there is one.
    private static func wrapped(_ text: String) -> [String] {
        guard text.utf8.count > lineTextBytes else { return [text] }
        var rest = text.utf8[...]
        var lines: [String] = []
        while rest.count > lineTextBytes, lines.count < wrappedLines - 1 {
            let window = rest.prefix(lineTextBytes + 1)
            let cut = window.dropFirst().lastIndex(of: 32) ?? window.index(before: window.endIndex)
            lines.append(String(Substring(rest[..<cut])))
            rest = rest[cut...].drop { $0 == 32 }
        }
        lines.append(String(Substring(rest.prefix(lineTextBytes))))
        return lines
    }

    private static func isDigit(_ octet: UInt8) -> Bool { (48...57).contains(octet) }
}
