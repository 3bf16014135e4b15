// What a password looks like: six to 64 characters of two kinds or more, and no placeholder, link, address or date.
// Pure.

/// Looks of passwords.
enum PasswordLook {
    typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

    private static let lengths = 6...64

    /// Six to 64 characters of at least two kinds, a digit or a sign among them; no placeholder, no link.
    static func isPassword(_ value: Bytes) -> Bool {
        guard lengths.contains(value.count), !isPlaceholder(value), !isAddress(value) else { return false }
        let kinds = Kinds(value)
        return kinds.letters && (kinds.digits || kinds.signs) || kinds.digits && kinds.signs
    }

    /// Letters and digits, and small and capital letters or (always, where `signs` asks for it) a sign among them: what
    /// no word and no number of a thing looks like.
    static func isStrong(_ value: Bytes, signs: Bool) -> Bool {
        guard lengths.contains(value.count), !isPlaceholder(value), !isAddress(value) else { return false }
        let kinds = Kinds(value)
        return kinds.letters && kinds.digits && (kinds.signs || !signs && kinds.small && kinds.capitals)
    }

    /// `alice@example.org`, without digits in the last label.
    static func isAddress(_ value: Bytes) -> Bool {
        guard let at = value.lastIndex(of: UInt8(ascii: "@")), let dot = value.lastIndex(of: UInt8(ascii: ".")),
            dot > at + 1
        else { return false }
        let label = value[(dot + 1)...]
        return label.count >= 2 && label.allSatisfy(Octet.isLetter)
    }

    /// `<your password>`, `${DB_PASSWORD}`, `{{ password }}`, `[redacted]`, `%PASSWORD%`, `********`, links and markup.
    private static func isPlaceholder(_ value: Bytes) -> Bool {
        guard let first = value.first, let last = value.last else { return true }
        if "<[{%$*(".utf8.contains(first), ">]}%*)".utf8.contains(last) { return true }
        if first == UInt8(ascii: "$") || first == UInt8(ascii: "<") { return true }
        if value.starts(with: "&nbsp;".utf8) || value.starts(with: "&lt;".utf8) { return true }
        if value.starts(with: "http".utf8) || value.starts(with: "www.".utf8) || value.starts(with: "mailto:".utf8) {
            return true
        }
        return isCall(value) || isType(value) || isPath(value) || hasFewCharacters(value)
    }

