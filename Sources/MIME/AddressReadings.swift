// The addresses that somebody's program may see in a From, Sender or Reply-To field that is written oddly: the last one
// in angle brackets or the first, words without any, members of groups, with backslashes undone or decoded first. RFC
// 5322 has one reading of a field; programs have others, and who chooses which one a reader sees must not depend on
// them. Pure; linear.

package import Mail

/// All plausible readings of an address field, as one set of addresses.
package struct AddressReadings: Sendable {
    /// Every address that some reading gives, each once; those of RFC 5322 first.
    package private(set) var mailboxes: [Mailbox] = []
    /// True where something stands in the place of an address that no reading makes one of.
    package private(set) var hasUnreadable = false
    private var seen: Set<Mailbox> = []

    /// Longest text that is read in other ways than RFC 5322's; no address is longer.
    private static let oddBytes = 2000

    /// - Parameter field: a field of addresses.
    package init(_ field: HeaderField) {
        for mailbox in field.mailboxes { insert(mailbox) }
        if isPlain(field) { return }
        take(field.unfolded, isDecoded: false)
        // Some programs decode first and look for addresses then.
        for text in [field.text] + field.otherTexts where text != field.unfolded { take(text, isDecoded: true) }
    }

    /// True for most fields: `Alice Smith <alice@example.org>`, which all read alike. One `@` in the address that was
    /// found, and nothing that is read in different ways.
    private func isPlain(_ field: HeaderField) -> Bool {
        guard mailboxes.count == 1, let only = mailboxes.first, field.text == field.unfolded, field.otherTexts.isEmpty
        else { return false }
        var (ats, angles) = (0, 0)
        for octet in field.unfolded.utf8 {
            switch octet {
            case UInt8(ascii: "@"): ats += 1
            case UInt8(ascii: "<"): angles += 1
            case 0..<32, 127...255, UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "("), UInt8(ascii: ")"),
                UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"):
                return false
            default: break
            }
        }
        return ats == 1 && angles <= 1 && field.unfolded.contains(only.description)
    }

    /// - Parameter isDecoded: a word beside an address in angle brackets is a name then, whatever it holds.
    private mutating func take(_ text: String, isDecoded: Bool) {
        take(Array(text.utf8), isWritten: !isDecoded, countsWords: !isDecoded)
        if let plain = AddressLookalikes.plain(text) {
            take(Array(plain.utf8), isWritten: false, countsWords: !isDecoded)
        }
    }

    private mutating func take(_ octets: [UInt8], isWritten: Bool, countsWords: Bool) {
        let items = AddressItems(octets)
        for item in items.all { take(item, isWritten: isWritten, countsWords: countsWords) }
        takeAnyAngles(octets)
        if !items.isClosed {
            // A quote or comment without an end is none for some.
            let blank = octets.map { "\"()".utf8.contains($0) ? 32 : $0 }
            for item in AddressItems(blank).all { take(item, isWritten: false, countsWords: countsWords) }
        }
        if octets.contains(UInt8(ascii: "\\")) {
            let bare = octets.filter { $0 != UInt8(ascii: "\\") }
            for item in AddressItems(bare).all { take(item, isWritten: false, countsWords: countsWords) }
        }
    }

    private mutating func take(_ item: AddressItem, isWritten: Bool, countsWords: Bool) {
        for angle in item.angles {
            let found = Self.mailboxes(in: angle)
            found.forEach { insert($0) }
            if isWritten, found.isEmpty, angle.contains(where: { $0 > 32 }) { hasUnreadable = true }
        }
        guard item.angles.isEmpty, !item.isGroupName else {
            if countsWords { takeNames(item.bareWords) }
            return
        }
        let words = Self.mailboxes(inWords: item.bareWords)
        let joined = item.isSplit ? [] : Self.mailboxes(in: item.bare)
        (joined + words).forEach { insert($0) }
        if isWritten, joined.isEmpty, words.isEmpty, item.bare.contains(UInt8(ascii: "@")) { hasUnreadable = true }
    }

    /// Words beside an address in angle brackets, or before a colon. What is quoted there is a name for every program,
    /// and so is `Sales@Acme <sales@acme.example>`, which people write.
    private mutating func takeNames(_ words: [[UInt8]]) {
        for mailbox in Self.mailboxes(inWords: words.map(Self.withoutQuotedNames))
        where mailbox.domain.contains(".") || mailbox.domain.hasPrefix("[") {
            insert(mailbox)
        }
    }

    private static func mailboxes(inWords words: [[UInt8]]) -> [Mailbox] {
        words.filter { $0.contains(UInt8(ascii: "@")) }.flatMap(mailboxes)
    }

    /// A word without what is quoted in it, unless that is a local part.
    private static func withoutQuotedNames(_ word: [UInt8]) -> [UInt8] {
        let mark = UInt8(ascii: "\"")
        guard word.contains(mark) else { return word }
        var kept: [UInt8] = []
        var quoted: [UInt8]?
        for (place, octet) in word.enumerated() {
            guard octet == mark else {
                if quoted == nil { kept.append(octet) } else { quoted?.append(octet) }
                continue
            }
            guard let ended = quoted else {
                quoted = []
                continue
            }
            quoted = nil
            if place + 1 < word.count, word[place + 1] == UInt8(ascii: "@") { kept += [mark] + ended + [mark] }
        }
        return kept
    }

    /// Angle brackets wherever they stand: programs that look for them only see those in quotes and comments too.
    private mutating func takeAnyAngles(_ octets: [UInt8]) {
        var start: Int?
        for (place, octet) in octets.enumerated() {
            if octet == UInt8(ascii: "<") {
                start = place + 1
            } else if octet == UInt8(ascii: ">"), let begun = start {
                Self.mailboxes(in: Array(octets[begun..<place])).forEach { insert($0) }
                start = nil
            }
        }
    }

    private mutating func insert(_ mailbox: Mailbox) {
        if seen.insert(mailbox).inserted { mailboxes.append(mailbox) }
    }

    /// The addresses that one address as written may be.
    private static func mailboxes(in raw: [UInt8]) -> [Mailbox] {
        let text = String(decoding: raw, as: UTF8.self)
        if let only = Mailbox(text) {
            // `"boss@example.org"@example.net`: where quotes count for nothing, it is the one in front.
            return only.hasRoute && text.hasPrefix("\"") ? [only] + odd(raw) : [only]
        }
        let strict = AddressItem.mailbox(inAngle: raw).map { [$0] } ?? []
        return strict + odd(raw)
    }

    private static func odd(_ raw: [UInt8]) -> [Mailbox] {
        guard raw.count <= oddBytes else { return [] }
        let close = raw.filter { $0 > 32 && $0 != 127 }
        var forms = [close, withoutComments(close)]
        forms += ["\\", "\"", "\\\""].map { (marks: String) in close.filter { !marks.utf8.contains($0) } }
        forms += raw.split { $0 <= 32 || $0 == 127 || ",;:<>()[]\"\\".utf8.contains($0) }.map { Array($0) }
        // `'bob@example.org'`, as some programs write names; inside of a local part it is a letter.
        forms += forms.filter { $0.first == UInt8(ascii: "'") || $0.last == UInt8(ascii: "'") }.map {
            Array($0.drop { $0 == UInt8(ascii: "'") }.reversed().drop { $0 == UInt8(ascii: "'") }.reversed())
        }
        return forms.flatMap(addresses)
    }

    /// `a@b`, and of `a@b@c` both `a@b` and `b@c`; without the dots at the ends.
    private static func addresses(_ form: [UInt8]) -> [Mailbox] {
        let pieces = form.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        return zip(pieces, pieces.dropFirst()).compactMap { local, domain in
            var domain = domain
            while domain.last == UInt8(ascii: ".") { domain.removeLast() }
            let local = local.drop { $0 == UInt8(ascii: ".") }
            return Mailbox("\(String(decoding: local, as: UTF8.self))@\(String(decoding: domain, as: UTF8.self))")
        }
    }

    private static func withoutComments(_ octets: [UInt8]) -> [UInt8] {
        var depth = 0
        return octets.filter { octet in
            if octet == UInt8(ascii: "(") { depth += 1 }
            defer { if octet == UInt8(ascii: ")"), depth > 0 { depth -= 1 } }
            return depth == 0
        }
    }
}

