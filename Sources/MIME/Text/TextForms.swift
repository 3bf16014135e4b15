// Texts that a mail program shows differently from how they are written: HTML, folded calendars and cards, flowed text
// whose line ends are taken out. And files that hide inside a text: uuencode. Pure; linear.

/// Forms of text.
enum TextForms {
    /// The text as a reader sees it, or nil where that is the text itself; and what the program shows that shows least
    /// (``OtherForms/shown``), or nil where that is the same.
    static func forms(
        _ text: String, _ type: MediaType, work: inout WorkCounter
    ) -> (visible: String?, shown: String?) {
        if HTMLText.isMarkup(type) {
            let (visible, shown) = HTMLText.forms(text, work: &work)
            return (visible, shown)
        }
        let visible = visible(text, type, work: &work)
        return (visible, DirectionOverride.visual(visible ?? text))
    }

    private static func visible(_ text: String, _ type: MediaType, work: inout WorkCounter) -> String? {
        switch type.essence {
        // RFC 5545 section 3.1, RFC 6350 section 3.2: a line end and one white space may stand inside a word.
        case _ where ContentLines.types.contains(type.essence):
            work.steps += text.utf8.count
            return ContentLines.shown(text)
        // The header of a message that came back (RFC 6522 section 4).
        case "text/rfc822-headers":
            let unfolded = text.replacing("\r\n", with: "\n").replacing("\n ", with: " ").replacing("\n\t", with: " ")
            return EncodedWords.readings(unfolded, work: &work, keepsLines: true).texts.first
        // RFC 3676 section 4.2: with DelSp the space before a soft line end goes too.
        case "text/plain" where type.parameters["format"]?.lowercased() == "flowed":
            work.steps += text.utf8.count
            return flowed(text, keepsSpace: type.parameters["delsp"]?.lowercased() != "yes")
        default: return nil
        }
    }

    /// Joins lines over soft line ends (RFC 3676 section 4.2), quote marks of the next line taken off; the signature's
    /// mark is no such line.
    private static func flowed(_ text: String, keepsSpace: Bool) -> String {
        var out: [UInt8] = []
        var isJoined = false
        for line in lines(of: text) {
            var rest = line[...]
            if isJoined {
                rest = rest.drop { $0 == UInt8(ascii: ">") }
                if rest.first == 32 { rest = rest.dropFirst() }
            }
            let isSoft = line.last == 32 && !line.elementsEqual("-- ".utf8)
            out.append(contentsOf: isSoft && !keepsSpace ? rest.dropLast() : rest)
            if !isSoft { out.append(10) }
            isJoined = isSoft
        }
        if out.last == 10 { out.removeLast() }
        return String(decoding: out, as: UTF8.self)
    }

    private static func lines(of text: String) -> some Sequence<Substring.UTF8View> {
        text.utf8.split(separator: 10, omittingEmptySubsequences: false).lazy.map {
            $0.last == 13 ? $0.dropLast() : $0
        }
    }

    /// True where a text has a line `begin 644 name` and behind it a line `end`: some programs show a file there.
    static func holdsUUEncoded(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { octets in
            let raw = UnsafeRawBufferPointer(octets)
            var place = 0
            while let found = raw.find(Array("begin".utf8), from: place) {
                place = found + 5
                // `begin-base64` is POSIX's other form.
                if raw[place...].starts(with: "-base64".utf8) { place += 7 }
                guard place < raw.count, raw[place] == 32 else { continue }
                place += 1
                let digits = raw[place...].prefix(5).prefix { (48...55).contains($0) }.count
                guard found == 0 || raw[found - 1] == 10, (3...4).contains(digits), place + digits < raw.count,
                    raw[place + digits] == 32
                else { continue }
                // One `end` line behind the first good beginning decides; without it none behind can have one.
                return hasEndLine(raw, from: place)
            }
            return false
        }
    }

    private static func hasEndLine(_ raw: UnsafeRawBufferPointer, from start: Int) -> Bool {
        for mark in ["\nend", "\n===="] {
            var place = start
            while let found = raw.find(Array(mark.utf8), from: place) {
                let behind = found + mark.utf8.count
                if behind >= raw.count || raw[behind] <= 32 { return true }
                place = behind
            }
        }
        return false
    }
}
