// The attributes of one HTML tag. Pure; linear.

/// Reads attributes (HTML 13.2.5.32 and following): a `>` inside quotes does not end the tag.
struct HTMLAttributes {
    /// Attributes whose values matter for what is seen.
    enum Name: Int {
        case alt, title, value, placeholder, label, style, hidden, dir, width, height, type, open, id, `class`, srcdoc
    }

    private let octets: UnsafeRawBufferPointer
    private(set) var place: Int
    /// Where values stand, each attribute's first, by the name's number; -1 where it is not there.
    private var values = InlineArray<15, Range<Int>>(repeating: -1 ..< -1)

    init(_ octets: UnsafeRawBufferPointer, from place: Int) {
        self.octets = octets
        self.place = place
    }

    /// - Returns: false where the text ends inside the tag; otherwise `place` is behind its `>`.
    mutating func run() -> Bool {
        while place < octets.count {
            let octet = octets[place]
            if octet == UInt8(ascii: ">") {
                place += 1
                return true
            }
            if octet <= 32 || octet == UInt8(ascii: "/") { place += 1 } else { takeAttribute() }
        }
        return false
    }

    /// Where the value of an attribute stands; nil where the tag has none.
    subscript(_ name: Name) -> Range<Int>? {
        let range = values[name.rawValue]
        return range.lowerBound < 0 ? nil : range
    }

    /// A value, 200 bytes at most.
    func string(_ name: Name) -> String? {
        self[name].map { String(decoding: octets[$0].prefix(200), as: UTF8.self) }
    }

    /// A value in lower case, 64 bytes at most, without white space around it.
    func text(_ name: Name) -> String? {
        guard let range = self[name] else { return nil }
        let words = octets[range].prefix(64).drop { $0 <= 32 }.prefix { $0 > 32 }
        return String(decoding: words, as: UTF8.self).lowercased()
    }

    private mutating func takeAttribute() {
        let start = place
        // A leading `=` belongs to the name (HTML 13.2.5.32).
        place += 1
        while place < octets.count, octets[place] > 32, octets[place] != 47, octets[place] != 62, octets[place] != 61 {
            place += 1
        }
        let name = name(start..<place)
        skipBlank()
        guard place < octets.count, octets[place] == UInt8(ascii: "=") else {
            note(name, place..<place)
            return
        }
        place += 1
        skipBlank()
        guard place < octets.count else { return }
        let quote = octets[place]
        let valueStart: Int
        if quote == 34 || quote == 39 {
            place += 1
            valueStart = place
            while place < octets.count, octets[place] != quote { place += 1 }
            note(name, valueStart..<place)
            place = min(place + 1, octets.count)
        } else {
            valueStart = place
            while place < octets.count, octets[place] > 32, octets[place] != 62 { place += 1 }
            note(name, valueStart..<place)
        }
    }

    private mutating func note(_ name: Name?, _ range: Range<Int>) {
        if let name, self[name] == nil { values[name.rawValue] = range }
    }

    /// Most attributes of mail are others: length and first letter tell without making a string.
    private func name(_ range: Range<Int>) -> Name? {
        switch (octets[range.lowerBound] | 0x20, range.count) {
        case (UInt8(ascii: "a"), 3): named("alt", .alt, range)
        case (UInt8(ascii: "t"), 4): named("type", .type, range)
        case (UInt8(ascii: "t"), 5): named("title", .title, range)
        case (UInt8(ascii: "v"), 5): named("value", .value, range)
        case (UInt8(ascii: "p"), 11): named("placeholder", .placeholder, range)
        case (UInt8(ascii: "l"), 5): named("label", .label, range)
        case (UInt8(ascii: "s"), 5): named("style", .style, range)
        case (UInt8(ascii: "s"), 6): named("srcdoc", .srcdoc, range)
        case (UInt8(ascii: "h"), 6): named("hidden", .hidden, range) ?? named("height", .height, range)
        case (UInt8(ascii: "d"), 3): named("dir", .dir, range)
        case (UInt8(ascii: "w"), 5): named("width", .width, range)
        case (UInt8(ascii: "o"), 4): named("open", .open, range)
        case (UInt8(ascii: "i"), 2): named("id", .id, range)
        case (UInt8(ascii: "c"), 5): named("class", .class, range)
        default: nil
        }
    }

    private func named(_ text: StaticString, _ name: Name, _ range: Range<Int>) -> Name? {
        for offset in 0..<range.count where octets[range.lowerBound + offset] | 0x20 != text.utf8Start[offset] {
            return nil
        }
        return name
    }

    private mutating func skipBlank() {
        while place < octets.count, octets[place] <= 32 { place += 1 }
    }
}