extension HeaderField {
    /// All plausible readings of the addresses in the field; for From, Sender and Reply-To.
    package var addressReadings: AddressReadings { AddressReadings(self) }
}

/// Characters that a person or a program takes for those of an address.
enum AddressLookalikes {
    private static let small: [Unicode.Scalar: Unicode.Scalar] = [
        "\u{FE6B}": "@", "\u{FE64}": "<", "\u{FE65}": ">", "\u{FE50}": ",", "\u{FE52}": ".", "\u{FE54}": ";",
        "\u{FE55}": ":", "\u{2024}": ".", "\u{3002}": ".", "\u{FF61}": ".",
    ]

    /// The text with full-width and small forms as ASCII, other white space as a space, and nothing that is not seen;
    /// nil where that changes nothing.
    static func plain(_ text: String) -> String? {
        if text.utf8.allSatisfy({ $0 < 128 }) { return nil }
        var plain = String.UnicodeScalarView()
        var isChanged = false
        for scalar in text.unicodeScalars {
            let seen = shown(scalar)
            if seen != scalar { isChanged = true }
            if let seen { plain.append(seen) }
        }
        return isChanged ? String(plain) : nil
    }

    private static func shown(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        if scalar.isASCII { return scalar }
        if (0xFF01...0xFF5E).contains(scalar.value) { return Unicode.Scalar(scalar.value - 0xFEE0) }
        if let plain = small[scalar] { return plain }
        if scalar.properties.isWhitespace { return " " }
        return scalar.properties.isDefaultIgnorableCodePoint ? nil : scalar
    }
}