    /// `getPassword()`, `os.environ["PASSWORD"]`, `(optional`, `*required`: programs and remarks.
    private static func isCall(_ value: Bytes) -> Bool {
        let rest = value.drop { Octet.isLetter($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") }
        if rest.count < value.count, let bracket = rest.first,
            bracket == UInt8(ascii: "(") || bracket == UInt8(ascii: "[")
        {
            return !rest.contains(where: Octet.isDigit)
        }
        guard let first = value.first, "(*[".utf8.contains(first) else { return false }
        return value.dropFirst().allSatisfy { Octet.isLetter($0) || $0 >= 0x80 }
    }

    /// `Field(min_length=12)`, `varchar(255)`: what a program says of a password's kind. The bracket at the end may be
    /// gone.
    private static func isType(_ value: Bytes) -> Bool {
        let rest = value.drop { Octet.isLetter($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") }
        let name = value[value.startIndex..<rest.startIndex]
        guard name.count >= 4, rest.first == UInt8(ascii: "(") else { return false }
        let inside = rest.dropFirst()
        let argument = inside.prefix { Octet.isLetter($0) || $0 == UInt8(ascii: "_") }
        if argument.count >= 3, inside.dropFirst(argument.count).first == UInt8(ascii: "=") { return true }
        guard argument.isEmpty, types.contains(where: { name.suffix($0.count).map(Octet.lower) == $0 }) else {
            return false
        }
        return inside.allSatisfy { Octet.isDigit($0) || $0 == UInt8(ascii: ")") || $0 == UInt8(ascii: ",") }
    }

    /// Names of kinds of text in programs and data bases.
    private static let types = ["char", "string", "field", "text", "binary", "column", "length"].map { Array($0.utf8) }

    /// `id='Passw0rd1`: another attribute of a form's field, not its value.
    static func isAttribute(_ value: Bytes) -> Bool {
        let name = value.prefix { Octet.isLetter($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        guard name.count >= 2, value.dropFirst(name.count).first == UInt8(ascii: "=") else { return false }
        return !name.elementsEqual("value".utf8)
    }

    /// `/home/app/releases/20261130`, `~/keys/id1`, `C:\\Users\\app1`: two names or more, of letters, digits and few
    /// signs.
    private static func isPath(_ value: Bytes) -> Bool {
        var rest = value
        var slash = UInt8(ascii: "/")
        if rest.first == UInt8(ascii: "~") || rest.first == UInt8(ascii: ".") {
            rest = rest.drop { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: ".") }
        } else if rest.count > 3, let first = rest.first, Octet.isLetter(first),
            rest[rest.startIndex + 1] == UInt8(ascii: ":")
        {
            rest = rest.dropFirst(2)
            if rest.first == UInt8(ascii: "\\") { slash = UInt8(ascii: "\\") }
        }
        guard rest.first == slash else { return false }
        let names = rest.dropFirst().split(separator: slash, omittingEmptySubsequences: false)
        return names.count >= 2
            && names.dropLast().allSatisfy { $0.count >= 2 && $0.allSatisfy(isOfName) }
            && names.suffix(1).allSatisfy { $0.allSatisfy(isOfName) }
    }

    private static func isOfName(_ octet: UInt8) -> Bool {
        Octet.isWord(octet) || octet >= 0x80 || "-_.".utf8.contains(octet)
    }

    /// True with under four different characters.
    private static func hasFewCharacters(_ value: Bytes) -> Bool {
        var seen: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for octet in value {
            let bit = UInt64(1) << UInt64(octet & 63)
            switch octet >> 6 {
            case 0: seen.0 |= bit
            case 1: seen.1 |= bit
            case 2: seen.2 |= bit
            default: seen.3 |= bit
            }
        }
        return seen.0.nonzeroBitCount + seen.1.nonzeroBitCount + seen.2.nonzeroBitCount + seen.3.nonzeroBitCount < 4
    }

    private struct Kinds {
        var small = false
        var capitals = false
        var digits = false
        /// Signs that dates, paths and compound words do not have.
        var signs = false
        var beyond = false
        var letters: Bool { small || capitals || beyond }

        init(_ value: Bytes) {
            for octet in value {
                switch octet {
                case 48...57: digits = true
                case 65...90: capitals = true
                case 97...122: small = true
                case 0x80...: beyond = true
                case UInt8(ascii: "-"), UInt8(ascii: "'"), UInt8(ascii: "."), UInt8(ascii: "/"): break
                default: signs = true
                }
            }
        }
    }

    // MARK: Where it ends

    /// Characters up to white space, without quotes around and signs of the sentence behind.
    static func token(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Range<Int>? {
        guard start < text.count else { return nil }
        var index = behindQuote(text, start)
        guard index < text.count else { return nil }
        let quote = text[index]
        let isQuoted = quote == 34 || quote == 39 || quote == 96
        if isQuoted { index += 1 }
        var end = index
        while end < text.count, end - index < 65, text[end] > 32, !(isQuoted && text[end] == quote) {
            // Markup that goes on: `…</td>`.
            if text[end] == UInt8(ascii: "<"), end > index, end + 1 < text.count, text[end + 1] == UInt8(ascii: "/") {
                break
            }
            end += 1
        }
        if !isQuoted {
            end = beforeQuote(text, index, end)
            while end > index, ".,;:)\"'!?".utf8.contains(text[end - 1]), end - index > 8 || text[end - 1] != 33 {
                end -= 1
            }
        }
        return index..<end
    }

    /// Behind a quote of a language (« “ „ ‹) and the blank that French puts there.
    private static func behindQuote(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        var index = start
        if index + 1 < text.count, text[index] == 0xC2, text[index + 1] == 0xAB {
            index += 2
        } else if index + 2 < text.count, text[index] == 0xE2, text[index + 1] == 0x80,
            (0x98...0xB9).contains(text[index + 2])
        {
            index += 3
        }
        return index > start && index < text.count && text[index] == 32 ? index + 1 : index
    }

    /// Where such a quote begins that ends a word.
    private static func beforeQuote(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        for index in start..<max(start, end - 1) {
            if text[index] == 0xC2, text[index + 1] == 0xBB { return index }
            if text[index] == 0xE2, text[index + 1] == 0x80, index + 2 < end, (0x98...0xBA).contains(text[index + 2]) {
                return index
            }
        }
        return end
    }

    /// One word that is a line of its own; nil where more stands there.
    static func line(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Range<Int>? {
        cell(text, start, 10)
    }

    /// One word that fills a cell, up to a separator or the end of the line; nil where it has a blank inside.
    static func cell(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ separator: UInt8) -> Range<Int>? {
        var first = start
        while first < text.count, first - start < 8, text[first] == 32 { first += 1 }
        var end = first
        while end < text.count, end - first < 72, text[end] > 32, text[end] != separator { end += 1 }
        var behind = end
        while behind < text.count, behind - end < 40, text[behind] == 32 || text[behind] == 13 { behind += 1 }
        guard behind == text.count || text[behind] == separator || text[behind] == 10 || text[behind] == 9 else {
            return nil
        }
        if end - first > 2, text[first] == text[end - 1], text[first] == 34 || text[first] == 39 || text[first] == 96 {
            return first + 1..<end - 1
        }
        return first..<end
    }
}
